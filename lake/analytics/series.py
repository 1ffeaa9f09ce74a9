"""Any metric over days, weeks or months, over a whole range, and by channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

import psycopg
from pydantic import Field

from core.time import Days
from lake.analytics.buckets import Grain, buckets_of
from lake.analytics.period import all_days, reporting_currency
from lake.analytics.telling import tell
from lake.metrics.custom import choose_metrics
from lake.metrics.measure import amounts_in, check_grains, measure
from lake.metrics.metric import Metric
from lake.metrics.parts import PARTS
from lake.metrics.reading import Question, Sums, sum_parts
from lake.metrics.sums import add_sums

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
    return [
        Point(
            bucket.first_on,
            bucket.last_on,
            values[bucket.start_on] if bucket.start_on in values else _nothing(metric),
            bucket.is_whole,
        )
        for bucket in buckets_of(days, grain)
    ]


def read_by_channel(link: psycopg.Connection, metric: Metric, days: Days) -> dict[str, float | None]:
    """Return the metric over the whole range for every channel with anything of it."""
    currency = reporting_currency(link)
    found = measure(link, [metric], days=days, by=("channel",))
    return {str(g.by["channel"]): g.values[metric.name] for g in found if g.currency == currency}


def read_value(
    link: psycopg.Connection, metric: Metric, days: Days, channel: str | None = None
) -> float | None:
    """Return the metric over the whole range, as `analytics.getOverview` tells it."""
    currency = reporting_currency(link)
    found = measure(link, [metric], days=days, filters=_only(channel))
    values = [group.values[metric.name] for group in found if group.currency == currency]
    return values[0] if values else _nothing(metric)


class Daily:
    """The parts of a metric on every day and channel of a range, so that any stretch can be measured.

    The range begins where the numbers do: days before are not known, which is not zero.

    Raises:
        BadInput: the metric is not known by channel.
    """

    def __init__(
        self, link: psycopg.Connection, metric: Metric, days: Days, channel: str | None = None
    ) -> None:
        every = all_days(link)
        if every and days.first < every.first <= days.last:
            days = Days(every.first, days.last)
        self.metric, self.days, self.currency = metric, days, reporting_currency(link)
        check_grains([metric], [*_only(channel)])
        self._found: dict[date, list[tuple[str, Sums]]] = {}
        sums = sum_parts(link, [metric], Question(days, ("day", "channel"), _only(channel)))
        for ((day, name), code), parts in sums.items():
            if code == self.currency and isinstance(day, date):
                self._found.setdefault(day, []).append((str(name), parts))

    def value(self, last: date, count: int = 1) -> float | None:
        """Return the metric over the `count` days up to and with `last`; None before the range begins."""
        if last - timedelta(days=count - 1) < self.days.first:
            return None
        channels: dict[str, list[Sums]] = {}
        for day in (last - timedelta(days=n) for n in range(count)):
            for name, parts in self._found.get(day, []):
                channels.setdefault(name, []).append(parts)
        stretch = [
            {part: add_sums(day[part] for day in daily) for part in daily[0]} for daily in channels.values()
        ]
        amounts = amounts_in(self.metric, stretch, self.currency)
        return self.metric.of(amounts) if amounts else None

    def tell(self, value: float) -> str:
        """Return a value of the metric as people read it."""
        return tell(value, self.metric.unit, self.currency)


def _only(channel: str | None) -> Mapping[str, Sequence[str]]:
    return {} if channel is None else {"channel": [channel]}


def _nothing(metric: Metric) -> float | None:
    """Return what the metric is where there is no row at all."""
    return metric.of({part: PARTS[part].absent for part in metric.parts})
