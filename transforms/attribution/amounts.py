"""Texts of a path table as numbers of 0 or more, whichever mark they write decimals with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

# Currency signs and blanks that stand beside a number and say nothing about it.
DRESS = r"[\s\u{a0}\u{202f}€$£¥']"
# What tells a decimal comma (12,5 or 1.234,56) and a decimal point (12.5, 1,234.56 or 1,234,567).
BY_COMMA = r"^-?\d*,(\d{1,2}|\d{4,})$|\.\d{3},\d+$"
BY_POINT = r"^-?\d*\.(\d{1,2}|\d{4,})$|,\d{3}\.\d+$|,\d{3},\d{3}$"
WITH_POINTS = r"^-?\d{1,3}(\.\d{3})+(,\d+)?$"
WITH_COMMAS = r"^-?\d{1,3}(,\d{3})+(\.\d+)?$"
EITHER = r"^-?\d{1,3},\d{3}$"
LARGEST = 1e15


class BadCell(NamedTuple):
    """A cell that is no number we can use: where it stands and why."""

    row: int
    column: str
    because: str


def read_amounts(texts: Mapping[str, pl.Series]) -> dict[str, pl.Series] | BadCell:
    """Return each column as doubles, empty cells as 0, or the first cell that cannot be used."""
    bare = {name: text.str.strip_chars() for name, text in texts.items()}
    read = {name: _cast(text) for name, text in bare.items()}
    if any(number.null_count() for number in read.values()):
        bare = {name: text.str.replace_all(DRESS, "") for name, text in bare.items()}
        read = _read_marked(bare)
    bad = [cell for name, number in read.items() if (cell := _find_bad(name, texts[name], number))]
    return min(bad) if bad else read


def _cast(text: pl.Series) -> pl.Series:
    """Return plain numbers; an empty cell is 0, what is no number is null."""
    number = text.cast(pl.Float64, strict=False)
    return number if not number.null_count() else number.zip_with(text != "", pl.Series([0.0]))


def _read_marked(texts: Mapping[str, pl.Series]) -> dict[str, pl.Series]:
    """Read numbers with marks for thousands, or with a decimal comma, in all columns alike."""
    column = pl.concat([text.rename("text") for text in texts.values()])
    is_comma, is_point = (bool(column.str.contains(form).any()) for form in (BY_COMMA, BY_POINT))
    if is_point:
        plain = {name: _without(text, ",", WITH_COMMAS) for name, text in texts.items()}
    elif is_comma:
        plain = {name: _without(text, ".", WITH_POINTS).str.replace(",", ".") for name, text in texts.items()}
    else:  # nothing but whole groups of three: 1,234 may be a thousand or one and a bit
        plain = dict(texts)
    return {name: _cast(text) for name, text in plain.items()}


def _without(text: pl.Series, mark: str, form: str) -> pl.Series:
    return text.str.replace_all(mark, "", literal=True).zip_with(text.str.contains(form), text)


def _find_bad(name: str, text: pl.Series, number: pl.Series) -> BadCell | None:
    is_bad = ~number.is_between(0, LARGEST).fill_null(value=False)
    if not is_bad.any():
        return None
    row = int(is_bad.arg_max() or 0)
    seen, value = text[row], number[row]
    if value is None:
        two_ways = pl.Series([seen.strip()]).str.contains(EITHER).item()
        because = (
            f"{seen!r} can be read two ways; write it without a mark for thousands"
            if two_ways
            else f"{seen!r} is no number; correct the cell"
        )
    elif value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 - NaN
        because = f"{seen!r} is no finite number; correct the cell or write 0"
    elif value < 0:
        because = f"{seen!r} is negative; conversions, values and nulls are 0 or more"
    else:
        because = f"{seen!r} is more than 1e15; check the unit"
    return BadCell(row, name, because)
