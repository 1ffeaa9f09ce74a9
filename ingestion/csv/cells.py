"""The cells of one part of a report under our names: exact, typed, and null where they cannot be read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from core.money import DIGITS, MICROS
from ingestion.csv import values
from ingestion.csv.currencies import CODES, of_header, read_currency
from ingestion.csv.days import Order, days, find_order, instants
from ingestion.csv.headers import plain_header, zone_of
from ingestion.csv.kinds import NUMBERS, Cell, Kind
from ingestion.csv.layouts import Part
from ingestion.csv.numbers import Decimal, Numbers, find_decimal, undress
from ingestion.csv.table import Table

TEXTS: tuple[Cell, ...] = ("text", "code", "person")
# What one of a unit is of the field's own: spend in minor units goes by the currency's digits.
SCALE = {"_seconds": 1.0, "_minutes": 60.0, "_hours": 3600.0, "_millis": 0.001}
# What a column of numbers that is not read looks like: its decimals tell of the others'.
NUMBER_LIKE = r"^[^\d]{0,4}\d[\d.,]*[^\d]{0,4}$"
SAMPLE = 1000
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
    """What the caller says about a report that the report does not say itself.

    `day_order` and `decimal` decide only where nothing in the report does; `seen_on` is the day on which
    lifetime totals without a day of their own were seen.
    """

    day: date | None
    currency: str | None
    assumed_currency: str
    timezone: str = "UTC"
    day_order: Order | None = None
    decimal: Decimal | None = None
    seen_on: date | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a file that are read: which headers a field is read from, and numbers by header."""

    table: Table
    kind: Kind
    places: dict[str, list[str]]
    numbers: dict[str, Numbers]


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a part, one row a row of the file.

    `frame` has `line`, every field's column (null where the report does not tell it) and, beside it as
    `text.<field>`, what stood in the file. `places` maps a field to the headers it was read from.
    """

    frame: pl.DataFrame
    places: dict[str, list[str]]


def read_cells(
    table: Table, part: Part, asked: Asked, notes: list[str], lent: pl.Series | None = None
) -> Cells:
    """Return the part's cells.

    Args:
        table: The file.
        part: What is read from it.
        asked: What the caller says.
        notes: Where to say what was assumed.
        lent: The currency of each row by another part of the file, where this one has none.

    Raises:
        BadInput: decimals are written with comma and with point, or currencies contradict one another.
        Question: days, decimals or a currency can be read several ways, and nothing tells.
    """
    kind = part.kind
    spelled = {plain_header(header): header for header in table.headers}
    there = frozenset(spelled)
    named = {given: part.find(given, there) for given in part.columns}
    places = {given: [spelled[name] for name in names] for given, names in named.items() if names}
    places = {given: headers for given, headers in places.items() if kind.base(given)}
    texts = {given: table.frame[headers[0]] for given, headers in places.items()}
    read = Columns(table, kind, places, _undress(table, kind, places))
    currency = _currency(read, asked, notes, lent)
    frame = pl.DataFrame({"line": table.lines}).with_columns(currency.alias("currency"))
    numbers = _numbers(read, currency, asked, notes)
    order = _order(table, kind, texts, asked, notes)
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
            zone = zone_of(places[given][0]) or asked.timezone
            columns.append(_read(texts[given], cell, table.path.name, zone, order).alias(column))
    shown = [series.alias(f"text.{given}") for given, series in texts.items()]
    frame = frame.with_columns(*shown, *(numbers[given].alias(f"number.{given}") for given in numbers))
    frame = frame.with_columns(columns)
    return Cells(_fill_idle(kind, frame.drop(f"number.{given}" for given in numbers)), places)


def _undress(table: Table, kind: Kind, places: dict[str, list[str]]) -> dict[str, Numbers]:
    """Return the bare numbers of every column that is read as one, by header."""
    undressed: dict[str, Numbers] = {}
    for given, headers in places.items():
        base = kind.base(given) or ""
        cell = kind.fields[base]
        if cell in NUMBERS:
            is_whole = cell in ("count", "gauge") or given.endswith(("_micros", "_minor", "_millis"))
            for header in headers:
                undressed[header] = undress(table.frame[header], zero=kind.is_empty_zero, is_whole=is_whole)
    return undressed


def _order(
    table: Table, kind: Kind, texts: dict[str, pl.Series], asked: Asked, notes: list[str]
) -> Order | None:
    """Return which of day and month stands first in the file's days, None where nothing tells."""
    if not any(kind.fields[kind.base(given) or ""] in ("day", "instant") for given in texts):
        return None
    order = find_order(table.frame.get_columns(), table.above, table.path.name, asked.day_order)
    if asked.day_order not in (None, order):
        notes.append(f"Days of {table.path.name} can only be read {order}; {asked.day_order} was not used.")
    return order


