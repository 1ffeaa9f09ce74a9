"""Copies what changed in the lake into the warehouse, so that SQL and dbt can read it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import polars as pl
import psycopg
from psycopg import sql

from lake.damage import Name, contain, require_whole
from lake.delta import Lake
from lake.moved import carry_days, earlier_files, read_moved
from lake.parts import Part, batch_parts, find_parts, find_quarantine_parts, mark_files, read_parts
from lake.published import QUARANTINE, SOURCES, Source, ensure_tables
from lake.warehouse import Warehouse

COPY_ROWS = 50_000
INSTANT_FORMAT = "%Y-%m-%dT%H:%M:%S%.6f+00:00"
PUBLISH_LOCK = 7_350_219
STAGE, STAGE_GONE = sql.Identifier("stage"), sql.Identifier("stage_gone")


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing one table did: rows copied, rows removed, rows of the lake read to find them.

    Where only the rows that differ were moved, a row that another replaced counts as copied alone.
    `damage` says why a table was left as it was: a file of it in the lake is missing or broken.
    """

    table: str
    rows: int
    removed: int
    seconds: float
    read: int = 0
    damage: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the warehouse recorded of a partition when it was published."""

    fingerprint: str
    delta_version: int
    days: str | None


NOTHING = Recorded("", -1, None)


def publish(lake: Lake, warehouse: Warehouse, workspace: UUID | str) -> list[Published]:
    """Bring the warehouse's schema `lake` up to the lake's present state for one workspace.

    Of partitions whose files changed only the rows that differ are moved, each table in one transaction
    together with the record of what was published, so a crash leaves a table as it was or as it is.
    Nothing changed, nothing written. A table whose files are damaged is left as it was and stops no other.
    Returns one entry per table.

    Raises:
        VendorDown: the database cannot be reached.
    """
    owner = str(workspace)
    with warehouse.publishing(owner) as link:
        ensure_tables(link)
        return [_publish_or_name(link, lake, source, owner) for source in SOURCES]


def _publish_or_name(link: psycopg.Connection, lake: Lake, source: Source, workspace: str) -> Published:
    tables: list[Name] = [(source.layer, source.name)]
    if source is QUARANTINE:
        tables = [(source.layer, name) for name in lake.tables(source.layer)]

    def act() -> Published:
        require_whole(lake, tables)
        return _publish_table(link, lake, source, workspace)

    done, damage = contain(lake, tables, act)
    return done or Published(source.table, 0, 0, 0.0, damage=damage)


def _publish_table(link: psycopg.Connection, lake: Lake, source: Source, workspace: str) -> Published:
    started = time.perf_counter()
    copied = removed = read = 0
    parts = (
        find_quarantine_parts(lake, workspace)
        if source is QUARANTINE
        else find_parts(lake, source, workspace)
    )
    with link.transaction():
        lock = f"{workspace}/{source.table}"
        link.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [PUBLISH_LOCK, lock])
        recorded = _recorded(link, source, workspace)
        changed = [p for p in parts if recorded.get(p.name, NOTHING).fingerprint != p.fingerprint]
        gone = set(recorded) - {p.name for p in parts}
        if changed:
            for stage in (STAGE, STAGE_GONE):
                statement = "CREATE TEMP TABLE {} (LIKE {}) ON COMMIT DROP"
                link.execute(sql.SQL(statement).format(stage, source.target))
        whole = []
        for part in changed:
            moved = _move(link, source, workspace, part, recorded.get(part.name))
            if moved is None:
                whole.append(part)
            else:
                copied, removed, read = copied + moved[0], removed + moved[1], read + moved[2]
        for name in gone | {p.name for p in whole} & set(recorded):
            removed += _forget(link, source, workspace, name)
        for batch in batch_parts(whole):
            rows = _copy(link, source, workspace, batch)
            copied, read = copied + rows, read + rows
        if copied or removed:
            link.execute(sql.SQL("ANALYZE {}").format(source.target))
    return Published(source.table, copied, removed, round(time.perf_counter() - started, 3), read)


def _move(
    link: psycopg.Connection, source: Source, workspace: str, part: Part, recorded: Recorded | None
) -> tuple[int, int, int] | None:
    """Move only the rows by which a partition differs from what is published of it.

    Returns how many came, went for good, and were read; None, and nothing is moved, where what was
    published can no longer be told from the lake.
    """
    if recorded is None or not part.paths:
        return None
    before = earlier_files(part.delta, recorded.delta_version, workspace, part.values)
    if mark_files(source, before) != recorded.fingerprint:
        return None
    fixed = {"workspace_id": workspace, **part.values}
    rows = read_moved(source, part.delta, fixed, before=before, now=part.paths)
    if rows is None:
        return None
    fresh, gone, read = rows
    try:
        with link.transaction():
            _drop_rows(link, source, workspace, part, gone)
    except _Unlike:
        return None
    _insert(link, source, fresh)
    newest = fresh["loaded_at"].max() if "loaded_at" in fresh.columns else None
    link.execute(
        "UPDATE lake.publication SET fingerprint = %s, rows = %s, delta_version = %s, days = %s,"
        " loaded_at = greatest(loaded_at, %s), published_at = now()"
        " WHERE workspace_id = %s AND table_name = %s AND partition = %s",
        [
            part.fingerprint, part.rows, part.delta.version(),
            carry_days(source, recorded.days, fresh, gone), newest, workspace, source.table, part.name,
        ],
    )  # fmt: skip
    return fresh.height, max(0, gone.height - fresh.height), read


def _drop_rows(
    link: psycopg.Connection, source: Source, workspace: str, part: Part, gone: pl.DataFrame
) -> None:
    """Delete rows that are equal in every column; `_Unlike` where the table has others than these."""
    if gone.is_empty():
        return
    _send(link, source, STAGE_GONE, gone)
    same, values = _same(workspace, part.values)
    statement = sql.SQL(
        "DELETE FROM {target} AS t WHERE {same} AND t::text IN (SELECT s::text FROM {stage} AS s)"
    ).format(target=source.target, same=same, stage=STAGE_GONE)
    if link.execute(statement, values).rowcount != gone.height:
        raise _Unlike
    link.execute(sql.SQL("TRUNCATE {}").format(STAGE_GONE))


class _Unlike(Exception):
    """What is published of a partition is not what was recorded."""


def _recorded(link: psycopg.Connection, source: Source, workspace: str) -> dict[str, Recorded]:
    rows = link.execute(
        "SELECT partition, fingerprint, delta_version, days::text FROM lake.publication"
        " WHERE workspace_id = %s AND table_name = %s",
        [workspace, source.table],
    )
    return {name: Recorded(*rest) for name, *rest in rows.fetchall()}


def _forget(link: psycopg.Connection, source: Source, workspace: str, partition: str) -> int:
    """Delete a partition's rows and its record; return how many rows went."""
    values: dict[str, str | None] = json.loads(partition)
    link.execute(
        "DELETE FROM lake.publication WHERE workspace_id = %s AND table_name = %s AND partition = %s",
        [workspace, source.table, partition],
    )
    same, bound = _same(workspace, values)
    statement = sql.SQL("DELETE FROM {} AS t WHERE {}").format(source.target, same)
    return link.execute(statement, bound).rowcount


