"""A full disk, recognised in whatever form it is reported and called by its name everywhere."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from core.errors import SpreadersError

ERRNOS = {errno.ENOSPC, errno.EDQUOT}
SIGNS = ("No space left on device", "os error 28", "Disk quota exceeded", "could not extend file")
# SQLSTATE disk_full.
SQLSTATE = "53100"
# Programs that fail with less than this free, in bytes, and name no cause, failed for want of room.
SCARCE = 16 * 2**20


class DiskFull(SpreadersError):
    """The disk is full; make room and run again."""

    status: ClassVar[int] = 507

    def __init__(self, path: Path | str | None = None, **evidence: object) -> None:
        place = f"{path} cannot be written; " if path else ""
        super().__init__(f"The disk is full: {place}make room and run again.", **evidence)


def is_disk_full(error: BaseException) -> bool:
    """Return whether an error, or one that caused it, is a full disk's: by errno, SQLSTATE or its text."""
    return any(
        (isinstance(cause, OSError) and cause.errno in ERRNOS)
        or getattr(cause, "sqlstate", None) == SQLSTATE
        or names_full_disk(str(cause))
        for cause in _causes(error)
    )


def names_full_disk(text: str) -> bool:
    """Return whether a program's own words tell of a full disk."""
    return any(sign in text for sign in SIGNS)


def has_little_room(path: Path) -> bool:
    """Return whether the disk of a path, or of its nearest existing parent, has less than 16 MiB free."""
    place = next(folder for folder in (path, *path.parents) if folder.exists())
    return shutil.disk_usage(place).free < SCARCE


def full_disk_of(error: BaseException, path: Path | str | None = None) -> DiskFull | None:
    """Return the error as a full disk that names the path; None when it is another error."""
    if not is_disk_full(error):
        return None
    if isinstance(error, DiskFull):
        return error
    named = next((c.filename for c in _causes(error) if isinstance(c, OSError) and c.filename), None)
    return DiskFull(named or path)


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    for _ in range(10):
        if cause is None:
            return
        yield cause
        cause = cause.__cause__ or cause.__context__
