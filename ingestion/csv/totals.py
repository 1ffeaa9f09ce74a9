"""Rows of a report that add up the others: left out, or they would count everything twice."""

from __future__ import annotations

import polars as pl

from ingestion.csv.cells import Cells
from ingestion.csv.kinds import ADDED, Kind

# "Total", "Totals:", "Total: Account", "Grand total", as the first cell of a row that tells anything.
TOTAL = r"(?i)^(grand |sub)?(total|totals|overall total)( ?[:-].*)?$"
NOTHING = ("", "-", "--", "—")


def drop_totals(kind: Kind, frame: pl.DataFrame, cells: Cells, notes: list[str]) -> Cells:
    """Return the cells without rows of totals; each row left out is noted with its line.

    Args:
        kind: What the report is about.
        frame: The file's rows as text, row for row beside the cells.
        cells: The cells.
        notes: Where to say what was left out.
    """
    is_total = _said(frame, cells)
    if kind.is_added:
        is_total |= _summed(kind, cells.frame)
    if not is_total.any():
        return cells
    lines = ", ".join(str(line) for line in cells.frame.filter(is_total)["line"].head(5))
    notes.append(f"Line {lines} holds totals of the other rows and was left out.")
    return Cells(cells.frame.filter(~is_total), cells.places)


def _said(frame: pl.DataFrame, cells: Cells) -> pl.Series:
    """Find rows that call themselves totals, where a day or a name would stand."""
    first = pl.coalesce(pl.when(~pl.col(c).is_in(NOTHING)).then(pl.col(c)) for c in frame.columns)
    said = frame.select(first.str.contains(TOTAL).fill_null(value=False).alias("said"))["said"]
    if "day" in cells.places and "day_on" in cells.frame.columns:
        said &= cells.frame["day_on"].is_null()
    return said


def _summed(kind: Kind, rows: pl.DataFrame) -> pl.Series:
    """Find a first or last row without a name whose every number is the sum of the others."""
    names = [kind.column(n) for n, cell in kind.fields.items() if cell == "text" and kind.column(n) in rows]
    numbers = [kind.column(n) for n, cell in kind.fields.items() if cell in ADDED]
    numbers = [name for name in numbers if rows[name].null_count() == 0]
    none = pl.Series([False] * rows.height)
    if rows.height < 3 or not numbers or not names:
        return none
    is_named = rows.select(pl.any_horizontal(pl.col(n).fill_null("") != "" for n in names)).to_series()
    sums = rows.select(pl.col(n).sum() for n in numbers).row(0)
    for at in (0, rows.height - 1):
        mine = rows.select(numbers).row(at)
        is_sum = any(mine) and all(2 * own == total for own, total in zip(mine, sums, strict=True))
        if is_sum and not is_named[at] and is_named.sum() == rows.height - 1:
            none[at] = True
    return none
