"""Keep a Delta table quick: few files, old ones removed, a short log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import polars as pl
from deltalake import DeltaTable

from lake.delta import WRITER, Lake
from lake.layout import Layer, layout_of

# A partition is rewritten into few files once it has this many small ones.
MANY_FILES = 8
SMALL_BYTES = 32 * 1024 * 1024
TARGET_BYTES = 128 * 1024 * 1024
# Readers that opened the table before a rewrite still find their files for this long.
RETENTION = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Maintained:
    """What one round of maintenance did to a table."""

    layer: str
    name: str
    files_before: int
    files_after: int
    files_removed: int


def count_files(lake: Lake, layer: Layer, name: str) -> int:
    """Return how many live files the table has."""
    table = lake.open(layer, name)
    return len(table.file_uris()) if table else 0


def compact_if_needed(lake: Lake, layer: Layer, name: str) -> bool:
    """Rewrite the partitions that gathered many small files; tell whether there were any.

    Runs alone on the table: no merge of it happens meanwhile.
    """
    table = lake.open(layer, name)
    if table is None or not crowded(table, layer, name):
        return False
    lake.commit(layer, name, lambda fresh: compact(fresh, layer, name), alone=True)
    return True


def crowded(table: DeltaTable, layer: Layer, name: str) -> list[dict[str, str]]:
    """Return the partitions with many small files, as partition column -> value."""
    files = pl.DataFrame(table.get_add_actions(flatten=True))
    keys = [f"partition.{column}" for column in layout_of(layer, name).partition_by]
    if files.is_empty():
        return []
    small = files.filter(pl.col("size_bytes") < SMALL_BYTES).group_by(keys).len()
    many = small.filter(pl.col("len") >= MANY_FILES).select(keys).sort(keys)
    return [{key.removeprefix("partition."): value for key, value in row.items()} for row in many.to_dicts()]


def compact(table: DeltaTable, layer: Layer, name: str) -> None:
    """Rewrite every crowded partition of an open table into files of about 128 MB."""
    for partition in crowded(table, layer, name):
        filters = [(column, "=", value) for column, value in partition.items()]
        table.optimize.compact(partition_filters=filters, target_size=TARGET_BYTES, writer_properties=WRITER)


def maintain(lake: Lake, layer: Layer, name: str, *, retention: timedelta = RETENTION) -> Maintained:
    """Compact the whole table, remove files no version within `retention` needs, shorten the log.

    A retention under seven days takes files from readers that still hold an older version.
    """
    before = count_files(lake, layer, name)

    def act(table: DeltaTable) -> int:
        table.optimize.compact(target_size=TARGET_BYTES, writer_properties=WRITER)
        hours = int(retention.total_seconds() // 3600)
        removed = table.vacuum(
            retention_hours=hours, dry_run=False, enforce_retention_duration=retention >= RETENTION
        )
        table.create_checkpoint()
        table.cleanup_metadata()
        return len(removed)

    removed = lake.commit(layer, name, act, alone=True)
    return Maintained(layer, name, before, count_files(lake, layer, name), removed)


def maintain_all(lake: Lake) -> list[Maintained]:
    """Maintain every table of bronze, silver and ops."""
    layers: tuple[Layer, ...] = ("bronze", "silver", "ops")
    return [maintain(lake, layer, name) for layer in layers for name in lake.tables(layer)]
