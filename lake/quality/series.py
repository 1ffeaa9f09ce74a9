"""The watched figures: rows, spend and reach by day, for every account of every channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import psycopg
from psycopg import sql

from core.time import local_day
from lake.quality.anomaly import Band, learn_band
from lake.quality.result import Result
from lake.quality.rule import Severity

HISTORY_DAYS = 150
# So many days are judged at first, for a page to show, and again each time, for vendors restate them.
JUDGED_DAYS, AGAIN_DAYS = 90, 14
# Some vendors tell a day only days later. What is usual is learnt from run to run; at first sight, so many
# days between the last one told and the run are nobody's fault.
FIRST_LAG = 4
# A day that is odd counts against a table for so long; the day a stream stopped is told until it goes on.
OPEN_DAYS = 2


@dataclass(frozen=True, slots=True)
class Watched:
    """A figure of a table that is followed by channel, account and day; `sql` adds it up."""

    table: str
    measure: str
    sql: str
    day: str = "day_on"
    is_money: bool = False


WATCHED = (
    Watched("ad_daily", "spend", "sum(spend_micros) / 1000000.0", is_money=True),
    Watched("ad_daily", "impressions", "sum(impressions)"),
    Watched("spend_daily", "spend", "sum(spend_micros) / 1000000.0", is_money=True),
    Watched("account_daily", "views", "sum(views)"),
    Watched("post_daily", "rows", "count(*)"),
    Watched("email_daily", "sent", "sum(sent)"),
    Watched("touch", "rows", "count(*)"),
    Watched("order", "rows", "count(*)"),
    Watched("order", "revenue", "sum(total_micros) / 1000000.0", is_money=True),
)
FIGURES = """
    SELECT channel, account_id, {day}, coalesce({measure}, 0)::double precision FROM {table}
    WHERE {day} > %s AND account_id NOT LIKE 'import:%%' GROUP BY 1, 2, 3
"""
# The day before the last load is the last that can be whole.
# The first run sees all days at once and teaches nothing about when they came.
LAGS = """
    SELECT table_name, measure, channel, account_id, min(judged_at::date - day_on)
    FROM (
        SELECT *, min(judged_at) OVER (PARTITION BY table_name, measure, channel, account_id) AS first_at
        FROM lake.quality_day
    ) AS judged
    WHERE seen > 0 AND judged_at > first_at GROUP BY 1, 2, 3, 4
