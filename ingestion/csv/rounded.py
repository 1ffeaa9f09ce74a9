"""Ids that a spreadsheet rounded: it keeps 15 digits of a number, so that different ids become alike."""

from __future__ import annotations

import polars as pl

from core.errors import BadInput
from ingestion.csv.cells import Cells
from ingestion.csv.kinds import ADS, Kind

POWER = r"^'?\d([.,]\d+)?[eE]\+\d+$"
# Digits after the fifteenth that are all zeros, in ids long enough that this is no chance.
CUT = r"^\d{15}00+$"


def drop_rounded(name: str, kind: Kind, cells: Cells, notes: list[str]) -> Cells:
    """Return the cells without rounded ids where names say the same; `name` is the file's.

    Raises:
        BadInput: nothing else in the file says what a row is of.
    """
    for field in kind.fields:
        if not (field.endswith("_id") and field in cells.places):
            continue
        seen = _find_rounded(cells.frame, f"text.{field}")
        if seen is None:
            continue
        header = " + ".join(cells.places[field])
        told = f"{name} writes {header} as {seen}: a spreadsheet rounded these ids, several may look alike"
        if kind is not ADS or field.replace("_id", "_name") not in cells.places:
            raise BadInput(f"{told}; export the file again and import it without saving it in a spreadsheet.")
        notes.append(f"{told}. They were left out, and names were taken instead.")
        emptied = pl.lit("").alias(field), pl.lit("").alias(f"text.{field}")
        cells = Cells(cells.frame.with_columns(emptied), cells.places)
    return cells


def _find_rounded(frame: pl.DataFrame, column: str) -> str | None:
    """Return the first rounded id of the column, or None."""
    ids = frame.select(pl.col(column).str.strip_chars()).to_series()
    powers = ids.filter(ids.str.contains(POWER))
    if powers.len():
        return str(powers[0])
    long = ids.filter(ids.str.contains(r"^\d{17,}$")).unique(maintain_order=True)
    return str(long[0]) if long.len() > 1 and long.str.contains(CUT).all() else None
