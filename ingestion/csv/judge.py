"""Rows the lake would not take, found before anything is written: what is reported is what is stored."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from channels.contract import Account
from core.errors import BadInput
from ingestion.csv.batch import BadRow, Batch, show
from ingestion.csv.store import to_silver
from ingestion.quarantine import find_bad_rows
from lake.schemas import SILVER

# Plans and bookings reach a year ahead; what lies further is a slip of the pen.
LATEST = timedelta(days=366)
COLUMN = re.compile(r"\w+\.(\w+) ")


def judge(batch: Batch, today: date | None) -> Batch:
    """Return the batch with the rows that the silver table refuses among the bad ones, each with its reason.

    `today` is the day of the import; days more than a year ahead of it are refused too.
    """
    if batch.good.is_empty():
        return batch
    named = batch.good.with_row_index("nth").with_columns(pl.col("nth").cast(pl.String).alias("record_key"))
    shown = show(batch.kind, named)
    table = SILVER[batch.kind.table]
    rows = to_silver(batch.kind, shown, Account("", "", None, "UTC"))
    rows = rows.select("record_key", *(pl.col(n).cast(t, strict=False) for n, t in table.columns.items()))
    reasons = find_bad_rows(table, rows)
    if today is not None and "day_on" in named.columns:
        late = named.filter(pl.col("day_on") > today + LATEST)
        far = pl.lit(f"{table.name}.day_on is more than a year ahead")
        reasons = pl.concat([reasons, late.select("record_key", far.alias("reason"))])
    reasons = reasons.unique("record_key", keep="first", maintain_order=True)
    if reasons.is_empty():
        return batch
    bad = named.join(reasons, on="record_key", how="inner", maintain_order="left")
    line = pl.col("line") if "line" in bad.columns else pl.lit(0, pl.Int64)
    spoilt = bad.select(line.alias("line"), pl.col("rows").alias("raw"))
    found = [BadRow(at, _column(why, batch), _because(why, batch, row)) for at, why, row in zip(
        spoilt["line"], bad["reason"], bad.iter_rows(named=True), strict=True)]  # fmt: skip
    good = batch.good.filter(~pl.Series(range(batch.good.height)).is_in(bad["nth"].cast(pl.Int64).implode()))
    return Batch(
        batch.kind,
        good,
        _beside(batch.spoilt, spoilt),
        sorted([*batch.bad, *found], key=lambda row: row.line),
        batch.rows,
    )


def _beside(before: pl.DataFrame, spoilt: pl.DataFrame) -> pl.DataFrame:
    return spoilt if before.is_empty() else pl.concat([before, spoilt], how="vertical_relaxed")


def refuse_nothing(batches: Sequence[Batch], file: str) -> None:
    """Raise BadInput where no row of the files can be stored."""
    bad = [row for batch in batches for row in batch.bad]
    if bad and all(batch.good.is_empty() for batch in batches):
        raise BadInput(
            f"{file}, line {bad[0].line}, column {bad[0].column}: {bad[0].because}; "
            "no row of it can be stored."
        )


def _spoken_of(reason: str, batch: Batch) -> str | None:
    """Return the field a rule speaks of: `order.day_on is empty` of `day`."""
    name = match.group(1) if (match := COLUMN.match(reason)) else ""
    return next((own for own in batch.kind.fields if batch.kind.column(own) == name), None)


def _column(reason: str, batch: Batch) -> str:
    return (_spoken_of(reason, batch) or batch.kind.title).replace("_", " ")


def _because(reason: str, batch: Batch, row: dict[str, object]) -> str:
    name = _spoken_of(reason, batch)
    value = row[batch.kind.column(name)] if name else None
    return reason if value is None else f"{str(value)!r} cannot be stored: {reason}"
