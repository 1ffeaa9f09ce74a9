"""Writes of a gold table what changed: rows that are new, differ or are gone, in one commit."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
from deltalake import DeltaTable, write_deltalake

from lake.delta import WRITER, append_to
from lake.layout import Layout

COUNT, GONE = "n", "is_gone"


@dataclass(frozen=True, slots=True)
class Changed:
    """How many rows of a table a write inserted, updated and deleted."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0

    @property
    def rows(self) -> int:
        """All rows that were written or removed; an updated row counts once."""
        return self.inserted + self.updated + self.deleted

    def __add__(self, other: Changed) -> Changed:
        return Changed(
            self.inserted + other.inserted, self.updated + other.updated, self.deleted + other.deleted
        )


def subtract(new: pl.DataFrame, old: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows to add to `old` and those to take from it to have `new`; both have equal columns.

    Rows are compared whole and counted, so that equal rows, nulls and nan come out right.
    """
    sides = [new.with_columns(pl.lit(1).alias(COUNT)), old.with_columns(pl.lit(-1).alias(COUNT))]
    return split_counts(pl.concat(sides).group_by(new.columns).agg(pl.col(COUNT).sum()))


def split_counts(counted: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows whose `n` is above 0, each as often as it says, and those below likewise."""
    rows = pl.exclude(COUNT).repeat_by(pl.col(COUNT).abs())
    added, gone = (counted.filter(side).select(rows) for side in (pl.col(COUNT) > 0, pl.col(COUNT) < 0))
    return added.explode(added.columns), gone.explode(gone.columns)


def compared(layout: Layout) -> list[str]:
    """Return the columns that make two rows of a table differ: all but the instant of computing."""
    return [name for name in layout.columns if name != "computed_at"]


def apply_changes(
    table: DeltaTable, key: tuple[str, ...], added: pl.DataFrame, gone: pl.DataFrame, where: str
) -> Changed | None:
    """Bring an open table to hold `added` and no longer `gone`, in one commit; meant for `Lake.commit`.

    Both have the table's columns. `where` names the rows that may be touched. None, and nothing written,
    where the key does not tell the rows apart.
    """
    keys = list(key)
    if any(rows.select(keys).is_duplicated().any() for rows in (added, gone)):
        return None
    left = gone.join(added, on=keys, how="anti", nulls_equal=True)
    updated = gone.height - left.height
    changed = Changed(added.height - updated, updated, left.height)
    if not gone.height:
        if added.height:
            append_to(table, added, {})
        return changed
    source = pl.concat(
        [
            added.with_columns(pl.lit(value=False).alias(GONE)),
            left.with_columns(pl.lit(value=True).alias(GONE)),
        ]
    )
    columns = {f'"{name}"': f's."{name}"' for name in added.columns}
    same = [f'(t."{name}" IS NOT DISTINCT FROM s."{name}")' for name in keys]
    (
        table.merge(
            source,
            predicate=" AND ".join([where, *same]),
            source_alias="s",
            target_alias="t",
            writer_properties=WRITER,
        )
        .when_matched_delete(predicate=f"s.{GONE}")
        .when_matched_update(updates=columns, predicate=f"NOT s.{GONE}")
        .when_not_matched_insert(updates=columns, predicate=f"NOT s.{GONE}")
        .execute()
    )
    return changed


def overwrite(table: DeltaTable, rows: pl.DataFrame, where: str) -> None:
    """Make `rows` all that an open table holds of what `where` names."""
    write_deltalake(table, rows, mode="overwrite", predicate=where, writer_properties=WRITER)
