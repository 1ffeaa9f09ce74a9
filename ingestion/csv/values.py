"""Texts of a report as exact numbers and flags; what cannot be read is null, never a guess."""

from __future__ import annotations

import polars as pl

from ingestion.csv.numbers import Decimal

# Six digits after the point: micros are exact, finer fractions are rounded half to even.
EXACT = pl.Decimal(38, 6)
# Groups of three, or of two before the last three as in India; no group begins with 0.
WITH_COMMAS = r"^-?[1-9]\d{0,2}(,\d{2,3})*,\d{3}(\.\d*)?$"
WITH_POINTS = r"^-?[1-9]\d{0,2}(\.\d{2,3})*\.\d{3}(,\d*)?$"
PLAIN = r"^-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
TRUE, FALSE = ("true", "1", "yes", "t", "y"), ("false", "0", "no", "f", "n", "")


def exact(column: pl.Expr, decimal: Decimal) -> pl.Expr:
    """Return undressed texts as decimals of six digits after the point."""
    grouped, mark, point = (WITH_POINTS, ".", ",") if decimal == "comma" else (WITH_COMMAS, ",", ".")
    is_grouped = column.str.contains(grouped)
    bare = pl.when(is_grouped).then(column.str.replace_all(mark, "", literal=True)).otherwise(column)
    if decimal == "comma":  # a point that is no mark of thousands makes no number
        bare = pl.when(is_grouped | ~column.str.contains(mark, literal=True)).then(bare)
    plain = bare.str.replace(point, ".", literal=True)
    return pl.when(plain.str.contains(PLAIN)).then(plain).cast(EXACT, strict=False)


def whole(number: pl.Expr) -> pl.Expr:
    """Return decimals as integers; null where there is a fraction."""
    return pl.when(number == number.round(0)).then(number).cast(pl.Int64, strict=False)


def flag(column: pl.Expr) -> pl.Expr:
    """Return yes and no in any of the usual words; what is neither is null."""
    word = column.str.to_lowercase()
    return (
        pl.when(word.is_in(TRUE)).then(pl.lit(value=True)).when(word.is_in(FALSE)).then(pl.lit(value=False))
    )
