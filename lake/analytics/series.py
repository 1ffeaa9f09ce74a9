"""Any metric or part of one over days, weeks or months, in all or by channel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from types import MappingProxyType
from typing import Annotated, Any, Literal

import psycopg
from pydantic import Field

from core.errors import BadInput
from core.time import Days
from lake.analytics.figures import to_minor
from lake.analytics.marts import Params, read_rows
from lake.analytics.period import reporting_currency
from lake.metrics.definitions import METRICS

Grain = Literal["day", "week", "month"]
Unit = Literal["minor", "count", "factor", "share", "seconds"]
MetricName = Annotated[
    str, Field(description="A metric such as roas, or a part of one such as revenue_minor.", max_length=64)
]
ChannelChoice = Annotated[
    str | None, Field(description="One marketing channel; null for all together.", max_length=64)
]
# Additive parts: title, unit, and what no row at all means: 0 (nothing happened) or None (not known).
PARTS: Mapping[str, tuple[str, Unit, int | None]] = MappingProxyType(
    {
        "spend_minor": ("Spend", "minor", 0),
        "revenue_minor": ("Revenue", "minor", 0),
        "margin_minor": ("Margin", "minor", 0),
        "orders": ("Orders", "count", 0),
        "new_customers": ("New customers", "count", 0),
        "impressions": ("Impressions", "count", None),
        "clicks": ("Clicks", "count", None),
        "views": ("Views", "count", None),
        "engagements": ("Engagements", "count", None),
        "claimed_conversions": ("Claimed conversions", "count", None),
        "claimed_value_minor": ("Claimed value", "minor", None),
        "sent": ("Mails sent", "count", None),
        "hard_bounces": ("Hard bounces", "count", None),
        "soft_bounces": ("Soft bounces", "count", None),
        "unique_opens": ("Recipients who opened", "count", None),
        "unique_clicks": ("Recipients who clicked", "count", None),
        "unsubscribes": ("Unsubscribes", "count", None),
    }
)
# Several platforms claim the same order: their claims are never added up.
NOT_ADDED = frozenset({"claimed_conversions", "claimed_value_minor"})
BUCKET: Mapping[Grain, str] = {
    "day": "{day}",
    "week": "date_trunc('week', {day})::date",
    "month": "date_trunc('month', {day})::date",
}
CHANNEL_PARTS = """
    SELECT {bucket} AS start_on, channel,
        sum(spend_micros)::bigint AS spend_minor, sum(revenue_micros)::bigint AS revenue_minor,
        sum(margin_micros)::bigint AS margin_minor, sum(orders)::bigint AS orders,
        sum(new_customers)::bigint AS new_customers, sum(impressions)::bigint AS impressions,
        sum(clicks)::bigint AS clicks, sum(views)::bigint AS views, sum(engagements)::bigint AS engagements,
        sum(claimed_conversions::numeric)::double precision AS claimed_conversions,  -- exact in any order
        sum(claimed_value_micros)::bigint AS claimed_value_minor
    FROM marts.fct_channel_daily
    WHERE day_on BETWEEN %(first)s AND %(last)s AND currency = %(currency)s
        AND (%(channel)s::text IS NULL OR channel = %(channel)s) GROUP BY 1, 2
"""
MAIL_PARTS = """
    SELECT {bucket} AS start_on, channel, sum(sent)::bigint AS sent,
        sum(hard_bounces)::bigint AS hard_bounces, sum(soft_bounces)::bigint AS soft_bounces,
        sum(unique_opens)::bigint AS unique_opens, sum(unique_clicks)::bigint AS unique_clicks,
        sum(unsubscribes)::bigint AS unsubscribes
    FROM marts.fct_email_campaign
    WHERE sent_on BETWEEN %(first)s AND %(last)s
        AND (%(channel)s::text IS NULL OR channel = %(channel)s) GROUP BY 1, 2
"""
Parts = dict[str, int | float | None]


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric or a part, by its name: what to call it, its unit, the parts it is made of."""

    name: str
    title: str
    unit: Unit
    parts: tuple[str, ...]

    def of(self, parts: Mapping[str, Any]) -> float | None:
        """Return its value for these sums; money in minor units."""
        return METRICS[self.name].of(parts) if self.name in METRICS else parts[self.name]


@dataclass(frozen=True, slots=True)
class Point:
    """The value of one day, week (from Monday) or month; `is_whole` says that no day of it is left out."""

    start_on: date
    end_on: date
    value: float | None
    is_whole: bool


def measures() -> list[Measure]:
    """Return everything that can be asked for, metrics first."""
    ratios = [
        Measure(m.name, m.title, m.unit, tuple({**m.numerator, **m.denominator}))
        for m in METRICS.values()
        if {**m.numerator, **m.denominator}.keys() <= PARTS.keys()
    ]
    return [*ratios, *(Measure(name, title, unit, (name,)) for name, (title, unit, _) in PARTS.items())]


