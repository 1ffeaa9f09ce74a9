"""Texts of a report as exact numbers, days and instants; what cannot be read is null, never a guess."""

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
DAY_FORMS = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d.%m.%Y", "%b %d, %Y", "%d %b %Y", "%B %d, %Y", "%d %B %Y"),
    *("%a, %b %d, %Y", "%a %b %d %Y"),
)
MONTH = r"^\d{4}-\d{2}$"
EPOCH_SECONDS, EPOCH_MILLIS = r"^1\d{9}$", r"^1\d{12}$"
CLOCK = r"[T ,]+\d{1,2}:\d{2}.*$"
# Hours as they stand behind a day: 24 hours or 12, with or without seconds and their fractions.
CLOCK_FORMS = ("%H:%M:%S%.f", "%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p")
ZONE = r"(?i)\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})$"
TRUE, FALSE = ("true", "1", "yes", "t", "y"), ("false", "0", "no", "f", "n", "")
SLASHED = r"^(\d{1,2})/(\d{1,2})/(\d{4})$"


def undress(column: pl.Expr, *, zero: bool = True) -> pl.Expr:
    """Return the digits and marks of a number without currency signs and spaces; nothing is `0` or empty."""
    nothing = pl.lit("0" if zero else "")
    return pl.when(~column.is_in(NOTHING)).then(column.str.replace_all(DRESS, "")).otherwise(nothing)


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

    A month alone is its first day; seconds or milliseconds since 1970 are a UTC day.

    Raises:
        BadInput: days such as 03/04/2026 that can be read two ways and none that tells.
    """
    told = texts.unique()
    bare = told.str.strip_chars().str.replace(CLOCK, "")
    bare = pl.select(
        pl.when(bare.str.contains(MONTH)).then(bare + "-01").otherwise(bare).alias("bare")
    ).to_series()
    read = pl.select(
        pl.coalesce(*(bare.str.to_date(form, strict=False) for form in DAY_FORMS), _epoch(bare).dt.date())
    ).to_series()
    parts = bare.str.extract_groups(SLASHED).struct.unnest()
    first, second = (parts[name].cast(pl.Int64, strict=False) for name in parts.columns[:2])
    if first.null_count() < first.len():
        read = read.fill_null(bare.str.to_date(_slashed(bare, first, second, file), strict=False))
    return texts.replace_strict(told, read, return_dtype=pl.Date)


def _slashed(bare: pl.Series, first: pl.Series, second: pl.Series, file: str) -> str:
    is_day_first, is_month_first = bool((first > 12).any()), bool((second > 12).any())
    if is_day_first == is_month_first:
        raise BadInput(
            f"{file} has days such as {bare.filter(first.is_not_null())[0]} that can be read two ways; "
            "export it with days like 2026-08-31."
        )
    return "%d/%m/%Y" if is_day_first else "%m/%d/%Y"


def _epoch(bare: pl.Series) -> pl.Series:
    """Return UTC instants of seconds or milliseconds since 1970."""
    number = bare.cast(pl.Int64, strict=False)
    micros = (
        pl.when(bare.str.contains(EPOCH_SECONDS))
        .then(number * 1_000_000)
        .when(bare.str.contains(EPOCH_MILLIS))
        .then(number * 1_000)
    )
    return pl.select(micros.cast(pl.Datetime("us")).alias("epoch")).to_series()


def instants(texts: pl.Series, file: str, timezone: str) -> pl.Series:
    """Return UTC instants; a text without a zone of its own is a time in `timezone`.

    A day alone is its first instant there.

    Raises:
        BadInput: days such as 03/04/2026 that can be read two ways and none that tells.
    """
    told = texts.unique()
    bare = told.str.strip_chars()
    offset = pl.when(bare.str.contains(CLOCK)).then(bare.str.extract(ZONE, 1))
    zone = pl.select(offset.alias("zone")).to_series()
    clock = bare.str.extract(r"(\d{1,2}:\d{2}.*)$", 1).str.replace(ZONE, "").str.to_uppercase()
    times = [clock.str.to_time(form, strict=False) for form in CLOCK_FORMS]
    midnight = pl.when(clock.is_null()).then(pl.time(0, 0))
    time = pl.select(pl.coalesce(*times, midnight).alias("time")).to_series()
    naive = days(bare, file).cast(pl.Datetime("us")) + time.cast(pl.Duration("us"))
    shift = _minutes(zone)
    local = naive.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
    read = pl.select(
        pl.coalesce(
            _epoch(bare).dt.replace_time_zone("UTC"),
            pl.when(zone.is_not_null()).then(
                (naive - pl.duration(minutes=pl.lit(shift))).dt.replace_time_zone("UTC")
            ),
            local.dt.convert_time_zone("UTC"),
        ).alias("read")
    ).to_series()
    return texts.replace_strict(told, read, return_dtype=pl.Datetime("us", "UTC"))


def _minutes(zone: pl.Series) -> pl.Series:
    """Return how many minutes a zone such as `+02:00` is ahead of UTC; `Z` and `UTC` are none."""
    sign = pl.when(zone.str.starts_with("-")).then(-1).otherwise(1)
    digits = zone.str.replace_all(r"[^0-9]", "")
    hours, rest = digits.str.slice(0, 2), digits.str.slice(2, 2)
    ahead = hours.cast(pl.Int64, strict=False) * 60 + rest.cast(pl.Int64, strict=False)
    return pl.select((sign * ahead.fill_null(0)).alias("minutes")).to_series()


def flag(column: pl.Expr) -> pl.Expr:
    """Return yes and no in any of the usual words; what is neither is null."""
    word = column.str.to_lowercase()
    return (
        pl.when(word.is_in(TRUE)).then(pl.lit(value=True)).when(word.is_in(FALSE)).then(pl.lit(value=False))
    )
