"""Where a metric is going: series, change, seasonally adjusted direction, turning points."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, Field

from core.context import Context
from core.operation import operation
from core.time import Days
from lake.analytics.buckets import Grain
from lake.analytics.marts import open_marts
from lake.analytics.overview import relative_change
from lake.analytics.period import LastOn, Period, choose_days, days_before, reporting_currency
from lake.analytics.series import (
    ChannelChoice,
    MetricName,
    Point,
    find_measure,
    read_points,
    read_value,
)
from lake.analytics.trend import Trend, fit_trend, weekday_effects
from lake.metrics.metric import Unit

DEFAULT_DAYS = 91
Direction = Literal["rising", "falling", "flat", "unclear"]
FirstOn = Annotated[date | None, Field(description="First day; the default is 91 days up to last_on.")]
GrainChoice = Annotated[Grain, Field(description="day, week (from Monday) or month.")]


class TrendPoint(BaseModel):
    """One day, week or month."""

    start_on: date = Field(description="Its first day within the range.")
    end_on: date = Field(description="Its last day within the range.")
    days: int = Field(description="Its days within the range.")
    value: float | None = Field(description="The metric; null where it has none.")
    adjusted: float | None = Field(description="Without the weekday's effect; the value where there is none.")
    is_whole: bool = Field(description="False where the range cuts the week or month; then it is not judged.")


class TurningPoint(BaseModel):
    """Where the direction changed sign."""

    on: date = Field(description="First day of the new direction.")
    to: Literal["rising", "falling"] = Field(description="The direction from there on.")


class Trends(BaseModel):
    """The answer of `analytics.getTrends`."""

    metric: str = Field(description="The metric asked for.")
    title: str = Field(description="The metric as people call it.")
    unit: Unit = Field(description="minor (minor units of the currency), count, factor, share or seconds.")
    channel: str | None = Field(description="The channel asked for; null for all together.")
    currency: str = Field(description="ISO 4217 reporting currency.")
    period: Period = Field(description="The days asked for.")
    points: list[TrendPoint] = Field(description="Oldest first.")
    value: float | None = Field(description="The metric over the whole period.")
    previous: float | None = Field(
        description="The same over as many days before; null where numbers do not cover both."
    )
    change: float | None = Field(description="Relative change; null without a base.")
    direction: Direction = Field(
        description="rising or falling where the slope's 95 % interval leaves out 0; flat where the line"
        " moves less than 2 % of its level; unclear with too few values or too much noise."
    )
    slope: float | None = Field(description="Change a day, week or month, weekday effects taken out.")
    slope_low: float | None = Field(description="Lower end of the slope's 95 % interval.")
    slope_high: float | None = Field(description="Upper end of the slope's 95 % interval.")
    weekday_effects: list[float] | None = Field(
        description="What Monday to Sunday add to the week's level; null unless by day over three weeks."
    )
    turning_points: list[TurningPoint] = Field(description="Oldest first, at most three.")


@operation("analytics.getTrends", effect="read")
def get_trends(
    ctx: Context,
    *,
    metric: MetricName,
    channel: ChannelChoice = None,
    first_on: FirstOn = None,
    last_on: LastOn = None,
    grain: GrainChoice = "day",
) -> Trends:
    """Return a metric over time, its change, its direction without the weekly pattern, its turning points.

    Amounts are minor units of the reporting currency. The slope is Theil-Sen's median of slopes between
    all pairs, after each weekday's median effect is taken out, so single odd days do not turn it.

    Raises:
        BadInput: there is no such metric, or the range ends before it begins.
        NotFound: the models were never built.
    """
    with open_marts(ctx) as link:
        measure = find_measure(link, metric)
        days = choose_days(link, first_on, last_on, default=DEFAULT_DAYS)
        points = read_points(link, measure, days, grain, channel)
        now = read_value(link, measure, days, channel)
        base = days_before(link, days)
        before = read_value(link, measure, base, channel) if base else None
        currency = reporting_currency(link)
    values, effects = _judged(points, grain)
    trend = fit_trend(values)
    return Trends(
        metric=measure.name,
        title=measure.title if channel else measure.title_over_all,
        unit=measure.unit,
        channel=channel,
        currency=currency,
        period=Period.of(days),
        points=[_point(point, effects) for point in points],
        value=now,
        previous=before,
        change=relative_change(now, before),
        direction=_direction(trend),
        slope=trend.slope if trend else None,
        slope_low=trend.low if trend else None,
        slope_high=trend.high if trend else None,
        weekday_effects=None if effects is None else [float(effect) for effect in effects],
        turning_points=_turning_points(trend, points, values, days),
    )


def _judged(points: list[Point], grain: Grain) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the values to judge, weekday effects taken out, and these effects; NaN where there is none."""
    values = np.array([p.value if p.value is not None and p.is_whole else np.nan for p in points], float)
    if grain != "day":
        return values, None
    effects = weekday_effects([p.start_on for p in points], values)
    if effects is None:
        return values, None
    return values - effects[[p.start_on.weekday() for p in points]], effects


def _point(point: Point, effects: np.ndarray | None) -> TrendPoint:
    adjusted = point.value
    if adjusted is not None and effects is not None:
        adjusted -= float(effects[point.start_on.weekday()])
    return TrendPoint(
        start_on=point.start_on,
        end_on=point.end_on,
        days=(point.end_on - point.start_on).days + 1,
        value=point.value,
        adjusted=adjusted,
        is_whole=point.is_whole,
    )


def _direction(trend: Trend | None) -> Direction:
    if trend is None:
        return "unclear"
    level = (abs(trend.start) + abs(trend.end)) / 2
    if abs(trend.end - trend.start) <= 0.02 * level:
        return "flat"
    if trend.low <= 0 <= trend.high:
        return "unclear"
    return "rising" if trend.slope > 0 else "falling"


def _turning_points(
    trend: Trend | None, points: list[Point], values: np.ndarray, days: Days
) -> list[TurningPoint]:
    if trend is None:
        return []
    ends = (*trend.turns, len(values))[1:]
    told = []
    for start, end in zip(trend.turns, ends, strict=True):
        part = values[start:end]
        at = np.flatnonzero(~np.isnan(part))
        slope = np.polyfit(at, part[at], 1)[0]
        first = max(points[start].start_on, days.first)
        told.append(TurningPoint(on=first, to="rising" if slope > 0 else "falling"))
    return told
