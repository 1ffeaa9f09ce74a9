"""Texts of a report as exact numbers and days; what cannot be read is null, never a guess."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from core.errors import BadInput

# Six digits after the point: micros are exact, finer fractions are rounded half to even.
EXACT = pl.Decimal(38, 6)
NOTHING = ("", "-", "--", "—", "n/a", "N/A", "null", "NULL")
# Signs that stand beside a number and say nothing about it.
DRESS = r"[\s\u{a0}\u{202f}€$£¥%']|^[A-Z]{3}|[A-Z]{3}$"
COMMA_DECIMAL = r"^-?(\d{1,3}(\.\d{3})+|\d*),(\d{1,2}|\d{4,})$|\.\d+,\d+$"
POINT_DECIMAL = r"^-?(\d{1,3}(,\d{3})+|\d*)\.(\d{1,2}|\d{4,})$|,\d+\.\d+$"
WITH_COMMAS = r"^-?\d{1,3}(,\d{3})+(\.\d+)?$"
WITH_POINTS = r"^-?\d{1,3}(\.\d{3})+(,\d+)?$"
PLAIN = r"^-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
DAY_FORMS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d.%m.%Y", "%b %d, %Y", "%d %b %Y")
SLASHED = r"^(\d{1,2})/(\d{1,2})/(\d{4})$"


def undress(column: pl.Expr) -> pl.Expr:
    """Return the digits and marks of a number without currency signs and spaces; nothing is `0`."""
    bare = column.str.strip_chars()
    return pl.when(~bare.is_in(NOTHING)).then(bare.str.replace_all(DRESS, "")).otherwise(pl.lit("0"))


def uses_comma(texts: Sequence[pl.Series], file: str) -> bool:
    """Say whether the report writes `1.234,56` (True) or `1,234.56` (False).

    Raises:
        BadInput: it writes both.
    """
    numbers = pl.concat([text.alias("number") for text in texts])
    comma, point = (bool(numbers.str.contains(form).any()) for form in (COMMA_DECIMAL, POINT_DECIMAL))
    if comma and point:
        raise BadInput(f"{file} writes decimals with comma and with point; export it in one language.")
    return comma


def exact(column: pl.Expr, *, comma: bool) -> pl.Expr:
    """Return undressed texts as decimals of six digits after the point."""
    grouped, mark, point = (WITH_POINTS, ".", ",") if comma else (WITH_COMMAS, ",", ".")
    bare = pl.when(column.str.contains(grouped)).then(column.str.replace_all(mark, "", literal=True))
    plain = bare.otherwise(column).str.replace(point, ".", literal=True)
    return pl.when(plain.str.contains(PLAIN)).then(plain).cast(EXACT, strict=False)


def whole(number: pl.Expr) -> pl.Expr:
    """Return decimals as integers; null where there is a fraction."""
    return pl.when(number == number.round(0)).then(number).cast(pl.Int64, strict=False)


def days(texts: pl.Series, file: str) -> pl.Series:
    """Return days from any of the usual spellings; a time of day behind them is left out.

    Raises:
        BadInput: days such as 03/04/2026 that can be read two ways and none that tells.
    """
    bare = texts.str.strip_chars().str.replace(r"[T ]\d{1,2}:\d{2}.*$", "")
    read = pl.select(pl.coalesce(bare.str.to_date(form, strict=False) for form in DAY_FORMS)).to_series()
    parts = bare.str.extract_groups(SLASHED).struct.unnest()
    first, second = (parts[name].cast(pl.Int64, strict=False) for name in parts.columns[:2])
    if first.null_count() == first.len():
        return read
    is_day_first, is_month_first = bool((first > 12).any()), bool((second > 12).any())
    if is_day_first == is_month_first:
        raise BadInput(
            f"{file} has days such as {bare.filter(first.is_not_null())[0]} that can be read two ways; "
            "export it with days like 2026-08-31."
        )
    form = "%d/%m/%Y" if is_day_first else "%m/%d/%Y"
    return read.fill_null(bare.str.to_date(form, strict=False))
