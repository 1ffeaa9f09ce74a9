"""Let one account pass through a folder without opening it to anybody else."""

from __future__ import annotations

import os
import struct
from pathlib import Path

# The access list of a file as Linux keeps it: a version, then (tag, rights, id) entries.
ACCESS_LIST = "system.posix_acl_access"
VERSION = struct.pack("<I", 2)
ENTRY = struct.Struct("<HHI")
OWNER, ACCOUNT, GROUP, NAMED_GROUP, MASK, OTHERS = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
NOBODY_NAMED = 0xFFFFFFFF
PASS = 1


def let_pass(folder: Path, account: int) -> None:
    """Let the account (a user number) pass through a folder, not list it; where it may, change nothing.

    Only where the file system keeps no access lists, everybody gets that right.
    """
    mode = folder.stat().st_mode
    if mode & PASS or folder.stat().st_uid == account:
        return
    try:
        os.setxattr(folder, ACCESS_LIST, _with_account(folder, mode, account))
    except (OSError, AttributeError):
        folder.chmod(mode & 0o7777 | PASS)


def _with_account(folder: Path, mode: int, account: int) -> bytes:
    """Return the folder's access list with the account's right to pass in it."""
    entries = {(OWNER, NOBODY_NAMED): mode >> 6 & 7, (GROUP, NOBODY_NAMED): mode >> 3 & 7}
    entries[OTHERS, NOBODY_NAMED] = mode & 7
    try:
        present = os.getxattr(folder, ACCESS_LIST)[len(VERSION) :]
    except OSError:
        present = b""
    entries |= {(tag, number): rights for tag, rights, number in ENTRY.iter_unpack(present)}
    entries[ACCOUNT, account] = entries.get((ACCOUNT, account), 0) | PASS
    shared = (ACCOUNT, GROUP, NAMED_GROUP)
    most = 0
    for (tag, _), rights in entries.items():
        most |= rights if tag in shared else 0
    entries[MASK, NOBODY_NAMED] = most
    packed = [ENTRY.pack(tag, rights, number) for (tag, number), rights in sorted(entries.items())]
    return VERSION + b"".join(packed)
