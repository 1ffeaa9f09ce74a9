"""Market time as UTC, and the random streams of a day."""

from __future__ import annotations

import zlib
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sandbox.market.records import DAY

PAST_DAYS = 800  # entities may be older than the market
# Share of what people do by local hour: a quiet night, a lunch hump, a busy evening.
HOURS = np.array(
    [1.2, 0.7, 0.4, 0.3, 0.3, 0.5, 1.2, 2.4, 3.6, 4.4, 4.9, 5.2, 5.6, 5.3, 5.0, 4.9, 5.1, 5.6, 6.4, 7.4, 8.2,
     7.9, 5.8, 2.9]
)  # fmt: skip
HOURS_CUMULATED = np.concatenate([[0.0], np.cumsum(HOURS) / HOURS.sum()])


class Calendar:
    """Turns days and wall seconds since the first day's midnight into dates and UTC instants."""

    def __init__(self, first_day: date, timezone: str, days: int) -> None:
        self.first_day = first_day
        self.zone = ZoneInfo(timezone)
        self.midnights: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self.extend(days)

    def extend(self, days: int) -> None:
        """Know at least the days below `days`."""
        if len(self.midnights) < days + PAST_DAYS + 1:
            span = range(-PAST_DAYS, days + 800)
            self.midnights = np.array([self.find_midnight(day) for day in span], dtype=np.int64)

    def find_midnight(self, day: int) -> int:
        """UTC seconds of the local midnight that begins a day."""
        local = datetime.combine(self.date_of(day), clock_time(), tzinfo=self.zone)
        return int(local.timestamp())

    def date_of(self, day: int) -> date:
        """The date of a day."""
        return self.first_day + timedelta(days=day)

    def day_of(self, on: date) -> int:
        """The day of a date."""
        return (on - self.first_day).days

    def wall_to_utc(self, wall: NDArray[np.int64]) -> NDArray[np.int64]:
        """UTC seconds of wall seconds; days of 23 and 25 hours are squeezed and stretched."""
        day = wall // DAY + PAST_DAYS
        self.extend(int(day.max(initial=0)) - PAST_DAYS + 1)
        length = self.midnights[day + 1] - self.midnights[day]
        return self.midnights[day] + (wall % DAY) * length // DAY

    def instants(
        self, name: str, wall: NDArray[np.int64], missing: NDArray[np.bool_] | None = None
    ) -> pl.Series:
        """A UTC column of wall seconds, null where missing."""
        utc = self.wall_to_utc(wall if missing is None else np.where(missing, 0, wall))
        series = pl.Series(name, utc * 1_000_000, dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))
        if missing is None:
            return series
        return (
            series.to_frame().select(pl.when(~pl.Series(missing)).then(pl.col(name)).alias(name)).to_series()
        )

    def dates(self, name: str, days: NDArray[np.int64] | NDArray[np.int32]) -> pl.Series:
        """A date column of days."""
        epoch = (self.first_day - date(1970, 1, 1)).days
        return pl.Series(name, days.astype(np.int32) + epoch, dtype=pl.Int32).cast(pl.Date)

    def instant(self, wall: int) -> datetime:
        """One wall second as an aware UTC datetime."""
        return datetime.fromtimestamp(int(self.wall_to_utc(np.array([wall]))[0]), tz=UTC)

    def find_morning(self, day: int) -> datetime:
        """06:00 local of a day as UTC."""
        return datetime.combine(self.date_of(day), clock_time(6), tzinfo=self.zone).astimezone(UTC)

    def wall_of(self, at: datetime) -> int:
        """Wall seconds of an aware instant."""
        local = at.astimezone(self.zone)
        return self.day_of(local.date()) * DAY + local.hour * 3600 + local.minute * 60 + local.second


class Dice:
    """Independent random streams: one for each day, purpose and thing, so that no draw moves another."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def roll(self, purpose: str, day: int = 0, thing: int = 0) -> np.random.Generator:
        """The generator of (seed, day, purpose, thing)."""
        key = [self.seed, day + PAST_DAYS, zlib.crc32(purpose.encode()), thing]
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))


def draw_seconds(rng: np.random.Generator, size: int) -> NDArray[np.int64]:
    """Seconds of the day at which people do things."""
    hours = np.interp(rng.random(size), HOURS_CUMULATED, np.arange(25.0))
    return np.minimum(hours * 3600, DAY - 1).astype(np.int64)
