"""What a report says, before it has a form: sections of tables and charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from core.money import Money
from lake.analytics.period import Period
from lake.analytics.telling import NOTHING, tell
from lake.metrics.metric import Unit

ColumnUnit = Unit | Literal["text"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with a unit of its own, in a column of many units."""

    value: float
    unit: Unit


Cell = str | int | float | Money | Quantity | date | datetime | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its title, and the unit of its numbers (money cells carry their currency)."""

    title: str
    unit: ColumnUnit = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells below their columns."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of some columns of its section's table: the first column names the places.

    Money is drawn in whole units of one currency.
    """

    kind: Literal["line", "bar"]
    title: str
    columns: Sequence[int]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, a sentence, a table and its charts."""

    title: str
    note: str
    table: Table
    charts: Sequence[Chart] = field(default=())


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report."""

    title: str
    period: Period
    previous: Period
    currency: str
    made_at: datetime
    sections: Sequence[Section]


def money(minor: float | None, currency: str) -> Money | None:
    """Return minor units as money; a ratio of them is rounded once, half to even."""
    return None if minor is None else Money(round(minor), currency)


def told(cell: Cell, unit: ColumnUnit) -> str:
    """Return a cell as people read it."""
    if cell is None:
        return NOTHING
    if isinstance(cell, Money):
        return tell(cell.minor, "minor", cell.currency)
    if isinstance(cell, Quantity):
        return tell(cell.value, cell.unit, "")
    if isinstance(cell, datetime):
        return f"{tell_day(cell)}, {cell:%H:%M}"
    if isinstance(cell, date):
        return tell_day(cell)
    if isinstance(cell, str) or unit == "text":
        return str(cell)
    return tell(cell, unit, "")


def tell_day(day: date) -> str:
    """Return a day as people write it, such as `1 Nov 2026`."""
    return f"{day.day} {day:%b %Y}"


def tell_days(period: Period) -> str:
    """Return a period as people write it, such as `4 Oct 2026 to 31 Oct 2026`."""
    return f"{tell_day(period.first_on)} to {tell_day(period.last_on)}"


def number(cell: Cell) -> float | None:
    """Return a cell as a number to draw: money in whole units."""
    if isinstance(cell, Money):
        return float(cell.amount)
    if isinstance(cell, Quantity):
        return cell.value
    return float(cell) if isinstance(cell, (int, float)) else None
