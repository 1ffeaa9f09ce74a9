"""The days, weeks and months that a range of days touches, and which of them it holds whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from core.time import Days

Grain = Literal["day", "week", "month"]
# More than the longest bucket, so that the next one is reached.
BEYOND = {"day": 1, "week": 7, "month": 31}


@dataclass(frozen=True, slots=True)
class Bucket:
    """A day, week (from Monday) or month.

    Attributes:
        start_on: Its first day, also where that is before the range.
        first_on: Its first day within the range.
        last_on: Its last day within the range.
        days: Days of it within the range.
        whole_days: All its days.
    """

    start_on: date
    first_on: date
    last_on: date
    days: int
    whole_days: int

    @property
    def is_whole(self) -> bool:
        """Whether no day of it is left out."""
        return self.days == self.whole_days


def buckets_of(days: Days, grain: Grain) -> Iterator[Bucket]:
    """Yield every bucket that the range touches, oldest first."""
    start = start_of(days.first, grain)
    while start <= days.last:
        following = start_of(start + timedelta(days=BEYOND[grain]), grain)
        first, last = max(start, days.first), min(following - timedelta(days=1), days.last)
        yield Bucket(start, first, last, (last - first).days + 1, (following - start).days)
        start = following


def start_of(day: date, grain: Grain) -> date:
    """Return the first day of the bucket that holds the day."""
    if grain == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if grain == "month" else day
