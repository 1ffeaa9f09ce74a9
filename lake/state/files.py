"""Files made on request: kept under the home, one folder a workspace, known by id and hash."""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Literal

import psycopg
from psycopg.rows import class_row
from pydantic import BaseModel, Field

from core.context import Context
from core.disk import DiskFull, is_disk_full
from core.errors import BadInput, Conflict, NotFound, SpreadersError

Kind = Literal["report", "export", "backup"]
CHUNK = 1024 * 1024
ID = re.compile(r"[0-9a-f]{32}")
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "html": "text/html; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "zip": "application/zip",
}
COLUMNS = "id, kind, operation, name, media_type, bytes, sha256, created_at, created_by"


class FolderUnwritable(SpreadersError):
    """The home's folder cannot be written; make room or give the right to write, then call again."""

    status = 507


class File(BaseModel):
    """A file to fetch with the caller's own token: `GET /files/<id>` answers its bytes."""

    id: str = Field(description="Its id.")
    kind: Kind = Field(description="report, export or backup.")
    operation: str = Field(description="What made it; to fetch it the caller may call or read that.")
    name: str = Field(description="A name to save it under.")
    media_type: str = Field(description="Media type of its bytes.")
    bytes: int = Field(description="Its size.")
    sha256: str = Field(description="SHA-256 of its bytes, in hexadecimal digits.")
    created_at: datetime = Field(description="When it was made, UTC.")
    created_by: str = Field(description="Who made it.")

    @property
    def ending(self) -> str:
        """What follows the last dot of its name."""
        return self.name.rsplit(".", 1)[-1]


def keep(ctx: Context, kind: Kind, operation: str, name: str, write: Callable[[Path], None]) -> File:
    """Have `write` make a file, keep it, and return its handle; nothing half-made stays behind.

    Raises:
        FolderUnwritable: the disk is full or not writable.
    """
    file_id = uuid.uuid4().hex
    folder = _folder(ctx)
    draft, ending = folder / f".{file_id}", name.rsplit(".", 1)[-1]
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write(draft)
        draft.chmod(0o600)
        size, digest = draft.stat().st_size, hash_of(draft)
        draft.rename(folder / f"{file_id}.{ending}")
    except OSError as error:
        if is_disk_full(error):
            raise DiskFull(folder) from error
        raise FolderUnwritable(
            f"The folder {folder} cannot be written ({os.strerror(error.errno or 0)}); "
            "make room and call again."
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    made = File(
        id=file_id,
        kind=kind,
        operation=operation,
        name=name,
        media_type=MEDIA_TYPES[ending],
        bytes=size,
        sha256=digest,
        created_at=ctx.clock.now(),
        created_by=ctx.actor,
    )
    with ctx.service("warehouse").connect(ctx.workspace, read_only=False) as link:
        record(link, ctx, made)
    return made


def record(link: psycopg.Connection, ctx: Context, file: File) -> None:
    """Write a file's handle into the workspace's list."""
    values = file.model_dump()
    marks = ", ".join(["%s"] * (len(values) + 1))
    link.execute(
        f"INSERT INTO state.file (workspace_id, {', '.join(values)}) VALUES ({marks})".encode(),
        [str(ctx.workspace), *values.values()],
    )


def find(ctx: Context, file_id: str) -> tuple[File, Path]:
    """Return a file's handle and where it lies.

    Raises:
        NotFound: this workspace has no such file, or it was removed from the disk.
    """
    with (
        ctx.service("warehouse").connect(ctx.workspace) as link,
        link.cursor(row_factory=class_row(File)) as cursor,
    ):
        query = f"SELECT {COLUMNS} FROM state.file WHERE id = %s".encode()
        file = cursor.execute(query, [file_id]).fetchone()
    path = _folder(ctx) / f"{file.id}.{file.ending}" if file else None
    if file is None or path is None or not path.is_file():
        raise NotFound("There is no such file any more; make it anew.")
    return file, path


def verified(ctx: Context, file_id: str, kind: Kind, sha256: str | None = None) -> Path:
    """Return where a file lies after its bytes were compared with the hash recorded at its making.

    With `sha256` a backup that the database no longer knows is found by its id and held against that hash.

    Raises:
        NotFound: there is no such file.
        BadInput: it is of another kind.
        Conflict: its bytes changed.
    """
    lost = _folder(ctx) / f"{file_id}.zip"
    if sha256 is not None and ID.fullmatch(file_id) and lost.is_file():
        expected, path = sha256, lost
    else:
        file, path = find(ctx, file_id)
        expected = file.sha256
        if file.kind != kind:
            raise BadInput(f"{file.name} is no {kind} but {file.kind}; give the id of a {kind}.")
    if hash_of(path) != expected:
        raise Conflict("The bytes of the file changed since it was made; it is not used.")
    return path


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as content:
        while piece := content.read(CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def _folder(ctx: Context) -> Path:
    root: Path = ctx.service("files")
    return root / str(ctx.workspace)
