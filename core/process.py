"""How the product starts its own Python programs: never with modules of the current folder."""

from __future__ import annotations

import sys

# For what a child starts in turn: Python leaves the current folder and the script's folder off the path.
SAFE_PATH = {"PYTHONSAFEPATH": "1"}


def python_command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module, without the current folder on its path."""
    return [sys.executable, "-P", "-m", module, *arguments]
