"""Any metric over days, weeks or months, over a whole range, and by channel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal

import psycopg
from pydantic import Field

from core.time import Days
from lake.analytics.period import reporting_currency
from lake.analytics.telling import tell
from lake.metrics.custom import choose_metrics
from lake.metrics.measure import measure, sum_parts
from lake.metrics.metric import Metric, Number
from lake.metrics.parts import PARTS
from lake.metrics.sums import add_sums, amounts_of

Grain = Literal["day", "week", "month"]
MetricName = Annotated[
    str,
    Field(
        description="A metric such as roas, a part such as revenue_minor, or one of your own.", max_length=64
    ),
]
ChannelChoice = Annotated[
    str | None, Field(description="One marketing channel; null for all together.", max_length=64)
]


@dataclass(frozen=True, slots=True)
class Point:
    """The value of one day, week (from Monday) or month; `is_whole` says that no day of it is left out."""

    start_on: date
    end_on: date
    value: float | None
    is_whole: bool


def find_measure(link: psycopg.Connection, name: str) -> Metric:
    """Return the workspace's own metric, the product's or the plain part of that name.

    Raises:
        BadInput: there is none.
    """
    return choose_metrics(link, [name])[0]


def is_sum(metric: Metric) -> bool:
    """Whether the metric of two stretches of days together is the sum of both."""
    return not metric.denominator and not any("day" in PARTS[part].not_over for part in metric.parts)


def read_points(
    link: psycopg.Connection, metric: Metric, days: Days, grain: Grain = "day", channel: str | None = None
) -> list[Point]:
    """Return the metric for every day, week or month that the range touches, oldest first.

    Sums are made before the ratio; money is rounded once a point.

    Raises:
        BadInput: the metric is not known by channel.
    """
    currency = reporting_currency(link)
    found = measure(link, [metric], days=days, by=(grain,), filters=_only(channel))
    values = {group.by[grain]: group.values[metric.name] for group in found if group.currency == currency}
    points = []
    for start, end in _buckets(days, grain):
        value = values[start] if start in values else _nothing(metric)
        is_whole = start >= days.first and end <= days.last
        points.append(Point(max(start, days.first), min(end, days.last), value, is_whole))
    return points


def read_by_channel(link: psycopg.Connection, metric: Metric, days: Days) -> dict[str, float | None]:
    """Return the metric over the whole range for every channel with anything of it."""
    currency = reporting_currency(link)
    found = measure(link, [metric], days=days, by=("channel",))
    return {str(g.by["channel"]): g.values[metric.name] for g in found if g.currency == currency}


def read_value(
    link: psycopg.Connection, metric: Metric, days: Days, channel: str | None = None
) -> float | None:
    """Return the metric over the whole range, as `analytics.getOverview` tells it.

    There every channel's money is rounded once and then added, so that the rows add up to the total.
    """
    currency = reporting_currency(link)
    by = ("channel",) if channel is None and "channel" in metric.grains else ()
    found = measure(link, [metric], days=days, by=by, filters=_only(channel))
    groups = [group.parts for group in found if group.currency == currency]
    return metric.of({part: _add(part, groups) for part in metric.parts})


class Daily:
    """The parts of a metric on every day of a range, so that any stretch of it can be measured."""

    def __init__(
        self, link: psycopg.Connection, metric: Metric, days: Days, channel: str | None = None
    ) -> None:
        self.metric, self.days, self.currency = metric, days, reporting_currency(link)
        sums = sum_parts(link, [metric], days=days, by=("day",), filters=_only(channel))
        self._found = {key[0]: parts for (key, code), parts in sums.items() if code == self.currency}

    def value(self, last: date, count: int = 1) -> float | None:
        """Return the metric over the `count` days up to and with `last`; None before the range begins."""
        if last - timedelta(days=count - 1) < self.days.first:
            return None
        stretch = (last - timedelta(days=n) for n in range(count))
        told = [self._found[day] for day in stretch if day in self._found]
        sums = {part: add_sums(parts[part] for parts in told) for part in self.metric.parts}
        return self.metric.of(amounts_of(sums, self.currency))

    def tell(self, value: float) -> str:
        """Return a value of the metric as people read it."""
        return tell(value, self.metric.unit, self.currency)


def _only(channel: str | None) -> Mapping[str, Sequence[str]]:
    return {} if channel is None else {"channel": [channel]}


def _nothing(metric: Metric) -> float | None:
    """Return what the metric is where there is no row at all."""
    return metric.of({part: PARTS[part].absent for part in metric.parts})


def _add(part: str, groups: Iterable[Mapping[str, Number | None]]) -> Number | None:
    """Return a part over several channels; claims, which overlap, are not added up."""
    known = [value for value in (parts[part] for parts in groups) if value is not None]
    if not known:
        return PARTS[part].absent
    if len(known) > 1 and "channel" in PARTS[part].not_over:
        return None
    return sum(known)


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
