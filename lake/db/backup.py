"""Backing up what a workspace decided, and putting it back."""

from __future__ import annotations

from typing import Annotated, Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from pydantic import BaseModel, Field

from core.context import Context
from core.operation import operation
from lake.db.archive import (
    ALL_TABLES,
    HISTORY,
    Manifest,
    Record,
    lake_versions,
    read_archive,
    read_table,
    write_archive,
)
from lake.db.declared import TABLES
from lake.state.files import File, keep, verified

FileId = Annotated[str, Field(description="The id db.backup returned.", pattern="^[0-9a-f]{32}$")]
Hash = Annotated[
    str | None,
    Field(
        description="The hash db.backup returned, where the database no longer knows the file.", max_length=64
    ),
]
DryRun = Annotated[bool, Field(description="Whether to only say what would change.")]


class Backup(BaseModel):
    """The answer of `db.backup`."""

    file: File = Field(description="The file, under the home's folder files; keep its id and hash.")
    manifest: Manifest = Field(description="What it holds.")


class TableChange(BaseModel):
    """What a restore does to one table."""

    table: str = Field(description="The table.")
    added: int = Field(description="Rows that are missing now.")
    changed: int = Field(description="Rows that are otherwise now; they get a new version.")
    removed: int = Field(description="Rows made since; their last state stays in state.revision.")
    kept: int = Field(description="Rows that are as they were.")


class Restore(BaseModel):
    """The answer of `db.restore`."""

    is_dry_run: bool = Field(description="Whether nothing was changed.")
    manifest: Manifest = Field(description="The backup.")
    tables: list[TableChange] = Field(description="What changes, table by table.")


@operation("db.backup", effect="write", reach="workspace")
def backup(ctx: Context) -> Backup:
    """Return a file with what the workspace decided: notes, dashboards, goals, alerts, and their history.

    The lake's tables are not copied; their Delta versions are recorded beside. No key and no token is in it.

    Raises:
        VendorDown: the database does not answer.
    """
    warehouse = ctx.service("warehouse")
    with warehouse.connect(ctx.workspace) as link:
        tables = {name: read_table(link, name) for name in ALL_TABLES}
    facts = {
        "workspace": str(ctx.workspace),
        "made_at": ctx.clock.now().isoformat(),
        "migrations": warehouse.check(ctx.workspace).migrations,
        "lake_versions": lake_versions(ctx.service("lake")),
    }
    made: list[Manifest] = []
    name = f"backup-{ctx.clock.now():%Y%m%d-%H%M%S}.zip"
    file = keep(
        ctx, "backup", "db.backup", name, lambda path: made.append(write_archive(path, facts, tables))
    )
    return Backup(file=file, manifest=made[0])


@operation("db.restore", effect="destroy", reach="workspace")
def restore(ctx: Context, *, file_id: FileId, dry_run: DryRun = True, sha256: Hash = None) -> Restore:
    """Return what putting a backup back changes, and with `dry_run` false put it back.

    Notes, dashboards, goals and alerts become what they were; what changed since keeps its state in
    state.revision, what happened (events, history) is only added to. All in one transaction. Off unless the
    owner sets SPREADERS_ALLOW_DESTROY=true; a dry run is always allowed.

    Raises:
        BadInput: it is no backup, or one of another workspace, or its rows fit no table any more.
        Conflict: its bytes changed since it was made.
        GuardrailDenied: the owner did not allow it.
        NotFound: there is no such file.
    """
    path = verified(ctx, file_id, "backup", sha256)
    manifest, rows = read_archive(path, str(ctx.workspace))
    with ctx.service("warehouse").connect(ctx.workspace, read_only=dry_run) as link:
        told = [_restore_table(link, name, rows.get(name, []), dry_run=dry_run) for name in sorted(TABLES)]
        told += [_restore_history(link, name, rows.get(name, []), dry_run=dry_run) for name in HISTORY]
    return Restore(is_dry_run=dry_run, manifest=manifest, tables=told)


def _restore_table(link: psycopg.Connection, name: str, rows: list[Record], *, dry_run: bool) -> TableChange:
    columns = TABLES[name].columns
    now = {row["id"]: row for row in read_table(link, name)}
    for row in rows:
        TABLES[name].read(link, {column: row[column] for column in columns})
    missing = [row for row in rows if row["id"] not in now]
    shared = [row for row in rows if row["id"] in now]
    changed = [row for row in shared if any(row[c] != now[row["id"]][c] for c in columns)]
    gone = now.keys() - {row["id"] for row in rows}
    if not dry_run:
        delete = sql.SQL("DELETE FROM {} WHERE id = ANY(%s)").format(sql.Identifier("state", name))
        link.execute(delete, [[*gone, *(row["id"] for row in changed)]])
        newer = [{**row, "version": now[row["id"]]["version"] + 1} for row in changed]
        for row in (*missing, *newer):
            _put(link, name, row)
    return TableChange(
        table=name,
        added=len(missing),
        changed=len(changed),
        removed=len(gone),
        kept=len(shared) - len(changed),
    )


def _restore_history(
    link: psycopg.Connection, name: str, rows: list[Record], *, dry_run: bool
) -> TableChange:
    known = {_key(row) for row in read_table(link, name)}
    missing = [row for row in rows if _key(row) not in known]
    if not dry_run:
        for row in missing:
            _put(link, name, row)
    return TableChange(table=name, added=len(missing), changed=0, removed=0, kept=len(rows) - len(missing))


def _key(row: Record) -> tuple[Any, ...]:
    """Return what makes an event or an earlier version one."""
    names = ("table_name", "id", "version", "replaced_at", "alert_id", "day_on", "kind")
    return tuple(row.get(name) for name in names)


def _put(link: psycopg.Connection, name: str, row: Record) -> None:
    target = sql.Identifier("state", name)
    statement = sql.SQL("INSERT INTO {0} SELECT (jsonb_populate_record(NULL::{0}, %s)).*").format(target)
    link.execute(statement, [Jsonb(row)])
