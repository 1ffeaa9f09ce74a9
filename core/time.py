"""Instants in UTC, days in the account's own zone, and the clock everything asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar, Protocol, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.errors import BadInput


class Clock(Protocol):
    """Whatever can say what instant it is; a simulated one belongs to a market that is not real."""

    is_simulated: ClassVar[bool]

    def now(self) -> datetime:
        """Return the present instant in UTC."""


class SystemClock:
    """The machine's clock."""

    is_simulated: ClassVar[bool] = False

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class FixedClock:
    """A clock that stands still: tests, and a sandbox whose market has its own day."""

    is_simulated: ClassVar[bool] = False

    at: datetime

    def now(self) -> datetime:
        """Return the instant it was set to."""
        return self.at


def zone(name: str) -> ZoneInfo:
    """Return the IANA zone, or say that there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadInput(f"{name!r} is no IANA time zone; write one such as Europe/Berlin.") from error


def local_day(instant: datetime, zone_name: str) -> date:
    """Return the calendar day of a UTC instant where the account lives."""
    if instant.tzinfo is None:
        raise BadInput(f"{instant.isoformat()} has no zone; instants are UTC.")
    return instant.astimezone(zone(zone_name)).date()


@dataclass(frozen=True, slots=True)
class Days:
    """A closed range of account-local days, `first` to `last`, both in."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise BadInput(f"The range ends {self.last} before it begins {self.first}.")

    @classmethod
    def ending(cls, last: date, count: int) -> Self:
        """Return the `count` days up to and with `last`."""
        return cls(last - timedelta(days=count - 1), last)

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last

    def split(self, size: int) -> list[Days]:
        """Cut into consecutive ranges of at most `size` days, oldest first."""
        starts = range(0, len(self), size)
        return [
            Days(self.first + timedelta(days=s), min(self.last, self.first + timedelta(days=s + size - 1)))
            for s in starts
        ]

    def before(self) -> Days:
        """Return the range of the same length that ends the day before this one begins."""
        return Days.ending(self.first - timedelta(days=1), len(self))
