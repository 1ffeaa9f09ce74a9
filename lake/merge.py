"""Replace what some records say in a silver table: update, insert and delete in one commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl
from deltalake import DeltaTable

from lake.delta import WRITER, Lake, Marks, append_to, conform, properties
from lake.layout import layout_of
from lake.schemas import OWNER, SILVER, SilverTable

GONE = "is_gone"
# Rows of a source carry this much of the key of a row to delete; the rest of its columns stay null.
KEPT = ("workspace_id", "channel", "account_id", "record_key")


@dataclass(frozen=True, slots=True)
class Change:
    """What one batch of one stream of one account changes in one silver table.

    Attributes:
        rows: The rows that now hold, with the table's own columns, `record_key`, `load_id`, `loaded_at`.
        replaced: Keys of records that may have rows already: changed or taken back.
        months: The months those old rows can lie in; None when the record does not tell.
    """

    workspace: str
    channel: str
    account_id: str
    stream: str
    rows: pl.DataFrame
    replaced: pl.Series = field(default_factory=lambda: pl.Series([], dtype=pl.String))
    months: Sequence[str] | None = None


def apply_change(lake: Lake, name: str, change: Change, marks: Marks) -> None:
    """Bring a silver table in step with the change; rows and marks are one commit."""
    table = SILVER[name]
    rows = complete(table, change)

    def act(delta: DeltaTable) -> None:
        gone = find_gone(delta, table, change, rows)
        if gone.is_empty() and not may_hold(delta, table, rows):
            append_to(delta, rows, marks)
        else:
            merge_into(delta, table, rows, gone, marks)

    lake.commit("silver", name, act)


def complete(table: SilverTable, change: Change) -> pl.DataFrame:
    """Return the change's rows with owner, origin and month, as stored."""
    owner = {
        "workspace_id": change.workspace,
        "channel": change.channel,
        "account_id": change.account_id,
        "stream": change.stream,
    }
    rows = change.rows.with_columns(pl.lit(value).alias(name) for name, value in owner.items())
    if table.day:
        rows = rows.with_columns(pl.col(table.day).dt.strftime("%Y-%m").alias("month"))
    return conform(layout_of("silver", table.name), rows)


def find_gone(delta: DeltaTable, table: SilverTable, change: Change, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the keys of stored rows of the replaced records that the new rows no longer have."""
    wanted = [*KEPT, *table.key, *(("month",) if table.day else ())]
    if change.replaced.is_empty():
        return rows.select(wanted).clear()
    stored = pl.scan_delta(delta).filter(
        pl.col("workspace_id") == change.workspace,
        pl.col("channel") == change.channel,
        pl.col("account_id") == change.account_id,
        pl.col("stream") == change.stream,
    )
    if table.day and change.months is not None:
        stored = stored.filter(pl.col("month").is_in(list(change.months)))
    keys = change.replaced.alias("record_key").to_frame().lazy()
    mine = stored.select(wanted).join(keys, on="record_key", how="semi").collect()
    return mine.join(rows, on=identity(table), how="anti")


def identity(table: SilverTable) -> list[str]:
    """Return the columns a merge matches on: a row whose day moves to another month is a new row there."""
    return [*table.full_key, "month"] if table.day else list(table.full_key)


def may_hold(delta: DeltaTable, table: SilverTable, rows: pl.DataFrame) -> bool:
    """Tell from the file statistics whether the table may hold a row of the same key already."""
    if rows.is_empty():
        return False
    files = pl.DataFrame(delta.get_add_actions(flatten=True))
    if files.is_empty():
        return False
    owner = rows.row(0, named=True)
    account = owner["account_id"]
    near = files.filter(
        pl.col("partition.workspace_id") == owner["workspace_id"],
        pl.col("partition.channel") == owner["channel"],
        pl.col("min.account_id").fill_null(account) <= account,
        pl.col("max.account_id").fill_null(account) >= account,
    )
    if table.day != "day_on" or "day_on" not in table.key or near.is_empty():
        return not near.is_empty()
    first, last = day_range(rows)
    near = near.filter(
        pl.col("min.day_on").fill_null(first) <= last, pl.col("max.day_on").fill_null(last) >= first
    )
    return not near.is_empty()


def day_range(rows: pl.DataFrame) -> tuple[date, date]:
    """Return the first and the last `day_on` of the rows."""
    first, last = rows.select(
        pl.col("day_on").min().alias("first"), pl.col("day_on").max().alias("last")
    ).row(0)
    return first, last


def merge_into(
    delta: DeltaTable, table: SilverTable, rows: pl.DataFrame, gone: pl.DataFrame, marks: Marks
) -> None:
    """Merge by key, naming the partitions outright so that other months are neither read nor locked."""
    source = rows.with_columns(pl.lit(value=False).alias(GONE))
    if not gone.is_empty():
        source = pl.concat([source, gone.with_columns(pl.lit(value=True).alias(GONE))], how="diagonal")
    if source.is_empty():
        append_to(delta, rows, marks)
        return
    owned = source.row(0, named=True)
    literal = [f"t.{name} = {quote(owned[name])}" for name in OWNER]
    if table.day:
        months = ", ".join(quote(month) for month in source["month"].unique().sort())
        literal.append(f"t.month IN ({months})")
    matched = [name for name in identity(table) if name not in OWNER]
    on = " AND ".join([*literal, *(f't."{name}" = s."{name}"' for name in matched)])
    columns = {f'"{name}"': f's."{name}"' for name in table.schema}
    merger = delta.merge(
        source,
        predicate=on,
        source_alias="s",
        target_alias="t",
        merge_schema=False,
        writer_properties=WRITER,
        commit_properties=properties(marks),
    )
    if not gone.is_empty():
        merger = merger.when_matched_delete(predicate=f"s.{GONE}")
    merger = merger.when_matched_update(updates=columns, predicate=f"NOT s.{GONE}")
    merger.when_not_matched_insert(updates=columns, predicate=f"NOT s.{GONE}").execute()


def quote(text: str) -> str:
    """Return the text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
