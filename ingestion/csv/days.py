"""Days and instants of any usual spelling; what cannot be read is null, never a guess."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

import polars as pl

from core.errors import BadInput
from ingestion.csv.languages import fold
from ingestion.csv.questions import Question
from lake.quality.silver import FIRST_DAY, LAST_DAY

Order = Literal["day-first", "month-first"]
ORDERS: tuple[Order, ...] = ("day-first", "month-first")

CLOCK = r"[T ,]+(?:[a-zà]+ )?\d{1,2}:\d{2}.*$"
# Hours as they stand behind a day: 24 hours or 12, with or without seconds and their fractions.
CLOCK_FORMS = ("%H:%M:%S%.f", "%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%I:%M%p")
ZONE = r"(?i)\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})$"
EPOCH_SECONDS, EPOCH_MILLIS = r"^1\d{9}$", r"^1\d{12}$"
# Days since 1899-12-30, as spreadsheets keep them: the years 2000 to 2099.
SERIAL, SERIAL_ZERO, FIRST_SERIAL, LAST_SERIAL = r"^([3-7]\d{4})(?:\.\d+)?$", date(1899, 12, 30), 36526, 73050
# Year, month and day; the day of a month alone is its first. No one writes the month first with points.
YEAR_FIRST = (
    r"^(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})\.?$",
    r"^(?P<y>(?:19|20)\d{2})(?P<m>[01]\d)(?P<d>[0-3]\d)$",
    r"^(?P<y>\d{4})\s*[年년]\s*(?P<m>\d{1,2})\s*[月월]\s*(?P<d>\d{1,2})\s*[日일]$",
    r"^(?P<y>\d{4})\.\s+(?P<m>\d{1,2})\.\s+(?P<d>\d{1,2})\.?$",
    r"^(?P<y>\d{4})[-/.](?P<m>\d{1,2})(?P<d>)$",
    r"^(?P<m>\d{1,2})[-/.](?P<y>\d{4})(?P<d>)$",
    r"^(?P<y>20\d{2})(?P<m>0[1-9]|1[0-2])(?P<d>)$",
    r"^(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.\s?(?P<y>\d{4}|\d{2})$",
)
# Day or month first.
NUMERIC = r"^(\d{1,2})([/-])(\d{1,2})[/-](\d{4}|\d{2})$"
ANYWHERE = re.compile(r"(?<![\d/-])(\d{1,2})[/-](\d{1,2})[/-](?:\d{4}|\d{2})(?![\d/-])")
# Two digits of a year are of this century, and no report is older than this.
EARLIEST_SHORT, LATEST_SHORT = 5, 69
MONTHS: Mapping[str, int] = MappingProxyType(
    {name: number for number, names in enumerate((
        "january januar janvier enero gennaio janeiro januari jan janv ene gen janner",
        "february februar fevrier febrero febbraio fevereiro februari feb fev fevr",
        "march marz maerz mars marzo marco maart mar mrz mrt",
        "april avril abril aprile apr avr abr",
        "may mai mayo maggio maio mei mag maj",
        "june juni juin junio giugno junho jun giu",
        "july juli juillet julio luglio julho jul juil lug",
        "august aout agosto augustus augusti aug ago",
        "september septembre septiembre setiembre settembre setembro sep sept set",
        "october oktober octobre octubre ottobre outubro oct okt ott out",
        "november novembre noviembre novembro nov",
        "december dezember decembre diciembre dicembre dezembro dec dez dic",
    ), 1) for name in names.split()}
)  # fmt: skip
_WEEKDAYS = (
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun"
    " montag dienstag mittwoch donnerstag freitag samstag sonntag mo di mi do fr sa so"
    " lundi mardi mercredi jeudi vendredi samedi dimanche lun mer jeu ven sam dim"
    " lunes martes miercoles jueves viernes sabado domingo mie jue vie sab dom"
    " lunedi martedi mercoledi giovedi venerdi sabato gio"
    " segunda terca quarta quinta sexta feira seg ter qua qui sex"
    " maandag dinsdag woensdag donderdag vrijdag zaterdag zondag ma wo vr za zo"
)
PASSED_OVER = frozenset(
    (_WEEKDAYS + " of the de del do di der den le el st nd rd th er a at um om as").split()
)


def days(texts: pl.Series, file: str, order: Order | None = None) -> pl.Series:
    """Return days from any of the usual spellings; a time of day behind them is left out.

    A month alone is its first day; seconds or milliseconds since 1970 are a UTC day. Years before 2000 and
    after 2099 are none a report has, and null.

    Args:
        texts: The cells.
        file: The file's name.
        order: Which of day and month stands first in days such as 3/4/2026, as `find_order` says.

    Raises:
        Question: there are such days, and no order.
    """
    told = texts.unique()
    bare = told.str.strip_chars().str.replace(CLOCK, "").str.strip_chars()
    read = pl.Series([None] * len(bare), dtype=pl.Date)
    for form in YEAR_FIRST:
        if (left := bare.filter(read.is_null())).len() and left.str.contains(form).any():
            read = read.zip_with(read.is_not_null(), _of_parts(bare.str.extract_groups(form).struct.unnest()))
    read = read.zip_with(read.is_not_null(), _numeric(bare, file, order))
    others = pl.select(pl.coalesce(pl.lit(read), _epoch(bare).dt.date(), _serial(bare))).to_series()
    if others.null_count():
        words = [
            _of_words(text) if day is None and text else day for text, day in zip(bare, others, strict=True)
        ]
        others = pl.Series(words, dtype=pl.Date)
    first, last = date.fromisoformat(FIRST_DAY), date.fromisoformat(LAST_DAY)
    others = others.zip_with(others.is_between(first, last), pl.Series([None], dtype=pl.Date))
    return texts.replace_strict(told, others, return_dtype=pl.Date)


def _of_parts(parts: pl.DataFrame) -> pl.Series:
    """Return days from year, month and day as text; two digits are a year of this century."""
    year = pl.col("y").cast(pl.Int32, strict=False)
    is_short = pl.col("y").str.len_chars() == 2
    year = pl.when(~is_short).then(year).when(year.is_between(EARLIEST_SHORT, LATEST_SHORT)).then(year + 2000)
    day = pl.when(pl.col("d") == "").then(pl.lit("1")).otherwise("d")
    text = pl.concat_str(year, pl.lit("-"), pl.col("m").str.zfill(2), pl.lit("-"), day.str.zfill(2))
    return parts.select(text.str.to_date("%Y-%m-%d", strict=False).alias("day")).to_series()


def _numeric(bare: pl.Series, file: str, order: Order | None) -> pl.Series:
    parts = bare.str.extract_groups(NUMERIC).struct.unnest()
    parts.columns = ["a", "sign", "b", "y"]
    readings = {
        "day-first": _of_parts(parts.rename({"a": "d", "b": "m"})),
        "month-first": _of_parts(parts.rename({"a": "m", "b": "d"})),
    }
    if order is None:
        differ = (readings["day-first"] != readings["month-first"]).fill_null(value=False)
        if differ.any():
            raise Question(
                f"{file} has days such as {bare.filter(differ)[0]} that can be read two ways, and nothing in "
                "it tells; say which with --day-order day-first or --day-order month-first.",
                option="day_order",
                choices=ORDERS,
            )
        both = readings["day-first"]
        return both.zip_with(both.is_not_null(), readings["month-first"])
    return readings[order]


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


def _serial(bare: pl.Series) -> pl.Series:
    """Return the days that a spreadsheet keeps as numbers."""
    number = bare.str.extract(SERIAL, 1).cast(pl.Int64, strict=False)
    number = number.zip_with(number.is_between(FIRST_SERIAL, LAST_SERIAL), pl.Series([None], dtype=pl.Int64))
    return pl.select((pl.lit(SERIAL_ZERO) + pl.duration(days=pl.lit(number))).alias("day")).to_series()


@lru_cache(maxsize=65536)
def _of_words(text: str) -> date | None:
    """Return a day with its month as a word, in one of seven languages: `1. Feb. 2026`, `Sept 1, 2026`."""
    tokens = re.findall(r"[^\W\d_]+|\d+|[^\w\s.,/-]", fold(text).lower())
    names = [MONTHS[token] for token in tokens if token in MONTHS]
    numbers = [token for token in tokens if token.isdecimal()]
    known = all(token.isdecimal() or token in MONTHS or token in PASSED_OVER for token in tokens)
    if len(names) != 1 or not known or not 1 <= len(numbers) <= 2:
        return None
    years = [number for number in numbers if len(number) == 4]
    if len(numbers) == 1:
        day, year = "1", numbers[0]
        if not years:
            return None
    elif len(years) == 1:
        year = years[0]
        day = next(number for number in numbers if number != year)
    else:  # 3-Feb-26: the year of two digits stands last
        day, year = numbers
        if years or len(year) != 2 or not EARLIEST_SHORT <= int(year) <= LATEST_SHORT:
            return None
        year = f"20{year}"
    try:
        return date(int(year), names[0], int(day))
    except ValueError:
        return None


def find_order(columns: Sequence[pl.Series], above: str, file: str, said: Order | None) -> Order | None:
    """Return which of day and month stands first in a file's days, None where nothing tells.

    Any day of the file or of the lines above its header that can be read one way decides; then days above
    it that the file's own must lie between; then what the caller, or an earlier file, said.

    Args:
        columns: Every column of the file.
        above: The text above the header.
        file: The file's name.
        said: The order of the caller or of an earlier file of the same columns.

    Raises:
        BadInput: days of the file are in both orders.
    """
    pairs = [pair for column in columns for pair in _pairs(column)]
    if not pairs:
        return said
    told = {(int(a), int(b)) for a, b, _ in pairs if int(a) <= 12 or int(b) <= 12}
    beside = {(int(a), int(b)) for a, b in ANYWHERE.findall(above)}
    for several in (told, beside):
        is_day, is_month = any(a > 12 for a, _ in several), any(b > 12 for _, b in several)
        if is_day and is_month and several is told:
            raise BadInput(f"{file} writes days with the day first and with the month first; correct them.")
        if is_day != is_month:
            return "day-first" if is_day else "month-first"
    return _between(pairs, above) or said


def _pairs(column: pl.Series) -> list[tuple[str, str, str]]:
    """Return the distinct days of a column that have day and month in an order to be found out."""
    bare = column.unique().str.strip_chars().str.replace(CLOCK, "")
    parts = bare.filter(bare.str.contains(NUMERIC)).str.extract_groups(NUMERIC).struct.unnest()
    return [(a, b, year) for a, _, b, year in parts.iter_rows()]


def _between(pairs: Sequence[tuple[str, str, str]], above: str) -> Order | None:
    """Return the order by which all days lie between the days that the lines above the header name."""
    named = [day for line in above.splitlines() for day in _clear_days(line)]
    if len(named) < 2:
        return None
    first, last = min(named), max(named)
    fitting: list[Order] = []
    for order in ORDERS:
        texts = pl.Series([f"{a}/{b}/{year}" for a, b, year in pairs])
        seen = days(texts, "", order)
        if not seen.null_count() and bool(seen.is_between(first, last).all()):
            fitting.append(order)
    return fitting[0] if len(fitting) == 1 else None


def _clear_days(line: str) -> list[date]:
    """Return the days of a line that can be read one way: with a word for the month, or the year first."""
    seen = [date(int(y), int(m), int(d)) for y, m, d in re.findall(r"\b(20\d\d)-([01]\d)-([0-3]\d)\b", line)]
    words = re.findall(r"[^\W\d_]+\.?|\d+", line)
    for at in range(len(words) - 2):
        day = _of_words(" ".join(words[at : at + 3]))
        if day is not None and sum(word.isdecimal() for word in words[at : at + 3]) == 2:
            seen.append(day)
    return seen


def instants(texts: pl.Series, file: str, timezone: str, order: Order | None = None) -> pl.Series:
    """Return UTC instants; a text without a zone of its own is a time in `timezone`.

    A day alone is its first instant there.

    Raises:
        Question: days such as 3/4/2026 can be read two ways, and there is no order.
    """
    told = texts.unique()
    bare = told.str.strip_chars()
    offset = pl.when(bare.str.contains(CLOCK)).then(bare.str.extract(ZONE, 1))
    zone = pl.select(offset.alias("zone")).to_series()
    clock = bare.str.extract(r"(\d{1,2}:\d{2}.*)$", 1).str.replace(ZONE, "").str.to_uppercase()
    times = [clock.str.to_time(form, strict=False) for form in CLOCK_FORMS]
    midnight = pl.when(clock.is_null()).then(pl.time(0, 0))
    time = pl.select(pl.coalesce(*times, midnight).alias("time")).to_series()
    naive = days(bare, file, order).cast(pl.Datetime("us")) + time.cast(pl.Duration("us"))
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