def _numbers(read: Columns, currency: pl.Series, asked: Asked, notes: list[str]) -> dict[str, pl.Series]:
    """Return each number as exact decimals, a field of several columns added up."""
    kind, places = read.kind, read.places
    wanted = {g: headers for g, headers in places.items() if kind.fields[kind.base(g) or ""] in NUMBERS}
    if not wanted:
        return {}
    first = next((code for code in currency if code), asked.assumed_currency)
    money = {
        h for g, headers in wanted.items() if kind.fields[kind.base(g) or ""] == "money" for h in headers
    }
    digits = DIGITS.get(first, 2)
    columns = [
        replace(one, digits=digits if header in money else None) for header, one in read.numbers.items()
    ]
    others = _other_numbers(read.table, places)
    decimal = find_decimal(columns, others, file=read.table.path.name, said=asked.decimal)
    if asked.decimal not in (None, decimal):
        file = read.table.path.name
        notes.append(f"{file} writes a {decimal} before the decimals; decimal {asked.decimal} was not used.")
    bare = pl.DataFrame({header: one.bare for header, one in read.numbers.items()})
    exact = bare.select(values.exact(pl.col(header), decimal) for header in read.numbers)
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


def _other_numbers(table: Table, places: dict[str, list[str]]) -> list[pl.Series]:
    """Return the columns of numbers that are not read, undressed: rates, budgets, averages."""
    read = {header for headers in places.values() for header in headers}
    others = []
    for header in table.headers:
        cells = table.frame[header].head(SAMPLE)
        cells = cells.filter(cells != "")
        if header not in read and len(cells) and cells.str.contains(NUMBER_LIKE).all():
            others.append(undress(cells, zero=True).bare)
    return others


def _fill_idle(kind: Kind, frame: pl.DataFrame) -> pl.DataFrame:
    """Return rows of a file of one currency that name none and have no amounts, with that currency."""
    codes = frame["currency"].unique()
    codes = codes.filter(codes.is_in(list(CODES)))
    money = [kind.column(name) for name, cell in kind.fields.items() if cell == "money"]
    if len(codes) != 1 or not money:
        return frame
    is_idle = pl.all_horizontal(pl.col(name).fill_null(0) == 0 for name in money)
    own = pl.when((pl.col("currency") == "") & is_idle).then(pl.lit(codes[0])).otherwise("currency")
    return frame.with_columns(own.alias("currency"))


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


def _read(text: pl.Series, cell: Cell, file: str, zone: str, order: Order | None) -> pl.Series:
    if cell == "day":
        return days(text, file, order)
    if cell == "instant":
        return instants(text, file, zone, order)
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


def _currency(read: Columns, asked: Asked, notes: list[str], lent: pl.Series | None) -> pl.Series:
    """Return each row's currency, by the column, the headers and the cells of amounts, or as was said."""
    table, kind, places = read.table, read.kind, read.places
    money = [h for g, hs in places.items() if kind.fields[kind.base(g) or ""] == "money" for h in hs]
    column = lent
    if "currency" in kind.fields and "currency" in places:
        column = table.frame[places["currency"][0]]
    words = [word for header in dict.fromkeys(money) if (word := read.numbers[header].words) is not None]
    headers = [header for header in money if of_header(header)] or table.headers
    return read_currency(
        file=table.path.name,
        lines=table.lines,
        column=column,
        headers=headers if money else [],
        words=words,
        said=asked.currency,
        assumed=asked.assumed_currency,
        notes=notes,
        is_money=bool(kind.table and money),
    )
