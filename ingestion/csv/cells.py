"""The cells of one part of a report under our names: exact, typed, and null where they cannot be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from core.money import DIGITS, MICROS, minor_digits
from ingestion.csv import values
from ingestion.csv.headers import CURRENCY_IN_HEADER, plain_header
from ingestion.csv.kinds import NUMBERS, Cell, Kind
from ingestion.csv.layouts import Part
from ingestion.csv.table import Table

TEXTS: tuple[Cell, ...] = ("text", "code", "person")
# What one of a unit is of the field's own: spend in minor units goes by the currency's digits.
SCALE = {"_seconds": 1.0, "_minutes": 60.0, "_millis": 0.001}
EMPTY_TYPES: dict[str, pl.DataType] = {
    "text": pl.String(),
    "code": pl.String(),
    "person": pl.String(),
    "day": pl.Date(),
    "flag": pl.Boolean(),
    "instant": pl.Datetime("us", "UTC"),
    "count": pl.Int64(),
    "money": pl.Int64(),
    "gauge": pl.Int64(),
    "real": values.EXACT,
    "seconds": pl.Float64(),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the caller says about a report that the report does not say itself."""

    day: date | None
    currency: str | None
    assumed_currency: str
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a part, one row a row of the file.

    `frame` has `line`, every field's column (null where the report does not tell it) and, beside it as
    `text.<field>`, what stood in the file. `places` maps a field to the headers it was read from.
    """

    frame: pl.DataFrame
    places: dict[str, list[str]]


def read_cells(table: Table, part: Part, asked: Asked, notes: list[str]) -> Cells:
    """Return the part's cells.

    Raises:
        BadInput: days can be read two ways, or decimals are written with comma and with point.
    """
    kind = part.kind
    spelled = {plain_header(header): header for header in table.headers}
    there = frozenset(spelled)
    found = {given: part.find(given, there) for given in part.columns}
    places = {given: [spelled[name] for name in names] for given, names in found.items() if names}
    places = {given: headers for given, headers in places.items() if kind.base(given)}
    texts = {given: table.frame[headers[0]] for given, headers in places.items()}
    frame = pl.DataFrame({"line": table.lines}).with_columns(_currency(table, kind, texts, asked, notes))
    numbers = _numbers(table, kind, places)
    columns: list[pl.Series | pl.Expr] = []
    for name, cell in kind.fields.items():
        if cell == "code":
            continue
        given = next((one for one in kind.given(name) if one in places), None)
        column = kind.column(name)
        if given is None:
            columns.append(_fixed(part, name, cell, asked).alias(column))
        elif cell in NUMBERS:
            columns.append(_scale(numbers[given], cell, given.removeprefix(name)).alias(column))
        else:
            columns.append(_read(texts[given], cell, table.path.name, asked).alias(column))
    shown = [series.alias(f"text.{given}") for given, series in texts.items()]
    frame = frame.with_columns(*shown, *(numbers[given].alias(f"number.{given}") for given in numbers))
    frame = frame.with_columns(columns)
    return Cells(frame.drop(f"number.{given}" for given in numbers), places)


def _numbers(table: Table, kind: Kind, places: dict[str, list[str]]) -> dict[str, pl.Series]:
    """Return each number as exact decimals, a field of several columns added up."""
    wanted = {g: headers for g, headers in places.items() if kind.fields[kind.base(g) or ""] in NUMBERS}
    headers = sorted({header for several in wanted.values() for header in several})
    if not headers:
        return {}
    bare = table.frame.select(values.undress(pl.col(header), zero=kind.is_empty_zero) for header in headers)
    comma = values.uses_comma(bare.get_columns(), table.path.name)
    exact = bare.select(values.exact(pl.col(header), comma=comma) for header in headers)
    numbers = {}
    for given, several in wanted.items():
        if len(several) == 1:
            numbers[given] = exact[several[0]]
            continue
        unread = exact.select(
            pl.any_horizontal(pl.col(h).is_null() & (bare[h] != "") for h in several).alias("unread")
        )["unread"]
        total = exact.select(
            pl.when(pl.any_horizontal(pl.col(h).is_not_null() for h in several)).then(
                pl.sum_horizontal(pl.col(h).fill_null(0) for h in several)
            )
        ).to_series()
        numbers[given] = total.zip_with(~unread, pl.Series([None], dtype=total.dtype))
    return numbers


def _scale(number: pl.Series, cell: Cell, unit: str) -> pl.Expr:
    """Return a number in the field's own unit: micros of money, seconds of time."""
    column = pl.lit(number)
    if cell == "money":
        if unit == "_micros":
            return values.whole(column)
        if unit == "_minor":
            digits = pl.col("currency").replace_strict(DIGITS, default=2, return_dtype=pl.Int64)
            return values.whole(column) * (10 ** (6 - digits)).cast(pl.Int64)
        return values.whole(column * MICROS)
    if cell == "seconds":
        return column.cast(pl.Float64) * SCALE[unit]
    return column if cell == "real" else values.whole(column)


def _read(text: pl.Series, cell: Cell, file: str, asked: Asked) -> pl.Series:
    if cell == "day":
        return values.days(text, file)
    if cell == "instant":
        return values.instants(text, file, asked.timezone)
    if cell == "flag":
        return pl.select(values.flag(pl.lit(text))).to_series()
    return text


def _fixed(part: Part, name: str, cell: Cell, asked: Asked) -> pl.Expr:
    """Return what stands in every row: the layout's word, the caller's day, or nothing."""
    if name == "day" and asked.day is not None:
        return pl.lit(asked.day)
    word = part.fixed.get(name)
    if word is None:
        return pl.lit(None, EMPTY_TYPES[cell])
    if cell == "flag":
        return pl.lit(word == "true")
    return pl.lit(int(word)) if cell in NUMBERS else pl.lit(word)


def _currency(
    table: Table, kind: Kind, texts: dict[str, pl.Series], asked: Asked, notes: list[str]
) -> pl.Series:
    """Return each row's currency: its own, else that of a header such as `Cost (EUR)`, else what was said."""
    rows = table.frame.height
    if "currency" in kind.fields and "currency" in texts:
        own = texts["currency"].str.to_uppercase()
        if not (own == "").all():
            return own.alias("currency")
    told = {match.group(1) for header in table.headers if (match := CURRENCY_IN_HEADER.search(header))}
    told -= {"UTC", "GMT"}
    if len(told) == 1:
        code = told.pop()
    elif asked.currency is not None:
        code = asked.currency
    else:
        code = asked.assumed_currency
        if kind.table and any(kind.fields[kind.base(given) or ""] == "money" for given in texts):
            notes.append(f"The report names no currency; {code} was taken. Say another with --currency.")
    minor_digits(code)
    return pl.Series("currency", [code] * rows, dtype=pl.String)
