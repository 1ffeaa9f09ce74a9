"""Copies what changed in the lake into the warehouse, so that SQL and dbt can read it."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import polars as pl
import psycopg
from deltalake import DeltaTable
from psycopg import sql

from lake.delta import Lake
from lake.published import QUARANTINE, SOURCES, Source, ensure_tables
from lake.warehouse import Warehouse

BATCH_ROWS = 500_000
COPY_ROWS = 50_000
INSTANT_FORMAT = "%Y-%m-%dT%H:%M:%S%.6f+00:00"
PUBLISH_LOCK = 7_350_219


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing one table did: rows copied now, and rows of their partitions removed before."""

    table: str
    rows: int
    removed: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Part:
    """One partition of a Delta table as it is now: its column values, its files, its rows."""

    delta: DeltaTable
    values: Mapping[str, str | None]
    fingerprint: str
    rows: int

    @property
    def name(self) -> str:
        """The partition as the warehouse records it."""
        return json.dumps(self.values, sort_keys=True)


def publish(lake: Lake, warehouse: Warehouse, workspace: UUID | str) -> list[Published]:
    """Bring the warehouse's schema `lake` up to the lake's present state for one workspace.

    Only partitions whose files changed are copied, each table in one transaction together with the
    record of what was copied, so a crash leaves a table as it was or as it is. Nothing changed,
    nothing written. Returns one entry per table.

    Raises:
        VendorDown: the database cannot be reached.
    """
    owner = str(workspace)
    with warehouse.publishing(owner) as link:
        ensure_tables(link)
        return [_publish_table(link, lake, source, owner) for source in SOURCES]


def _publish_table(link: psycopg.Connection, lake: Lake, source: Source, workspace: str) -> Published:
    started = time.perf_counter()
    copied = removed = 0
    parts = _quarantine_parts(lake, workspace) if source is QUARANTINE else _parts(lake, source, workspace)
    with link.transaction():
        lock = f"{workspace}/{source.table}"
        link.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [PUBLISH_LOCK, lock])
        recorded = _recorded(link, source, workspace)
        changed = [p for p in parts if recorded.get(p.name) != p.fingerprint]
        gone = set(recorded) - {p.name for p in parts}
        for name in gone | {p.name for p in changed} & set(recorded):
            removed += _forget(link, source, workspace, name)
        if changed:
            link.execute(sql.SQL("CREATE TEMP TABLE stage (LIKE {}) ON COMMIT DROP").format(source.target))
            for batch in _batches(changed):
                copied += _copy(link, source, workspace, batch)
            link.execute(sql.SQL("ANALYZE {}").format(source.target))
    return Published(source.table, copied, removed, round(time.perf_counter() - started, 3))


def _recorded(link: psycopg.Connection, source: Source, workspace: str) -> dict[str, str]:
    found = link.execute(
        "SELECT partition, fingerprint FROM lake.publication WHERE workspace_id = %s AND table_name = %s",
        [workspace, source.table],
    )
    return dict(found.fetchall())


def _files(delta: DeltaTable, workspace: str) -> pl.DataFrame:
    """Return the workspace's live files: path, row count, and a column `partition.<name>` each."""
    files = pl.DataFrame(delta.get_add_actions(flatten=True))
    return files.filter(pl.col("partition.workspace_id") == workspace)


def _parts(lake: Lake, source: Source, workspace: str) -> list[Part]:
    """Return the partitions of a table; one is known by the names of its files and the columns shown."""
    delta = lake.open(source.layer, source.name)
    if delta is None:
        return []
    keys = [name for name in delta.metadata().partition_columns if name != "workspace_id"]
    files = _files(delta, workspace).select(
        pl.struct([pl.col(f"partition.{name}").cast(pl.String).alias(name) for name in keys] or [pl.lit(0)]),
        "path",
        "num_records",
    )
    groups = files.group_by(files.columns[0], maintain_order=True).agg(pl.all())
    return [
        Part(delta, {k: v[k] for k in keys}, _fingerprint(source, paths), sum(rows))
        for v, paths, rows in groups.iter_rows()
    ]


def _quarantine_parts(lake: Lake, workspace: str) -> list[Part]:
    """Return one part per bronze table that ever refused a row."""
    parts = []
    for name in lake.tables("bronze"):
        if delta := lake.open("bronze", name):
            channel, stream = name.split("__", 1)
            paths = _files(delta, workspace)["path"].to_list()
            fingerprint = _fingerprint(QUARANTINE, paths)
            parts.append(Part(delta, {"channel": channel, "stream": stream}, fingerprint, 0))
    return parts


