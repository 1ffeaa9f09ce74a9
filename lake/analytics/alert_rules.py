"""When a day of a metric is alarming: beyond a bound, changed too much, or unlike its weekly pattern."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from lake.analytics.series import Daily

# An alert rests only when the value came back by so much: at the very bound it would flicker.
REST_MARGIN = 0.05
REST_PART = 0.8
WEEK = timedelta(days=7)
WEEKS_COMPARED = 4
FEWEST_WEEKDAYS = 3
# Scales the median absolute distance to a standard deviation of normal noise.
MAD_TO_SIGMA = 1.4826

OverDays = Annotated[int, Field(description="Days the value is taken over.", ge=1, le=92)]


class Threshold(BaseModel):
    """Fires while the value over some days is above or below a bound."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["threshold"]
    side: Literal["above", "below"] = Field(description="The alarming side of the bound.")
    bound: float = Field(description="The bound, in the metric's unit; money in minor units.")
    over_days: OverDays = 1


class Change(BaseModel):
    """Fires while the value moved by a share against the days before or the same weekdays."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["change"]
    side: Literal["up", "down", "either"] = Field("either", description="The alarming direction.")
    by: float = Field(description="Relative change that alarms, 0.3 = 30 %.", gt=0, le=100)
    against: Literal["previous", "same_weekday"] = Field(
        "previous",
        description="previous: as many days before; same_weekday: the median of four such days a week apart.",
    )
    over_days: OverDays = 7


class Anomaly(BaseModel):
    """Fires on a day far from the median of its weekday, measured by the usual distance of a day."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["anomaly"]
    side: Literal["up", "down", "either"] = Field("either", description="The alarming direction.")
    sensitivity: float = Field(4.0, description="How many usual distances are odd.", ge=2, le=20)
    history_days: int = Field(56, description="Days the pattern is learned from.", ge=21, le=366)


Rule = Annotated[Threshold | Change | Anomaly, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says of one day: alarming, calm again, or (between the two) neither."""

    day_on: date
    value: float
    bound: float
    is_alarming: bool
    is_calm: bool
    because: str


def needed_days(rule: Rule) -> int:
    """Return how many days before the judged one a rule looks at."""
    if isinstance(rule, Anomaly):
        return rule.history_days
    if isinstance(rule, Change):
        return rule.over_days * 2 if rule.against == "previous" else rule.over_days + 7 * WEEKS_COMPARED
    return rule.over_days


def judge(rule: Rule, daily: Daily, day: date) -> Verdict | None:
    """Return the verdict on a day, None where the metric or what it is compared with has no value."""
    if isinstance(rule, Threshold):
        return _judge_threshold(rule, daily, day)
    if isinstance(rule, Change):
        return _judge_change(rule, daily, day)
    return _judge_anomaly(rule, daily, day)


def _judge_threshold(rule: Threshold, daily: Daily, day: date) -> Verdict | None:
    value = daily.value(day, rule.over_days)
    if value is None:
        return None
    sign = 1 if rule.side == "above" else -1
    excess = sign * (value - rule.bound)
    because = (
        f"{daily.metric.title} was {daily.tell(value)} {_over(day, rule.over_days)}, "
        f"{rule.side} {daily.tell(rule.bound)}."
    )
    return Verdict(day, value, rule.bound, excess > 0, excess <= -REST_MARGIN * abs(rule.bound), because)


def _judge_change(rule: Change, daily: Daily, day: date) -> Verdict | None:
    value = daily.value(day, rule.over_days)
    base = _base(rule, daily, day)
    if value is None or not base:
        return None
    change = (value - base) / abs(base)
    moved = {"up": change, "down": -change, "either": abs(change)}[rule.side]
    before = "the days before" if rule.against == "previous" else "the same weekdays before"
    because = (
        f"{daily.metric.title} was {daily.tell(value)} {_over(day, rule.over_days)}, "
        f"{change:+.1%} against {daily.tell(base)} of {before}."
    )
    return Verdict(day, value, base, moved > rule.by, moved < REST_PART * rule.by, because)


def _base(rule: Change, daily: Daily, day: date) -> float | None:
    if rule.against == "previous":
        return daily.value(day - timedelta(days=rule.over_days), rule.over_days)
    weeks = [daily.value(day - n * WEEK, rule.over_days) for n in range(1, WEEKS_COMPARED + 1)]
    known = [value for value in weeks if value is not None]
    return float(np.median(known)) if len(known) >= FEWEST_WEEKDAYS else None


def _judge_anomaly(rule: Anomaly, daily: Daily, day: date) -> Verdict | None:
    value = daily.value(day)
    past = [day - timedelta(days=n) for n in range(1, rule.history_days + 1)]
    told = [(other.weekday(), daily.value(other)) for other in past if other >= daily.days.first]
    known = [(weekday, seen) for weekday, seen in told if seen is not None]
    weekdays = {weekday: [seen for other, seen in known if other == weekday] for weekday in range(7)}
    same = weekdays[day.weekday()]
    if value is None or len(same) < FEWEST_WEEKDAYS:
        return None
    medians = {weekday: float(np.median(seen)) for weekday, seen in weekdays.items() if seen}
    expected = medians[day.weekday()]
    usual = MAD_TO_SIGMA * float(np.median([abs(seen - medians[weekday]) for weekday, seen in known]))
    # A pattern that never moved still leaves room for a hundredth of its level.
    usual = max(usual, 0.01 * abs(expected), 1e-9)
    distance = (value - expected) / usual
    moved = {"up": distance, "down": -distance, "either": abs(distance)}[rule.side]
    because = (
        f"{daily.metric.title} was {daily.tell(value)} on {day}, {distance:+.1f} usual "
        f"distances from {daily.tell(expected)}, the median of its weekday."
    )
    return Verdict(
        day, value, expected, moved > rule.sensitivity, moved < REST_PART * rule.sensitivity, because
    )


def _over(day: date, count: int) -> str:
    return f"on {day}" if count == 1 else f"over the {count} days up to {day}"