"""
LOADED = """
    SELECT l.channel, l.account_id, max(l.loaded_at) FILTER (WHERE l.error IS NULL), max(a.timezone)
    FROM lake.ops_load AS l LEFT JOIN lake.account AS a USING (channel, account_id)
    WHERE l.stream <> 'account' GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Series:
    """One figure of one account, day by day without gaps: a day without rows is a zero."""

    table: str
    measure: str
    channel: str
    account_id: str
    first_on: date
    values: tuple[float, ...]
    is_money: bool

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What the series is known by."""
        return self.table, self.measure, self.channel, self.account_id

    @property
    def stopped_on(self) -> date | None:
        """The first of the days without anything that last until now; None if there are none."""
        filled = [place for place, value in enumerate(self.values) if value]
        if not filled or filled[-1] == len(self.values) - 1:
            return None
        return self.first_on + timedelta(days=filled[-1] + 1)


@dataclass(frozen=True, slots=True)
class Judged:
    """A day of a series: what was seen, what to expect, and how odd it is; no band, no judgement."""

    day_on: date
    seen: float
    low: float | None
    expected: float | None
    high: float | None
    severity: Severity | None


def read_series(link: psycopg.Connection, now: datetime) -> list[Series]:
    """Return every watched figure up to the last day of its account that must have come by now."""
    since = now.date() - timedelta(days=HISTORY_DAYS)
    last = {
        (channel, account): local_day(at, zone or "UTC") - timedelta(days=1)
        for channel, account, at, zone in link.execute(LOADED).fetchall()
        if at is not None
    }
    lags = {(table, what, channel, account): lag for table, what, channel, account, lag in link.execute(LAGS)}
    found = []
    for watched in WATCHED:
        query = sql.SQL(FIGURES).format(
            day=sql.Identifier(watched.day),
            measure=sql.SQL(watched.sql),
            table=sql.Identifier("lake", watched.table),
        )
        days: dict[tuple[str, str], dict[date, float]] = {}
        for channel, account, day, value in link.execute(query, [since]).fetchall():
            days.setdefault((channel, account), {})[day] = value
        for (channel, account), seen in days.items():
            whole = last.get((channel, account))
            first = min(seen)
            if whole is None or whole < first:
                continue
            lag = lags.get((watched.table, watched.measure, channel, account))
            until = min(whole, find_due_day(max(seen), now.date(), lag))
            every = [first + timedelta(days=n) for n in range((until - first).days + 1)]
            values = tuple(seen.get(day, 0.0) for day in every)
            found.append(
                Series(watched.table, watched.measure, channel, account, first, values, watched.is_money)
            )
    return found


def find_due_day(told: date, today: date, lag: int | None) -> date:
    """Return the last day that must have come, given the last that was told and the lag learnt so far."""
    usual = FIRST_LAG if lag is None else lag
    return max(told, today - timedelta(days=usual))


def judge_all(link: psycopg.Connection, now: datetime) -> list[tuple[Series, Judged]]:
    """Return the judged days of every watched figure."""
    known = set(
        link.execute("SELECT DISTINCT table_name, measure, channel, account_id FROM lake.quality_day")
    )
    return [
        (series, day)
        for series in read_series(link, now)
        for day in judge_series(series, AGAIN_DAYS if series.key in known else JUDGED_DAYS)
    ]


def judge_series(series: Series, days: int = JUDGED_DAYS) -> list[Judged]:
    """Return the last days of a series, each held against what the days before it let expect.

    The day on which it stopped is among them, however long ago.
    """
    values = np.array(series.values)
    first = max(0, len(values) - days)
    places = list(range(first, len(values)))
    if series.stopped_on and (stop := (series.stopped_on - series.first_on).days) < first:
        places.insert(0, stop)
    judged = []
    for place in places:
        day, seen = series.first_on + timedelta(days=place), float(values[place])
        band = learn_band(values[:place], day, is_count=not series.is_money)
        judged.append(
            Judged(day, seen, None, None, None, None)
            if band is None
            else Judged(day, seen, band.low, band.expected, band.high, _severity(band, seen))
        )
    return judged


def _severity(band: Band, seen: float) -> Severity | None:
    if band.low <= seen <= band.high:
        return None
    # Nothing at all where there is always something is a stream that broke, not a slow day.
    return "critical" if seen == 0 else "warning"


def open_anomalies(judged: Sequence[tuple[Series, Judged]]) -> list[Result]:
    """Return the odd ones among each series' last two days, and the day it stopped, as results.

    A stop of longer ago is a warning: it may be meant. A run without any has none.
    """
    last = {series.key: day.day_on for series, day in judged}

    def is_late(series: Series, day: Judged) -> bool:
        return day.day_on > last[series.key] - timedelta(days=OPEN_DAYS)

    still_odd = {series.key for series, day in judged if day.severity and is_late(series, day)}
    return [
        Result(
            "silver",
            series.table,
            f"{series.measure} of {series.channel} {series.account_id} on {day.day_on}",
            series.measure,
            day.severity if is_late(series, day) else "warning",
            passed=False,
            expected=(
                f"{series.measure} of {series.channel} {series.account_id} on {day.day_on} is between "
                f"{day.low:,.0f} and {day.high:,.0f}"
            ),
            seen=f"{day.seen:,.0f}",
            kind="anomaly",
        )
        for series, day in judged
        if day.severity
        and (is_late(series, day) or (day.day_on == series.stopped_on and series.key not in still_odd))
    ]
