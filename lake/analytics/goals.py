"""Goals: a metric's target by a day, or so many events, with pace and projection."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal

import numpy as np
import psycopg
from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.context import Context
from core.errors import BadInput
from core.operation import operation
from core.time import Days
from lake.analytics.marts import Params, open_marts, read_rows
from lake.analytics.period import latest_day, reporting_currency
from lake.analytics.series import Daily, find_measure, is_sum, read_points, read_value
from lake.metrics.metric import Unit
from lake.state import store
from lake.state.declared import Declared, Row, Text

# The pace of the last four weeks, weekday by weekday, is taken on to the due day.
PACE_DAYS = 28
NINETY_PERCENT = 1.645
Status = Literal["not_started", "reached", "on_track", "behind", "missed", "no_numbers"]
# A page goal counts its views, a purchase goal the orders worth at least so much, once each.
EVENTS = """
    SELECT day_on, count(DISTINCT CASE WHEN kind = 'purchase' THEN coalesce(order_id, event_id)
        ELSE event_id END) AS found
    FROM lake.touch
    WHERE day_on BETWEEN %(first)s AND %(last)s AND kind = %(kind)s
        AND (%(path)s::text IS NULL OR page_path = %(path)s
            OR (right(%(path)s, 1) = '*' AND starts_with(page_path, left(%(path)s, -1))))
        AND (%(least)s::bigint IS NULL OR (value_micros >= %(least)s AND currency = %(currency)s))
    GROUP BY day_on
"""


class MetricAim(BaseModel):
    """A target of a metric over the goal's days."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["metric"]
    metric: str = Field(description="A metric or a part of one.", max_length=64)
    channel: str | None = Field(None, description="One channel; null for all together.", max_length=64)
    side: Literal["at_least", "at_most"] = Field("at_least", description="Which side of the target is good.")


