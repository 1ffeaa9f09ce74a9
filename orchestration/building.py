"""One build at a time per home: whoever comes second waits and says for whom."""

from __future__ import annotations

import fcntl
import functools
import json
import os
import shlex
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from actions.services import Services
from core.errors import Conflict
from core.files import PRIVATE, PRIVATE_FOLDER
from orchestration.progress import console

P = ParamSpec("P")
T = TypeVar("T")
LOCK_FILE = "build.lock"
WAIT_MINUTES = 30.0
POLL_SECONDS = 0.2

_thread = threading.RLock()
_held: dict[Path, int] = {}


@contextmanager
def building(home: Path, *, minutes: float = WAIT_MINUTES) -> Iterator[None]:
    """Hold the home's build alone, waiting up to `minutes` for another process; ends with the process.

    A block within a block of the same process goes through.

    Raises:
        Conflict: another process still builds after that time.
    """
    file = home / LOCK_FILE
    with _thread:
        if _held.get(file):
            yield
            return
        file.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
        try:
            _wait(handle, home, minutes)
            _sign(handle)
            _held[file] = 1
            yield
        finally:
            _held.pop(file, None)
            os.close(handle)  # gives the lock back


def builds_alone(
    act: Callable[Concatenate[Services, P], T],
) -> Callable[Concatenate[Services, P], T]:
    """Let a function whose first argument are the services run while no other process builds on that home."""

    @functools.wraps(act)
    def guarded(services: Services, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with building(services.settings.home):
            return act(services, *args, **kwargs)

    return guarded


def builder(home: Path) -> str | None:
    """Return who builds on the home now, such as "`spreaders build` (process 12)"; None when nobody does."""
    try:
        handle = os.open(home / LOCK_FILE, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _holder(handle)
    finally:
        os.close(handle)
    return None


def command_line() -> str:
    """Return the command that this process runs, at most 80 characters."""
    program = Path(sys.argv[0] or "python").name
    return shlex.join([program, *sys.argv[1:]])[:80]


def _wait(handle: int, home: Path, minutes: float) -> None:
    deadline, is_told = time.monotonic() + minutes * 60, False
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            return
        if time.monotonic() > deadline:
            raise Conflict(
                f"{_holder(handle)} still builds on {home} after {minutes:g} minutes of waiting; "
                "run again when it has ended."
            )
        if not is_told:
            console.print(f"Waiting for {_holder(handle)} to finish its build of {home}.", highlight=False)
            is_told = True
        time.sleep(POLL_SECONDS)


def _sign(handle: int) -> None:
    """Write who holds the lock; what an earlier holder wrote is replaced."""
    os.ftruncate(handle, 0)
    os.pwrite(handle, json.dumps({"pid": os.getpid(), "command": command_line()}).encode(), 0)


def _holder(handle: int) -> str:
    try:
        note = json.loads(os.pread(handle, 4096, 0))
        return f"`{note['command']}` (process {note['pid']})"
    except (ValueError, KeyError, TypeError):
        return "Another process"
