"""Rows of a report that add up the others: left out, or they would count everything twice."""

from __future__ import annotations

import polars as pl

from ingestion.csv.cells import Cells
from ingestion.csv.kinds import ADDED, Kind
from lake.tabular.totals import EVERY_DAY, NOTHING, Rows, find_totals

# Texts that do not say whose a row is.
NO_NAMES = ("account", "network", "claim_action", "kind", "url")


def drop_totals(kind: Kind, frame: pl.DataFrame, cells: Cells, notes: list[str]) -> Cells:
    """Return the cells without rows of totals; each row left out is noted with its line.

    Args:
        kind: What the report is about.
        frame: The file's rows as text, row for row beside the cells.
        cells: The cells.
        notes: Where to say what was left out.
    """
    is_total = find_totals(_rows(kind, frame, cells))
    if not is_total.any():
        return cells
    lines = ", ".join(str(line) for line in cells.frame.filter(is_total)["line"].head(5))
    notes.append(f"Line {lines} holds totals of the other rows and was left out.")
    return Cells(cells.frame.filter(~is_total), cells.places)


def _rows(kind: Kind, frame: pl.DataFrame, cells: Cells) -> Rows:
    """Return what tells totals apart: what stands first, the names, the numbers, and the day."""
    rows = cells.frame
    first = pl.coalesce(pl.when(~pl.col(c).is_in(NOTHING)).then(pl.col(c)) for c in frame.columns)
    labels = [frame.select(first.alias("first")).to_series()]
    names = [
        _blank(rows[f"text.{name}"]).alias(name)
        for name, cell in kind.fields.items()
        if cell == "text" and name in cells.places and name not in NO_NAMES
    ]
    if names:
        told = [pl.when(name != "").then(name) for name in names]
        labels.append(pl.select(pl.coalesce(told).alias("name")).to_series())
    numbers = []
    for name, cell in kind.fields.items():
        given = next((one for one in kind.given(name) if one in cells.places), None)
        if cell in ADDED and given is not None:
            is_told = ~rows[f"text.{given}"].is_in(NOTHING)
            own = rows[kind.column(name)]
            numbers.append(own.zip_with(is_told, pl.Series([None], dtype=own.dtype)))
    day, days = _days(kind, cells)
    if day is not None:
        names = [name for name in names if name.name != day]
        every = rows[f"text.{day}"].str.contains(EVERY_DAY)
        labels.append(
            pl.Series("every", ["Total"])
            .new_from_index(0, rows.height)
            .zip_with(every, pl.Series([None], dtype=pl.String))
        )
    needed = [kind.column(name) for name in kind.needed if kind.fields[name] in ADDED]
    return Rows(labels, pl.DataFrame(names), pl.DataFrame(numbers), needed, days)


def _blank(text: pl.Series) -> pl.Series:
    return text.set(text.is_in(NOTHING), "")


def _days(kind: Kind, cells: Cells) -> tuple[str | None, pl.Series | None]:
    """Return the field that says when a row is of, and its values; none where the report has none."""
    for name, cell in kind.fields.items():
        if cell in ("day", "instant") and name in cells.places and name not in ("day_until", "updated_at"):
            return name, cells.frame[kind.column(name)]
    return None, None