class EventAim(BaseModel):
    """So many events on the site."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["event"]
    event: Literal["page_view", "purchase"] = Field(description="The event counted.")
    page_path: str | None = Field(
        None, description="Path of the page, /thanks; /blog/* means every page below.", max_length=500
    )
    least_value_micros: int | None = Field(None, description="Value of a purchase in micros, at least.", ge=0)
    currency: str | None = Field(None, description="ISO 4217 currency of that value.", pattern="^[A-Z]{3}$")

    @model_validator(mode="after")
    def _pair(self) -> EventAim:
        if (self.least_value_micros is None) != (self.currency is None):
            raise ValueError("least_value_micros and currency come together")
        return self


Aim = Annotated[MetricAim | EventAim, Field(discriminator="kind")]


class Goal(BaseModel):
    """What to reach between two days."""

    model_config = ConfigDict(extra="forbid")

    name: Text = Field(description="What to call it.")
    aim: Aim = Field(description="What is counted.")
    target: float = Field(description="The value to reach; money in minor units.", allow_inf_nan=False)
    first_on: date = Field(description="First day that counts.")
    due_on: date = Field(description="Last day that counts.")

    @model_validator(mode="after")
    def _order(self) -> Goal:
        if self.due_on < self.first_on:
            raise ValueError("due_on is before first_on")
        return self


def _check(link: psycopg.Connection, goal: Goal) -> None:
    if isinstance(goal.aim, MetricAim):
        find_measure(link, goal.aim.metric)


GOAL = Declared("goal", Goal, "analytics.trackGoals", _check)


class GoalProgress(BaseModel):
    """A goal and how far it is."""

    goal: Row = Field(description="The goal as it is kept.")
    unit: Unit = Field(description="Unit of all values; events are a count.")
    currency: str = Field(description="ISO 4217 reporting currency of money.")
    as_of_on: date | None = Field(description="Latest day with numbers; null without any.")
    value: float | None = Field(description="Reached so far.")
    progress: float | None = Field(description="Value by target; null for a target of 0.")
    expected: float | None = Field(description="Where an even pace would be by now; the target of a ratio.")
    projected: float | None = Field(description="Where the pace of the last four weeks leads by the due day.")
    projected_low: float | None = Field(description="Lower end of its 90 % interval; null for a ratio.")
    projected_high: float | None = Field(description="Upper end of its 90 % interval; null for a ratio.")
    reached_on: date | None = Field(description="The day the target was met; null until then.")
    status: Status = Field(description="reached, on_track or behind by the projection, missed, not_started.")


class Goals(BaseModel):
    """The answer of `analytics.trackGoals`."""

    goals: list[GoalProgress] = Field(description="Oldest first; all of them unless one was named.")


Draft = Annotated[Goal | None, Field(description="A goal to set or to change; null only tells progress.")]
GoalId = Annotated[
    str | None, Field(description="The goal to tell or to change; null for all.", max_length=64)
]
Version = Annotated[int | None, Field(description="The version that was read, when changing one.", ge=1)]


@operation("analytics.trackGoals", effect="write", reach="workspace", undo="db.delete")
def track_goals(
    ctx: Context, *, define: Draft = None, goal_id: GoalId = None, version: Version = None
) -> Goals:
    """Return the goals with what is reached, the pace and where it leads; first set one, if given.

    A sum (revenue, orders, events) is projected by the weekday averages of the last four weeks; a ratio by
    the last four weeks themselves. Money is minor units of the reporting currency.

    Raises:
        BadInput: the goal does not fit, or there is no such metric.
        Conflict: somebody changed the goal since that version.
        NotFound: there is no such goal, or the models were never built.
    """
    if define is not None:
        goal_id = _store(ctx, define, goal_id, version).id
    with open_marts(ctx) as link:
        rows = [store.fetch(link, GOAL, goal_id)] if goal_id else store.fetch_all(link, GOAL)
        last = latest_day(link)
        return Goals(goals=[_progress(link, row, last) for row in rows])


def _store(ctx: Context, goal: Goal, goal_id: str | None, version: int | None) -> Row:
    values = goal.model_dump(mode="json")
    if goal_id is None:
        return store.insert(ctx, GOAL, values)
    if version is None:
        raise BadInput("Say which version of the goal you read; trackGoals tells it.")
    return store.update(ctx, GOAL, goal_id, version, values)


@dataclass(frozen=True, slots=True)
class Course:
    """How a goal went: value so far, running values by day, and the projection with its interval."""

    unit: Unit
    value: float | None
    running: Mapping[date, float | None]
    projected: float | None
    low: float | None = None
    high: float | None = None
    is_sum: bool = True


def _progress(link: psycopg.Connection, row: Row, last: date | None) -> GoalProgress:
    goal = Goal.model_validate(row.fields)
    is_low_good = isinstance(goal.aim, MetricAim) and goal.aim.side == "at_most"
    empty = {"goal": row, "currency": reporting_currency(link), "as_of_on": last}
    fields = "value progress expected projected projected_low projected_high reached_on".split()
    if last is None or last < goal.first_on:
        status: Status = "no_numbers" if last is None else "not_started"
        unit: Unit = find_measure(link, goal.aim.metric).unit if isinstance(goal.aim, MetricAim) else "count"
        return GoalProgress.model_validate({**empty, **dict.fromkeys(fields), "unit": unit, "status": status})
    days = Days(goal.first_on, min(last, goal.due_on))
    left = Days(days.last + timedelta(days=1), goal.due_on) if days.last < goal.due_on else None
    course = _course(link, goal, days, left)
    share = len(days) / len(Days(goal.first_on, goal.due_on))
    met = [day for day, value in course.running.items() if value is not None and value >= goal.target]
    told = {
        "unit": course.unit,
        "value": course.value,
        "progress": course.value / goal.target if course.value is not None and goal.target else None,
        "expected": goal.target * share if course.is_sum else goal.target,
        "projected": course.projected,
        "projected_low": course.low,
        "projected_high": course.high,
        "reached_on": met[0] if met and course.is_sum and not is_low_good else None,
        "status": _status(goal, course, left is None, is_low_good),
    }
    return GoalProgress.model_validate({**empty, **told})


def _status(goal: Goal, course: Course, is_over: bool, is_low_good: bool) -> Status:  # noqa: FBT001
    def good(value: float | None) -> bool:
        return value is not None and (value <= goal.target if is_low_good else value >= goal.target)

    if is_over:
        return "reached" if good(course.value) else "missed"
    if good(course.value) and course.is_sum and not is_low_good:
        return "reached"
    return "on_track" if good(course.projected) else "behind"


def _course(link: psycopg.Connection, goal: Goal, days: Days, left: Days | None) -> Course:
    recent = Days.ending(days.last, PACE_DAYS)
    if isinstance(goal.aim, EventAim):
        reach = Days(min(days.first, recent.first), days.last)
        counts = _events(link, goal.aim, reach)
        return _sum_course("count", counts, days, recent, left)
    measure = find_measure(link, goal.aim.metric)
    if is_sum(measure):
        reach = Days(min(days.first, recent.first), days.last)
        points = read_points(link, measure, reach, "day", goal.aim.channel)
        values = {point.start_on: point.value or 0 for point in points}
        return _sum_course(measure.unit, values, days, recent, left)
    value = read_value(link, measure, days, goal.aim.channel)
    daily = Daily(link, measure, days, goal.aim.channel)
    running = {
        day: daily.value(day, (day - days.first).days + 1)
        for day in (days.first + timedelta(days=n) for n in range(len(days)))
    }
    projected = value if left is None else read_value(link, measure, recent, goal.aim.channel)
    return Course(measure.unit, value, running, projected, is_sum=False)


def _events(link: psycopg.Connection, aim: EventAim, days: Days) -> dict[date, float]:
    params: Params = {"first": days.first, "last": days.last, "kind": aim.event, "path": aim.page_path}
    params |= {"least": aim.least_value_micros, "currency": aim.currency}
    found = {row["day_on"]: row["found"] for row in read_rows(link, EVENTS, params)}
    return {day: found.get(day, 0) for day in (days.first + timedelta(days=n) for n in range(len(days)))}


def _sum_course(
    unit: Unit, values: Mapping[date, float], days: Days, recent: Days, left: Days | None
) -> Course:
    running, so_far = {}, 0.0
    for n in range(len(days)):
        day = days.first + timedelta(days=n)
        so_far += values[day]
        running[day] = so_far
    if left is None:
        return Course(unit, so_far, running, so_far, so_far, so_far)
    past = [(day.weekday(), value) for day, value in values.items() if day in recent]
    pace = {w: float(np.mean([v for other, v in past if other == w])) for w in range(7)}
    noise = float(np.std([value - pace[weekday] for weekday, value in past]))
    more = sum(pace[(left.first + timedelta(days=n)).weekday()] for n in range(len(left)))
    reach = NINETY_PERCENT * noise * math.sqrt(len(left))
    return Course(
        unit, so_far, running, so_far + more, max(so_far, so_far + more - reach), so_far + more + reach
    )
