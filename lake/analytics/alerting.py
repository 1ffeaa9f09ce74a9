"""Alerts: their table, and playing a rule through days with memory of what fired."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row
from pydantic import BaseModel, ConfigDict, Field

from core.context import Context
from core.time import Days
from lake.analytics.alert_rules import Rule, judge, needed_days
from lake.analytics.period import latest_day
from lake.analytics.series import Daily, find_measure
from lake.state.declared import Declared, Row, Text
from lake.state.store import fetch_all

# Numbers of the last days still settle; older ones are not judged again.
JUDGED_DAYS = 3
MOST_EVENTS = 50
Kind = Literal["fired", "rested"]


class Alert(BaseModel):
    """What to watch and when to speak up."""

    model_config = ConfigDict(extra="forbid")

    name: Text = Field(description="What to call it.")
    metric: str = Field(description="A metric or a part of one.", max_length=64)
    channel: str | None = Field(None, description="One channel; null for all together.", max_length=64)
    rule: Rule = Field(description="When it fires.")
    cooldown_days: int = Field(1, description="Days of silence after it fired.", ge=0, le=366)
    is_active: bool = Field(True, description="Whether it is judged.")  # noqa: FBT003


class AlertEvent(BaseModel):
    """An alert fired, or came to rest."""

    alert_id: str = Field(description="The alert.")
    alert_version: int = Field(description="Its version at that time.")
    day_on: date = Field(description="The day judged.")
    kind: Kind = Field(description="fired, or rested: the value came back.")
    value: float | None = Field(description="The metric; money in minor units.")
    bound: float | None = Field(description="What it was held against.")
    because: str = Field(description="Why, in a sentence.")
    happened_at: datetime = Field(description="When it was judged, UTC.")


@dataclass(frozen=True, slots=True)
class Memory:
    """What an alert remembers: whether it fires now, and when it fired last."""

    is_firing: bool = False
    fired_on: date | None = None


def _check(link: psycopg.Connection, alert: Alert) -> None:
    find_measure(link, alert.metric)


ALERT = Declared("alert", Alert, "analytics.setAlert", _check)


def evaluate_alerts(ctx: Context) -> list[AlertEvent]:
    """Judge every active alert on the latest days, record and return what fired or came to rest.

    A day is judged when it is over. Judging the same numbers again records nothing.
    """
    with ctx.service("warehouse").connect(ctx.workspace, read_only=False) as link:
        last = latest_day(link)
        if last is None:
            return []
        last = min(last, ctx.clock.now().date() - timedelta(days=1))
        # One process at a time judges a workspace.
        link.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"alerts/{ctx.workspace}"])
        active = fetch_all(link, ALERT, "is_active")
        return [event for row in active for event in _evaluate(link, ctx, row, last)]


def _evaluate(link: psycopg.Connection, ctx: Context, row: Row, last: date) -> list[AlertEvent]:
    before = read_events(link, row.id)
    first = last - timedelta(days=JUDGED_DAYS - 1)
    if before:
        first = max(first, before[0].day_on + timedelta(days=1))
    alert = Alert.model_validate(row.fields)
    if first > last:
        return []
    known: dict[str, Any] = {"alert_id": row.id, "version": row.version}
    events = list(play(link, alert, Days(first, last), ctx.clock.now(), remember(before), **known))
    for event in events:
        values = event.model_dump()
        marks = ", ".join(["%s"] * (len(values) + 1))
        link.execute(
            f"INSERT INTO state.alert_event (workspace_id, {', '.join(values)}) VALUES ({marks})".encode(),
            [str(ctx.workspace), *values.values()],
        )
    return events


def play(
    link: psycopg.Connection,
    alert: Alert,
    days: Days,
    now: datetime,
    memory: Memory | None = None,
    *,
    alert_id: str = "",
    version: int = 0,
) -> Iterator[AlertEvent]:
    """Yield what the alert would do on these days, oldest first.

    It fires once, stays silent until the value came well back, and for the cooldown after it fired.
    """
    known = memory or Memory()
    reach = Days(days.first - timedelta(days=needed_days(alert.rule)), days.last)
    daily = Daily(link, find_measure(link, alert.metric), reach, alert.channel)
    for n in range(len(days)):
        day = days.first + timedelta(days=n)
        verdict = judge(alert.rule, daily, day)
        if verdict is None:
            continue
        kind: Kind | None = None
        is_cold = known.fired_on is None or (day - known.fired_on).days > alert.cooldown_days
        if verdict.is_alarming and not known.is_firing and is_cold:
            kind, known = "fired", Memory(is_firing=True, fired_on=day)
        elif verdict.is_calm and known.is_firing:
            kind, known = "rested", Memory(is_firing=False, fired_on=known.fired_on)
        if kind:
            yield AlertEvent(
                alert_id=alert_id,
                alert_version=version,
                day_on=day,
                kind=kind,
                value=verdict.value,
                bound=verdict.bound,
                because=verdict.because,
                happened_at=now,
            )


def remember(events: Sequence[AlertEvent]) -> Memory:
    """Return what the newest events, newest first, leave behind."""
    fired = next((event.day_on for event in events if event.kind == "fired"), None)
    return Memory(is_firing=bool(events) and events[0].kind == "fired", fired_on=fired)


def read_events(link: psycopg.Connection, alert_id: str) -> list[AlertEvent]:
    """Return the newest events of an alert, newest first."""
    query = (
        f"SELECT {', '.join(AlertEvent.model_fields)} FROM state.alert_event WHERE alert_id = %s"
        " ORDER BY day_on DESC, kind LIMIT %s"
    )
    with link.cursor(row_factory=class_row(AlertEvent)) as cursor:
        return cursor.execute(query.encode(), [alert_id, MOST_EVENTS]).fetchall()
