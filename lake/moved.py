"""The rows by which a partition differs from what was published of it: read from the files that changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote

import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from lake.changes import subtract
from lake.published import Source

WRAP = 2**64


def files_of(delta: DeltaTable, workspace: str) -> pl.DataFrame:
    """Return the workspace's live files: path, row count, and a column `partition.<name>` each."""
    files = pl.DataFrame(delta.get_add_actions(flatten=True))
    return files.filter(pl.col("partition.workspace_id") == workspace)


def earlier_files(
    delta: DeltaTable, version: int, workspace: str, values: Mapping[str, str | None]
) -> list[str]:
    """Return the files of a partition at a version; none where the version is no longer known."""
    try:
        files = files_of(DeltaTable(_folder(delta), version=version), workspace)
    except DeltaError:
        return []
    if files.is_empty():
        return []
    same = [
        pl.col(f"partition.{k}").cast(pl.String).eq_missing(pl.lit(v, pl.String)) for k, v in values.items()
    ]
    return (files.filter(*same) if same else files)["path"].to_list()


def read_moved(
    source: Source,
    delta: DeltaTable,
    fixed: Mapping[str, str | None],
    *,
    before: Sequence[str],
    now: Sequence[str],
) -> tuple[pl.DataFrame, pl.DataFrame, int] | None:
    """Return the rows to add and to take away to get from some files to others, and how many were read.

    `fixed` are the columns that the partition names. Rows that were only written again into another file
    are in neither. None where an earlier file was
    removed from the disk.
    """
    folder = _folder(delta)
    removed, added = sorted(set(before) - set(now)), sorted(set(now) - set(before))
    if not all((folder / unquote(path)).exists() for path in removed):
        return None
    sides = [_read_files(source, folder, paths, fixed) for paths in (added, removed)]
    fresh, gone = subtract(*sides)
    return fresh, gone, sum(side.height for side in sides)


def _read_files(
    source: Source, folder: Path, paths: Sequence[str], fixed: Mapping[str, str | None]
) -> pl.DataFrame:
    frames = [pl.DataFrame(schema=dict(source.schema))]
    for path in paths:
        rows = pl.read_parquet(folder / unquote(path), hive_partitioning=False)
        frames.append(
            rows.select(
                (
                    pl.lit(fixed[name], pl.String)
                    if name in fixed
                    else pl.col(name)
                    if name in rows.columns
                    else pl.lit(None)
                )
                .cast(kind)
                .alias(name)
                for name, kind in source.schema.items()
            )
        )
    return pl.concat(frames)


def _folder(delta: DeltaTable) -> Path:
    return Path(unquote(delta.table_uri.removeprefix("file://")))


def hash_days(source: Source, rows: pl.DataFrame) -> dict[str | None, int]:
    """Return the hash of the rows of every day: the sum of the rows' own, so that it can be carried on."""
    assert source.day is not None  # noqa: S101 - asked of tables with days alone
    hashed = rows.select(pl.col(source.day).cast(pl.String).alias("day"), rows=rows.hash_rows())
    return dict(hashed.group_by("day").agg(pl.col("rows").sum()).iter_rows())


def carry_days(source: Source, days: str | None, fresh: pl.DataFrame, gone: pl.DataFrame) -> str | None:
    """Return the JSON of a partition's hashes by day after rows came and went; None if a row has no day."""
    if source.day is None or days is None:
        return None
    kept: dict[str | None, int] = {day: int(rows) for day, rows in json.loads(days).items()}
    for rows, sign in ((fresh, 1), (gone, -1)):
        for day, hashed in hash_days(source, rows).items():
            kept[day] = (kept.get(day, 0) + sign * hashed) % WRAP
    # A day all of whose rows went has the hash of none.
    kept = {day: hashed for day, hashed in kept.items() if hashed}
    return None if None in kept else json.dumps({day: str(hashed) for day, hashed in kept.items()})
