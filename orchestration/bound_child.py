"""Runs a command that ends when the process that started it ends, however that ends (Linux).

`python -P -S bound_child.py PARENT COMMAND...`, where PARENT is the starter's process id. It becomes the
command, under the same process id. Run as a file: it imports nothing but the standard library.
"""

import ctypes
import os
import signal
import sys

# prctl(2).
PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask the kernel for SIGTERM at the parent's death, then become the command."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        return  # it ended before we asked
    os.execvp(command[0], command)  # noqa: S606 - our own commands only


if __name__ == "__main__":
    main()
