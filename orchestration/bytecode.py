"""Keeps what Python compiles: where it may not be left beside the sources, every start compiles all anew."""

from __future__ import annotations

import os
import sys
from pathlib import Path

FOLDER = "spreaders/bytecode"


def keep_bytecode() -> None:
    """Let this process and its children keep compiled modules in the user's cache folder.

    With PYTHONDONTWRITEBYTECODE (as in many containers) half of a command's time is compiling. Where that is
    not set, Python's own way stands.
    """
    if not sys.dont_write_bytecode or sys.pycache_prefix:
        return
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(Path(home) / FOLDER)
    sys.dont_write_bytecode = False
    os.environ["PYTHONDONTWRITEBYTECODE"] = ""
