"""The named periods of a page, and the days each is compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

DEFAULT = "last-28-days"
ONE = timedelta(days=1)
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Span:
    """A closed range of days."""

    first: date
    last: date

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    def before(self) -> Span:
        """Return as many days just before."""
        return Span(self.first - timedelta(days=len(self)), self.first - ONE)

    def year_before(self) -> Span:
        """Return the same days a year before."""
        return Span(_year_before(self.first), _year_before(self.last))

    def within(self, other: Span) -> Span | None:
        """Return the days that are in both; None without any."""
        first, last = max(self.first, other.first), min(self.last, other.last)
        return Span(first, last) if first <= last else None

    def text(self) -> str:
        """Return the days in words: `1 October 2026 to 31 October 2026`."""
        if self.first == self.last:
            return f"{self.first:%A, %-d %B %Y}"
        return f"{self.first:%-d %B %Y} to {self.last:%-d %B %Y}"

    def code(self) -> str:
        """Return the days as an address has them."""
        return f"{self.first.isoformat()}..{self.last.isoformat()}"


def _ending(days: int) -> Callable[[date], Span]:
    return lambda latest: Span(latest - timedelta(days=days - 1), latest)


# Each from the latest day with numbers; "this" is the week, month or quarter of the day after it.
PRESETS: dict[str, tuple[str, Callable[[date], Span]]] = {
    "yesterday": ("Yesterday", lambda latest: Span(latest, latest)),
    "last-7-days": ("Last 7 days", _ending(7)),
    "last-28-days": ("Last 28 days", _ending(28)),
    "last-90-days": ("Last 90 days", _ending(90)),
    "last-365-days": ("Last 365 days", _ending(365)),
    "this-week": ("This week", lambda latest: _this(week_of, latest)),
    "last-week": ("Last week", lambda latest: _last(week_of, latest)),
    "this-month": ("This month", lambda latest: _this(month_of, latest)),
    "last-month": ("Last month", lambda latest: _last(month_of, latest)),
    "this-quarter": ("This quarter", lambda latest: _this(quarter_of, latest)),
    "last-quarter": ("Last quarter", lambda latest: _last(quarter_of, latest)),
}
# Calendar periods are compared with the calendar period before.
CALENDAR: dict[str, Callable[[date], Span]] = {}


def week_of(day: date) -> Span:
    """Return the week of a day, Monday to Sunday."""
    monday = day - timedelta(days=day.weekday())
    return Span(monday, monday + WEEK - ONE)


def month_of(day: date) -> Span:
    """Return the month of a day."""
    first = day.replace(day=1)
    return Span(first, _next_month(first) - ONE)


def quarter_of(day: date) -> Span:
    """Return the quarter of a day."""
    first = day.replace(month=day.month - (day.month - 1) % 3, day=1)
    return Span(first, _next_month(_next_month(_next_month(first))) - ONE)


CALENDAR |= {"week": week_of, "month": month_of, "quarter": quarter_of}


def offered(numbers: Span) -> list[str]:
    """Return the presets that hold a day with numbers."""
    return [name for name, (_, days) in PRESETS.items() if days(numbers.last).within(numbers)]


def read_span(code: str, numbers: Span) -> Span | None:
    """Return the days with numbers of a preset or of `2026-10-01..2026-10-31`; None where there are none."""
    if code in PRESETS:
        return PRESETS[code][1](numbers.last).within(numbers)
    first, _, last = code.partition("..")
    try:
        span = Span(date.fromisoformat(first), date.fromisoformat(last))
    except ValueError:
        return None
    return span.within(numbers) if span.first <= span.last else None


def compared(code: str, span: Span, way: str) -> Span | None:
    """Return the days a period is compared with; `way` is previous, year or none."""
    if way == "none":
        return None
    if way == "year":
        return span.year_before()
    unit = next((unit for name, unit in CALENDAR.items() if code.endswith(f"-{name}")), None)
    if unit is None:
        return span.before()
    whole = unit(unit(span.first).first - ONE)
    # A period that still runs is compared with as many days of the one before.
    return (
        whole
        if span == unit(span.first)
        else Span(whole.first, min(whole.last, whole.first + (span.last - span.first)))
    )


def _this(unit: Callable[[date], Span], latest: date) -> Span:
    whole = unit(latest + ONE)
    return Span(whole.first, min(whole.last, max(latest, whole.first)))


def _last(unit: Callable[[date], Span], latest: date) -> Span:
    return unit(unit(latest + ONE).first - ONE)


def _next_month(first: date) -> date:
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1)


def _year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year - 1, day=28)
