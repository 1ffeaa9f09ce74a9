"""The partitions of the lake's tables as publishing sees them: files, rows, and a mark of both."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from deltalake import DeltaTable

from lake.delta import Lake
from lake.moved import files_of
from lake.published import QUARANTINE, Source

BATCH_ROWS = 500_000


@dataclass(frozen=True, slots=True)
class Part:
    """One partition of a Delta table as it is now: its column values, its files, its rows.

    A part of the quarantine, gathered from a whole bronze table, names no files.
    """

    delta: DeltaTable
    values: Mapping[str, str | None]
    fingerprint: str
    rows: int
    paths: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The partition as the warehouse records it."""
        return json.dumps(self.values, sort_keys=True)


def find_parts(lake: Lake, source: Source, workspace: str) -> list[Part]:
    """Return the partitions of a table; one is known by the names of its files and the columns shown."""
    delta = lake.open(source.layer, source.name)
    if delta is None:
        return []
    keys = [name for name in delta.metadata().partition_columns if name != "workspace_id"]
    files = files_of(delta, workspace).select(
        pl.struct([pl.col(f"partition.{name}").cast(pl.String).alias(name) for name in keys] or [pl.lit(0)]),
        "path",
        "num_records",
    )
    groups = files.group_by(files.columns[0], maintain_order=True).agg(pl.all())
    return [
        Part(delta, {k: v[k] for k in keys}, mark_files(source, paths), sum(rows), tuple(paths))
        for v, paths, rows in groups.iter_rows()
    ]


def find_quarantine_parts(lake: Lake, workspace: str) -> list[Part]:
    """Return one part per bronze table that ever refused a row."""
    parts = []
    for name in lake.tables("bronze"):
        if delta := lake.open("bronze", name):
            channel, stream = name.split("__", 1)
            paths = files_of(delta, workspace)["path"].to_list()
            fingerprint = mark_files(QUARANTINE, paths)
            parts.append(Part(delta, {"channel": channel, "stream": stream}, fingerprint, 0))
    return parts


def mark_files(source: Source, paths: Sequence[str]) -> str:
    """Return what rows in these files are known by, shown in these columns."""
    columns = [f"{name} {kind}" for name, kind in source.schema.items()]
    return hashlib.sha256("\n".join([*columns, *sorted(paths)]).encode()).hexdigest()


def batch_parts(parts: Sequence[Part]) -> Iterator[list[Part]]:
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


def read_parts(source: Source, workspace: str, batch: list[Part]) -> pl.DataFrame:
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