def find_measure(name: str) -> Measure:
    """Return the metric or part of that name, or say which there are."""
    known = {measure.name: measure for measure in measures()}
    if name not in known:
        raise BadInput(f"There is no such metric; ask for one of {', '.join(known)}.")
    return known[name]


def read_points(
    link: psycopg.Connection, measure: Measure, days: Days, grain: Grain = "day", channel: str | None = None
) -> list[Point]:
    """Return the metric for every day, week or month that the range touches, oldest first.

    Sums are made before the ratio; money is summed in micros and rounded once a point.
    """
    currency = reporting_currency(link)
    rows = _read(link, days, grain, channel, currency)
    rows.sort(key=lambda row: row["start_on"])
    found = {start: list(group) for start, group in groupby(rows, lambda row: row["start_on"])}
    points = []
    for start, end in _buckets(days, grain):
        parts = _rounded(_add(found.get(start, [])), currency)
        is_whole = start >= days.first and end <= days.last
        first, last = max(start, days.first), min(end, days.last)
        points.append(Point(first, last, measure.of(parts), is_whole))
    return points


class Daily:
    """The parts of every day of a range, so that any stretch of it can be measured."""

    def __init__(self, link: psycopg.Connection, days: Days, channel: str | None = None) -> None:
        self.days, self.currency = days, reporting_currency(link)
        rows = _read(link, days, "day", channel, self.currency)
        rows.sort(key=lambda row: row["start_on"])
        self._found = {day: list(group) for day, group in groupby(rows, lambda row: row["start_on"])}

    def value(self, measure: Measure, last: date, count: int = 1) -> float | None:
        """Return the metric over the `count` days up to and with `last`; None before the range begins."""
        if last - timedelta(days=count - 1) < self.days.first:
            return None
        stretch = (last - timedelta(days=n) for n in range(count))
        rows = [row for day in stretch for row in self._found.get(day, [])]
        return measure.of(_rounded(_add(rows), self.currency))


def read_by_channel(link: psycopg.Connection, measure: Measure, days: Days) -> dict[str, float | None]:
    """Return the metric over the whole range for every channel with anything in it."""
    currency = reporting_currency(link)
    rows = _read(link, days, None, None, currency)
    rows.sort(key=lambda row: row["channel"])
    groups = groupby(rows, lambda row: str(row["channel"]))
    return {name: measure.of(_rounded(_add(group), currency)) for name, group in groups}


def read_value(
    link: psycopg.Connection, measure: Measure, days: Days, channel: str | None = None
) -> float | None:
    """Return the metric over the whole range, as `analytics.getOverview` tells it.

    There every channel's money is rounded once and then added, so that the rows add up to the total.
    """
    currency = reporting_currency(link)
    rows = _read(link, days, None, channel, currency)
    return measure.of(_add([_rounded(row, currency) for row in rows]))


def _read(
    link: psycopg.Connection, days: Days, grain: Grain | None, channel: str | None, currency: str
) -> list[dict[str, Any]]:
    params: Params = {"first": days.first, "last": days.last, "channel": channel, "currency": currency}
    rows: list[dict[str, Any]] = []
    for query, day in ((CHANNEL_PARTS, "day_on"), (MAIL_PARTS, "sent_on")):
        bucket = BUCKET[grain].format(day=day) if grain else "NULL::date"
        rows += read_rows(link, query.format(bucket=bucket), params)
    return rows


def _add(rows: Iterable[Mapping[str, Any]]) -> Parts:
    """Return the sums of all parts; a part no row tells is 0 or unknown, as it is defined."""
    total: Parts = {name: empty for name, (_, _, empty) in PARTS.items()}
    seen: set[str] = set()
    for row in rows:
        for name in PARTS.keys() & row.keys():
            value = row[name]
            if value is None:
                continue
            total[name] = None if name in seen and name in NOT_ADDED else (total[name] or 0) + value
            seen.add(name)
    return total


def _rounded(parts: Mapping[str, Any], currency: str) -> dict[str, Any]:
    return {
        name: to_minor(value, currency) if name.endswith("_minor") else value for name, value in parts.items()
    }


def _buckets(days: Days, grain: Grain) -> Sequence[tuple[date, date]]:
    """Return first and last day of every bucket that the range touches."""
    buckets, start = [], _start(days.first, grain)
    while start <= days.last:
        following = _start(start + timedelta(days={"day": 1, "week": 7, "month": 31}[grain]), grain)
        buckets.append((start, following - timedelta(days=1)))
        start = following
    return buckets


def _start(day: date, grain: Grain) -> date:
    if grain == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if grain == "month" else day
