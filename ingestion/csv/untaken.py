"""Columns of numbers that a report has and the lake has no place for, named so that nobody misses them."""

from __future__ import annotations

import re

import polars as pl

from ingestion.csv.headers import plain_header
from ingestion.csv.numbers import undress
from ingestion.csv.source import Source
from lake.tabular.totals import NOTHING

SAMPLE = 200
# Numbers that name something, and do not count it.
NAMES = re.compile(r"(^|.* )(id|ids|number|code|zip|phone|sku|year|week|version|barcode|index)$|^(id|name)$")
NUMBER = r"^-?[\d.,]+(?:[eE][-+]?\d+)?$"


def note_untaken(source: Source) -> list[str]:
    """Return the note that names the file's columns of numbers that become nothing, none without any."""
    names = [
        column.column
        for column in source.mapping()
        if not column.fields
        and column.column not in source.personal
        and not NAMES.match(plain_header(column.column))
        and _is_numeric(source.table.frame[column.column])
    ]
    if not names:
        return []
    where = "they stay with the raw rows" if source.layout.withheld is None else "they are not kept"
    return [f"Not taken, as the lake has no place for them: {', '.join(names)}; {where}."]


def _is_numeric(cells: pl.Series) -> bool:
    told = cells.head(SAMPLE)
    told = told.filter(~told.is_in(NOTHING))
    return len(told) > 0 and bool(undress(told, zero=True).bare.str.contains(NUMBER).all())
