"""Rows of a report that cannot be used, each with the cell that is why."""

from __future__ import annotations

import polars as pl

from ingestion.csv.batch import BadRow
from ingestion.csv.cells import Cells
from ingestion.csv.currencies import CODES
from ingestion.csv.kinds import NUMBERS, Kind
from lake.quality.silver import FIRST_DAY, LAST_DAY, NEVER_NEGATIVE

WHAT = {
    "day": f"a day from {FIRST_DAY[:4]} to {LAST_DAY[:4]}",
    "instant": "a time",
    "flag": "yes or no",
}


def find_bad(kind: Kind, cells: Cells) -> list[BadRow]:
    """Return the rows with a cell that cannot be read, in order of lines; the first such cell counts."""
    bad: dict[int, BadRow] = {}
    for name, cell in kind.fields.items():
        given = next((one for one in kind.given(name) if one in cells.places), None)
        column = kind.column(name)
        if cell == "code":
            _add_codes(bad, kind, cells)
            continue
        if given is None or cell == "person":
            continue
        text = pl.col(f"text.{given}")
        unread = pl.col(column).is_null() & (text != "")
        if name in kind.needed or (column == "day_on" and "day" in kind.key):
            unread = pl.col(column).is_null() | (text == "") & pl.lit(cell not in NUMBERS)
        is_negative = pl.col(column) < 0 if column in NEVER_NEGATIVE else pl.lit(value=False)
        rows = cells.frame.filter(unread | is_negative).select("line", text, is_negative.alias("is_negative"))
        for line, seen, below in rows.iter_rows():
            because = f"{seen!r} is not {WHAT.get(cell, 'a number of that kind')}; correct the cell"
            if below:
                because = f"{seen!r} is negative, which {name.replace('_', ' ')} cannot be; correct the cell"
            if cell == "text" or (seen == "" and cell in ("day", "instant")):
                because = "the cell is empty; a row must have it"
            bad.setdefault(line, BadRow(line, " + ".join(cells.places[given]), because))
    return [bad[line] for line in sorted(bad)]


def _add_codes(bad: dict[int, BadRow], kind: Kind, cells: Cells) -> None:
    """Add the rows whose currency is missing or no currency in use, where they have amounts."""
    if not any(cell == "money" for cell in kind.fields.values()) or not kind.table:
        return
    place = " + ".join(cells.places.get("currency", ["currency"]))
    wrong = cells.frame.filter(~pl.col("currency").is_in(list(CODES))).select("line", "currency")
    for line, seen in wrong.iter_rows():
        because = (
            f"{seen!r} is no currency in use; write a code such as EUR"
            if seen
            else ("the row names no currency, and others do; fill in the cell")
        )
        bad.setdefault(line, BadRow(line, place, because))
