"""A recognised file as batches of records, one batch a kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import polars as pl

from core.errors import BadInput
from ingestion.csv.batch import BadRow, Batch, group
from ingestion.csv.cells import Asked, Cells, read_cells
from ingestion.csv.derive import DERIVE
from ingestion.csv.headers import plain_header
from ingestion.csv.kinds import Kind
from ingestion.csv.layouts import Part
from ingestion.csv.rounded import drop_rounded
from ingestion.csv.source import Source
from ingestion.csv.totals import drop_totals
from ingestion.csv.untaken import note_untaken
from ingestion.csv.unusable import find_bad

Amend = Callable[[pl.DataFrame], pl.DataFrame]
# How a missing column is asked for.
CALLED = {"spend": "spend (or cost)"}


def read_batch(
    source: Source, part: Part, asked: Asked, notes: list[str], amend: Amend | None = None
) -> Batch:
    """Return the records of one part of a file; rows that cannot be read are kept aside with the reason.

    `amend` changes the good rows before they are grouped: names joined, days of orders put to lines.

    Raises:
        BadInput: a needed column is missing and nothing was said instead, or no row can be read.
    """
    kind = part.kind
    refuse_missing(source, part, asked)
    cells, bad = read_rows(source, part, asked, notes)
    notes += note_untaken(source)
    is_bad = pl.col("line").is_in([row.line for row in bad])
    rows = cells.frame.drop(name for name in cells.frame.columns if name.startswith("text."))
    good = rows.filter(~is_bad)
    if source.layout.withheld is None:
        good = good.join(raw_rows(source), on="line", how="left", maintain_order="left")
    else:  # one row a person: their sums are kept, not they
        good = good.with_columns(pl.lit(None, pl.String).alias("raw"))
    if kind.name in DERIVE:
        good = DERIVE[kind.name](good, asked)
    if amend is not None:
        good = amend(good)
    good = _withheld(source, part, good)
    spoilt = rows.filter(is_bad).select("line")
    if bad:
        spoilt = spoilt.join(raw_rows(source), on="line", how="left", maintain_order="left")
    return Batch(kind, group(kind, good), spoilt, bad, cells.frame.height)


def read_rows(source: Source, part: Part, asked: Asked, notes: list[str]) -> tuple[Cells, list[BadRow]]:
    """Return the part's cells without totals, and the rows among them that cannot be used.

    Raises:
        BadInput: no row can be read.
    """
    asked = replace(
        asked,
        day_order=asked.day_order or source.day_order,
        decimal=asked.decimal or source.decimal,
    )
    cells = read_cells(source.table, part, asked, notes, _lent_currency(source, part))
    cells = drop_totals(part.kind, source.table.frame, cells, notes)
    cells = drop_rounded(source.name, part.kind, cells, notes)
    if part.only is not None:
        cells = _only(source, part.only, cells, notes)
    if len(source.layout.parts) > 1 and not part.kind.is_added:
        cells = _told(part.kind, cells)
    if "day" in cells.places and asked.day is not None:
        notes.append("The report has days of its own; the given date was not used.")
    if {"day", "day_until"} <= cells.places.keys():
        _note_spans(cells, notes)
    bad = find_bad(part.kind, cells)
    if len(bad) == cells.frame.height and part.only is None:
        if not bad:
            raise BadInput(f"{source.name} has totals and no rows; export the report for days with delivery.")
        first = bad[0]
        raise BadInput(f"{source.name}, line {first.line}, column {first.column}: {first.because}.")
    return cells, bad


def _lent_currency(source: Source, part: Part) -> pl.Series | None:
    """Return each row's currency by another part of the file: an order's currency is its lines'."""
    there = frozenset(map(plain_header, source.table.headers))
    if "currency" in part.columns and part.find("currency", there):
        return None
    for other in source.layout.parts:
        if other is not part and "currency" in other.columns and (names := other.find("currency", there)):
            header = next(name for name in source.table.headers if plain_header(name) == names[0])
            column = source.table.frame[header]
            return column.set(column == "", None).fill_null(strategy="forward").fill_null("")
    return None


def refuse_missing(source: Source, part: Part, asked: Asked) -> None:
    """Raise BadInput where a needed column is missing and nothing was said instead."""
    kind, there = part.kind, frozenset(map(plain_header, source.table.headers))
    told = {kind.base(given) for given in part.columns if part.find(given, there)} | set(part.fixed)
    if len(set(kind.needed) & told) * 2 < len(kind.needed):
        raise BadInput(
            f"{source.name}, line 1: this is no report we know, by its columns "
            f"{', '.join(source.table.headers)[:200]}; docs/import.md lists those we do; "
            "another one can be told with --layout and --map COLUMN=FIELD."
        )
    is_total = part.fixed.get("is_cumulative") == "true" and asked.seen_on is not None
    if "day" in kind.key and "day" not in told and asked.day is None and not is_total:
        raise BadInput(f"{source.name} has no column of days; say which day it is of with --date YYYY-MM-DD.")
    missing = [CALLED.get(name, name.replace("_", " ")) for name in kind.needed if name not in {*told, "day"}]
    if missing:
        raise BadInput(
            f"{source.name}, line 1: no column of {', '.join(missing)} among "
            f"{', '.join(source.table.headers)}; export the report with it, "
            "rename the column, or say which it is with --map COLUMN=FIELD."
        )


def _told(kind: Kind, cells: Cells) -> Cells:
    """Leave out lines that say nothing of this kind: an order's further lines repeat its name alone."""
    texts = [f"text.{name}" for name in kind.needed if name not in kind.key and name in cells.places]
    return Cells(cells.frame.filter(pl.any_horizontal(pl.col(name) != "" for name in texts)), cells.places)


def _only(source: Source, only: tuple[str, str], cells: Cells, notes: list[str]) -> Cells:
    """Leave out rows of other kinds: payments among refunds."""
    header = next(name for name in source.table.headers if plain_header(name) == only[0])
    lines = source.table.lines.filter(source.table.frame[header].str.to_lowercase() == only[1])
    kept = cells.frame.filter(pl.col("line").is_in(lines.implode()))
    if kept.height < cells.frame.height:
        others = cells.frame.height - kept.height
        notes.append(f"{source.name}: {others} rows are no {only[1]} and were passed over.")
    return Cells(kept, cells.places)


def _note_spans(cells: Cells, notes: list[str]) -> None:
    long = cells.frame.filter(pl.col("day_until_on") > pl.col("day_on"))
    if not long.is_empty():
        notes.append(
            f"Line {long['line'][0]} covers {long['day_on'][0]} to {long['day_until_on'][0]}; "
            "all of it is booked on the first day. Export the report broken down by day to see the days."
        )


def raw_rows(source: Source) -> pl.DataFrame:
    """Return each row of the file as JSON, by its line."""
    text = source.table.frame.select(pl.struct(pl.all()).struct.json_encode().alias("raw"))
    return text.with_columns(source.table.lines.alias("line"))


def _withheld(source: Source, part: Part, rows: pl.DataFrame) -> pl.DataFrame:
    """Count nothing as sent to those who got no mail."""
    if source.layout.withheld is None or "sent" not in part.kind.fields:
        return rows
    _, value = source.layout.withheld
    held = pl.col("mail_id").str.to_lowercase().str.replace_all(r"[\W_]+", " ") == value
    return rows.with_columns(pl.when(held).then(0).otherwise("sent").alias("sent"))
