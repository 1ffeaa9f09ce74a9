r"""Folders under a path that every engine of the lake can open, whatever the home is called.

Delta, polars and Sail each turn a path into an address and back, and each changes other letters on the way.
Blanks, letters outside ASCII and `% # ? * { } = &` are met by a link of a plain name, kept per user in the
folder of temporary files. `[ ] \\` and what looks like an encoded letter (`%20`) Delta cannot open at all,
not even behind a link: such a lake lies in the user's data folder, and its own place is a link to there.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path

from core.errors import BadInput

PLAIN = re.compile(r"[A-Za-z0-9/._+~@,-]*")
CLOSED = re.compile(r"[\[\]\\]|%[0-9A-Fa-f]{2}")


def is_plain(path: Path) -> bool:
    """Tell whether every engine opens the path as it is written."""
    return PLAIN.fullmatch(str(path)) is not None


def settle_lake(path: Path) -> Path:
    """Return the folder in which a lake of that path lies: the path itself but for letters Delta cannot open.

    Raises:
        BadInput: a folder that cannot be opened is there already.
    """
    place = path.absolute()
    if not CLOSED.search(str(place)):
        return path
    base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share").resolve()
    real = base / "spreaders" / "lakes" / _digest(place)
    if CLOSED.search(str(real)) or (place.exists() and not place.is_symlink()):
        raise BadInput(
            f"A lake cannot be opened in {place}; choose a --home without [ ] \\ and %XX in its path."
        )
    real.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not place.is_symlink():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(real)
    return real


def plain_path(folder: Path) -> Path:
    """Return a path of plain letters that leads to the folder: itself, or through a link.

    Raises:
        BadInput: the folder of temporary files is another user's or has no plain name either.
    """
    place = folder.absolute()
    if is_plain(place):
        return place
    links = Path(tempfile.gettempdir()).resolve() / f"spreaders-{os.getuid()}"
    links.mkdir(mode=0o700, exist_ok=True)
    if links.is_symlink() or links.stat().st_uid != os.getuid() or not is_plain(links):
        raise BadInput(
            f"{links} cannot hold links; name another folder with TMPDIR, or a --home of plain letters."
        )
    link = links / _digest(place)
    try:
        link.symlink_to(place)
    except FileExistsError:
        if link.readlink() != place:
            raise BadInput(f"{link} leads elsewhere; remove it.") from None
    return link


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:24]
