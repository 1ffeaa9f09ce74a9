"""Small state files: written whole or not at all, and read without trust in what a crash left."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.errors import ProviderNotConfigured

PRIVATE = 0o600
PRIVATE_FOLDER = 0o700
# New files and folders are readable by their owner only.
PRIVATE_UMASK = 0o077
SECRET_BYTES = 32


def keep_files_private() -> None:
    """Let this process and its children create files that only their owner can read."""
    os.umask(PRIVATE_UMASK)


def write_atomic(path: Path, text: str, *, mode: int = PRIVATE) -> None:
    """Replace a file by `text`, synced to disk: a reader sees the old or the new content, never a part.

    Missing folders are created with rights for their owner only.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    part = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def read_json_object(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file; empty when the file is missing or torn."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def keep_secret(path: Path) -> str:
    """Return the secret in a file, 64 hexadecimal digits, drawn at the first call.

    Two processes at once agree: whoever is first wins.

    Raises:
        OSError: the file cannot be read or made.
        ProviderNotConfigured: the file is torn; another secret would spoil what the first one made.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
        write_atomic(draft, secrets.token_hex(SECRET_BYTES))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    secret = path.read_text(encoding="utf-8")
    if len(secret) < 2 * SECRET_BYTES:
        raise ProviderNotConfigured(f"The key file {path} is torn; bring it back from a backup of the home.")
    return secret


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock file at `path` for one process and thread at a time."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