def _fingerprint(source: Source, paths: Sequence[str]) -> str:
    columns = [f"{name} {kind}" for name, kind in source.schema.items()]
    return hashlib.sha256("\n".join([*columns, *sorted(paths)]).encode()).hexdigest()


def _batches(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """Group partitions of one Delta table so that a batch fits in memory."""
    batch: list[Part] = []
    rows = 0
    for part in parts:
        if batch and (rows + part.rows > BATCH_ROWS or part.delta is not batch[0].delta):
            yield batch
            batch, rows = [], 0
        batch.append(part)
        rows += part.rows
    if batch:
        yield batch


def _forget(link: psycopg.Connection, source: Source, workspace: str, partition: str) -> int:
    """Delete a partition's rows and its record; return how many rows went."""
    values: dict[str, str | None] = json.loads(partition)
    link.execute(
        "DELETE FROM lake.publication WHERE workspace_id = %s AND table_name = %s AND partition = %s",
        [workspace, source.table, partition],
    )
    same = [sql.SQL("{} IS NOT DISTINCT FROM %s").format(sql.Identifier(name)) for name in values]
    where = sql.SQL(" AND ").join([sql.SQL("workspace_id = %s"), *same])
    statement = sql.SQL("DELETE FROM {} WHERE {}").format(source.target, where)
    return link.execute(statement, [workspace, *values.values()]).rowcount


def _copy(link: psycopg.Connection, source: Source, workspace: str, batch: list[Part]) -> int:
    """Copy the batch's rows and record its partitions; return how many rows came.

    COPY is closed to tables under row-level security, so rows pass through a temporary table.
    """
    frame = _read(source, workspace, batch)
    days = _hash_days(source, frame)
    newest = frame["loaded_at"].max() if "loaded_at" in frame.columns else None
    with link.cursor() as cursor:
        columns = sql.SQL(", ").join(map(sql.Identifier, source.schema))
        with cursor.copy(sql.SQL("COPY stage ({}) FROM STDIN (FORMAT csv)").format(columns)) as copy:
            for piece in frame.iter_slices(COPY_ROWS):
                # Quoted empty text is empty, an unquoted nothing is null: both sides agree on this.
                text = piece.write_csv(include_header=False, datetime_format=INSTANT_FORMAT).encode()
                copy.write(text.replace(b"\0", "\ufffd".encode()))  # Postgres keeps no NUL in text
        cursor.execute(
            sql.SQL("INSERT INTO {} ({}) SELECT {} FROM stage").format(source.target, columns, columns)
        )
        cursor.execute("TRUNCATE stage")
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


def _hash_days(source: Source, frame: pl.DataFrame) -> dict[tuple[str | None, ...], str]:
    """Return, by partition values, the hash of the rows of every day as JSON; none where a row has no day."""
    if source.day is None or frame.is_empty():
        return {}
    keys = [name for name in source.index if name != "workspace_id"]
    hashed = frame.select(*keys, pl.col(source.day).cast(pl.String).alias("day"), rows=frame.hash_rows())
    days = hashed.group_by(*keys, "day").agg(pl.col("rows").sum().cast(pl.String))
    parts: dict[tuple[str | None, ...], dict[str | None, str]] = {}
    for *values, day, rows in days.iter_rows():
        parts.setdefault(tuple(values), {})[day] = rows
    return {values: json.dumps(hashes) for values, hashes in parts.items() if None not in hashes}


def _read(source: Source, workspace: str, batch: list[Part]) -> pl.DataFrame:
    """Return the batch's rows with exactly the columns the warehouse shows."""
    rows = pl.scan_delta(batch[0].delta).filter(pl.col("workspace_id") == workspace)
    if source is QUARANTINE:
        rows = rows.filter(pl.col("quarantined_because").is_not_null()).with_columns(
            **{name: pl.lit(value) for name, value in batch[0].values.items()}
        )
    elif batch[0].values:
        rows = rows.filter(
            pl.any_horizontal(
                pl.all_horizontal(
                    pl.col(k).eq_missing(pl.lit(v).cast(source.schema[k])) for k, v in p.values.items()
                )
                for p in batch
            )
        )
    present = rows.collect_schema()
    return rows.select(
        (pl.col(name) if name in present else pl.lit(None)).cast(kind).alias(name)
        for name, kind in source.schema.items()
    ).collect()
