"""What a backup holds: the rows people decided, what came of them, hashes, and the lake's versions."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from pydantic import BaseModel, Field

from core.errors import BadInput, Conflict
from lake.db.declared import TABLES
from lake.delta import Lake

FORMAT = 1
MANIFEST = "manifest.json"
# What happened is kept beside what was decided; a restore adds to it and never takes away.
HISTORY = ("alert_event", "revision")
ALL_TABLES = (*sorted(TABLES), *HISTORY)
Record = dict[str, Any]


class Manifest(BaseModel):
    """What a backup says of itself."""

    format: int = Field(description="Version of this form.")
    workspace: str = Field(description="Whose it is; it goes back there only.")
    made_at: str = Field(description="Instant, UTC.")
    migrations: list[str] = Field(description="Migrations the database had.")
    rows: dict[str, int] = Field(description="Rows by table.")
    sha256: dict[str, str] = Field(description="Hash of every table's lines.")
    lake_versions: dict[str, int] = Field(description="Delta versions of the lake's tables at that time.")


def read_table(link: psycopg.Connection, table: str) -> list[Record]:
    """Return the workspace's rows of a table of the schema state, in a fixed order."""
    query = sql.SQL("SELECT to_jsonb(t) FROM {} AS t ORDER BY 1").format(sql.Identifier("state", table))
    return [row for (row,) in link.execute(query).fetchall()]


def lake_versions(lake: Lake) -> dict[str, int]:
    """Return the version of every Delta table there is, by `layer.table`."""
    found = {}
    for log in sorted(lake.path.glob("*/*/_delta_log")):
        layer, name = log.parent.parent.name, log.parent.name
        commits = [int(file.stem) for file in log.glob("*.json") if file.stem.isdigit()]
        if commits:
            found[f"{layer}.{name}"] = max(commits)
    return found


def write_archive(path: Path, manifest: Mapping[str, Any], tables: Mapping[str, list[Record]]) -> Manifest:
    """Write the backup and return its manifest."""
    lines = {name: _lines(rows) for name, rows in tables.items()}
    told = Manifest.model_validate(
        {
            **manifest,
            "format": FORMAT,
            "rows": {name: len(rows) for name, rows in tables.items()},
            "sha256": {name: hashlib.sha256(text).hexdigest() for name, text in lines.items()},
        }
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr(MANIFEST, told.model_dump_json(indent=2))
        for name, text in lines.items():
            out.writestr(f"{name}.jsonl", text)
    return told


def read_archive(path: Path, workspace: str) -> tuple[Manifest, dict[str, list[Record]]]:
    """Return a backup's manifest and rows after every hash was compared.

    Raises:
        BadInput: it is no backup of ours, of another form or of another workspace.
        Conflict: a table's bytes do not fit the manifest.
    """
    try:
        with zipfile.ZipFile(path) as box:
            manifest = Manifest.model_validate_json(box.read(MANIFEST))
            texts = {name: box.read(f"{name}.jsonl") for name in manifest.rows}
    except (zipfile.BadZipFile, KeyError, ValueError):
        raise BadInput("This file is no backup; give the id that db.backup returned.") from None
    if manifest.format != FORMAT:
        raise BadInput(
            f"The backup is of form {manifest.format}, not {FORMAT}; use the release that made it."
        )
    if manifest.workspace != workspace:
        raise BadInput("The backup is of another workspace; it goes back there only.")
    for name, text in texts.items():
        if hashlib.sha256(text).hexdigest() != manifest.sha256.get(name):
            raise Conflict(f"The rows of {name} in the backup are damaged; use another backup.")
    known = {name: text for name, text in texts.items() if name in ALL_TABLES}
    return manifest, {name: [json.loads(line) for line in text.splitlines()] for name, text in known.items()}


def _lines(rows: list[Record]) -> bytes:
    return "".join(f"{json.dumps(row, sort_keys=True)}\n" for row in rows).encode()