def _same(workspace: str, values: Mapping[str, str | None]) -> tuple[sql.Composed, list[str | None]]:
    """Return the condition that a row of `t` is of that partition, and its values."""
    same = [sql.SQL("t.{} IS NOT DISTINCT FROM %s").format(sql.Identifier(name)) for name in values]
    return sql.SQL(" AND ").join([sql.SQL("t.workspace_id = %s"), *same]), [workspace, *values.values()]


def _copy(link: psycopg.Connection, source: Source, workspace: str, batch: list[Part]) -> int:
    """Copy the batch's rows and record its partitions; return how many rows came."""
    frame = read_parts(source, workspace, batch)
    days = _hash_days(source, frame)
    newest = frame["loaded_at"].max() if "loaded_at" in frame.columns else None
    _insert(link, source, frame)
    with link.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO lake.publication (workspace_id, table_name, partition, fingerprint, rows,"
            " loaded_at, delta_version, days) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    workspace,
                    source.table,
                    p.name,
                    p.fingerprint,
                    p.rows or frame.height,
                    newest,
                    p.delta.version(),
                    days.get(tuple(p.values.values())),
                )
                for p in batch
            ],
        )
    return frame.height


def _insert(link: psycopg.Connection, source: Source, rows: pl.DataFrame) -> None:
    """Add rows to the table.

    COPY is closed to tables under row-level security, so rows pass through a temporary table.
    """
    if rows.is_empty():
        return
    _send(link, source, STAGE, rows)
    columns = sql.SQL(", ").join(map(sql.Identifier, source.schema))
    link.execute(
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {}").format(source.target, columns, columns, STAGE)
    )
    link.execute(sql.SQL("TRUNCATE {}").format(STAGE))


def _send(link: psycopg.Connection, source: Source, stage: sql.Identifier, rows: pl.DataFrame) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, source.schema))
    command = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(stage, columns)
    with link.cursor() as cursor, cursor.copy(command) as copy:
        for piece in rows.iter_slices(COPY_ROWS):
            # Quoted empty text is empty, an unquoted nothing is null: both sides agree on this.
            text = piece.write_csv(include_header=False, datetime_format=INSTANT_FORMAT).encode()
            copy.write(text.replace(b"\0", "\ufffd".encode()))  # Postgres keeps no NUL in text


def _hash_days(source: Source, frame: pl.DataFrame) -> dict[tuple[str | None, ...], str]:
    """Return, by partition values, the hash of the rows of every day as JSON; none where a row has no day."""
    if source.day is None or frame.is_empty():
        return {}
    keys = [name for name in source.index if name != "workspace_id"]
    return {
        values: days
        for values, rows in frame.partition_by(keys, as_dict=True).items()
        if (days := carry_days(source, "{}", rows, rows.clear())) is not None
    }
