"""Locks that hold between threads and between processes of one machine, by file."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def hold(path: Path, *, alone: bool) -> Iterator[None]:
    """Hold the lock of that file, alone or beside other sharers; it ends with the block or the process.

    Whoever wants it alone closes the gate first, so that sharers cannot keep it out for ever.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path.with_suffix(".gate"), fcntl.LOCK_EX) as gate, _open(path) as held:
        fcntl.flock(held, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(gate, fcntl.LOCK_UN)
        yield


@contextmanager
def _open(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield handle
    finally:
        os.close(handle)  # gives the lock back


@contextmanager
def _locked(path: Path, how: int) -> Iterator[int]:
    with _open(path) as handle:
        fcntl.flock(handle, how)
        yield handle
