"""Reading a vendor's values: exact money, whole numbers, days and instants as polars expressions.

Every expression gives null for a value it cannot read, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import polars as pl
import pyarrow as pa

from channels.contract import Gap, Record, Stream
from core.errors import VendorDown
from core.money import MICROS

# 38 digits, 6 after the point: micros are exact, and finer fractions are rounded half to even.
EXACT = pl.Decimal(38, 6)
INSTANT = pl.Datetime("us", "UTC")


def find(record: Mapping[str, Any], path: str) -> Any:
    """Return the value at a dotted path of nested dicts, or None where the path ends early."""
    value: Any = record
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def read_frame(stream: Stream, records: Sequence[Record]) -> pl.DataFrame:
    """Return records as a frame of the stream's declared fields and `record_key`, for its `silver`.

    Raises:
        VendorDown: a value has another type than declared; a load would put that record aside.
    """
    columns = {**stream.fields, "record_key": pa.string()}
    rows = [
        {**record, "record_key": "|".join(str(find(record, path)) for path in stream.key)}
        for record in records
    ]
    try:
        table = pa.Table.from_pylist(rows, schema=pa.schema(list(columns.items())))
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise VendorDown(f"The vendor answered {stream.name} with other types than it documents.") from error
    return cast(pl.DataFrame, pl.from_arrow(table))


def read_whole(pages: Iterable[Sequence[Record] | Gap]) -> list[Record]:
    """Return all records of a read that a caller waits for.

    Raises:
        VendorDown: something was left out; half an answer is none.
    """
    records: list[Record] = []
    for page in pages:
        if isinstance(page, Gap):
            raise VendorDown(page.because)
        records += page
    return records


def micros(amount: pl.Expr) -> pl.Expr:
    """Return whole-unit amounts (`"12.34"`, 12.34, 12) as micros."""
    return (amount.cast(EXACT, strict=False) * MICROS).cast(pl.Int64, strict=False)


def whole(number: pl.Expr) -> pl.Expr:
    """Return text or numbers as 64-bit integers."""
    return number.cast(pl.Int64, strict=False)


def real(number: pl.Expr) -> pl.Expr:
    """Return text or numbers as floats: for counts a vendor models in fractions, never for money."""
    return number.cast(pl.Float64, strict=False)


def filled(text: pl.Expr) -> pl.Expr:
    """Return the text, null where it is empty: some vendors write "" for what they do not know."""
    return text.replace("", None)


def day(text: pl.Expr) -> pl.Expr:
    """Return `YYYY-MM-DD` as a day."""
    return text.str.to_date("%Y-%m-%d", strict=False)


def instant(text: pl.Expr) -> pl.Expr:
    """Return ISO 8601 with an offset (`Z`, `+0000`, `+02:00`) as a UTC instant."""
    return text.str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)


def day_in(at: pl.Expr, timezone: str) -> pl.Expr:
    """Return the calendar day of UTC instants where the account lives."""
    return at.dt.convert_time_zone(timezone).dt.date()


def pick(pairs: pl.Expr, name_field: str, name: str, value_field: str = "value") -> pl.Expr:
    """Return, from lists of `{name_field, value_field}`, the value of the entry with that name."""
    entry = pl.element()
    match = entry.filter(entry.struct.field(name_field) == name).struct.field(value_field)
    return pairs.list.eval(match).list.first()
