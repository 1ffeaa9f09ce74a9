"""Setting an alert, with what it would have done so far."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from core.context import Context
from core.errors import BadInput
from core.operation import operation
from core.time import Days
from lake.analytics.alert_rules import Rule
from lake.analytics.alerting import ALERT, Alert, AlertEvent, evaluate_alerts, play, read_events
from lake.analytics.marts import open_marts
from lake.analytics.period import Period, latest_day
from lake.analytics.series import ChannelChoice, MetricName
from lake.state import store
from lake.state.declared import Row, Text

Name = Annotated[Text, Field(description="What to call it.")]
RuleChoice = Annotated[
    Rule,
    Field(
        description='When it fires: {"kind": "threshold", "side": "below", "bound": 2},'
        ' {"kind": "change", "by": 0.3} or {"kind": "anomaly"}.'
    ),
]
Cooldown = Annotated[int, Field(description="Days of silence after it fired.", ge=0, le=366)]
Active = Annotated[bool, Field(description="Whether it is judged after each build.")]
AlertId = Annotated[str | None, Field(description="The alert to change; null sets a new one.", max_length=64)]
Version = Annotated[int | None, Field(description="The version that was read, when changing one.", ge=1)]
PreviewDays = Annotated[int, Field(description="Days of history to try it on.", ge=1, le=366)]
EvaluateNow = Annotated[bool, Field(description="Whether to judge all active alerts at once, this one too.")]


class AlertSet(BaseModel):
    """The answer of `analytics.setAlert`."""

    alert: Row = Field(description="The alert as it is kept now.")
    preview_period: Period | None = Field(description="The days it was tried on; null without numbers.")
    preview: list[AlertEvent] = Field(description="What it would have done on them, oldest first.")
    events: list[AlertEvent] = Field(description="What it really did, newest first; at most 50.")


@operation("analytics.setAlert", effect="write", reach="workspace", undo="db.delete")
def set_alert(
    ctx: Context,
    *,
    name: Name,
    metric: MetricName,
    rule: RuleChoice,
    channel: ChannelChoice = None,
    cooldown_days: Cooldown = 1,
    is_active: Active = True,
    alert_id: AlertId = None,
    version: Version = None,
    preview_days: PreviewDays = 90,
    evaluate_now: EvaluateNow = False,
) -> AlertSet:
    """Return the alert as it is kept, what it would have done in the past and what it did.

    A rule is a threshold (the value over some days above or below a bound), a change (by a share against the
    days before or the same weekdays) or an anomaly (far from the median of its weekday, by the median
    distance). It fires once, rests when the value came well back, and is judged after each build; what it
    did is in state.alert_event. Money bounds are minor units of the reporting currency.

    Raises:
        BadInput: there is no such metric, or the rule does not fit.
        Conflict: somebody changed the alert since that version.
        NotFound: there is no such alert, or the models were never built.
    """
    alert = Alert(
        name=name, metric=metric, channel=channel, rule=rule, cooldown_days=cooldown_days, is_active=is_active
    )
    with open_marts(ctx) as link:
        last = latest_day(link)
        days = Days.ending(last, preview_days) if last else None
        ALERT.check(link, alert)
        now = ctx.clock.now()
        preview = list(play(link, alert, days, now)) if days else []
    row = _store(ctx, alert, alert_id, version)
    if evaluate_now:
        evaluate_alerts(ctx)
    with open_marts(ctx) as link:
        events = read_events(link, row.id)
    told = [event.model_copy(update={"alert_id": row.id, "alert_version": row.version}) for event in preview]
    return AlertSet(alert=row, preview_period=Period.of(days) if days else None, preview=told, events=events)


def _store(ctx: Context, alert: Alert, alert_id: str | None, version: int | None) -> Row:
    values = alert.model_dump(mode="json")
    if alert_id is None:
        return store.insert(ctx, ALERT, values)
    if version is None:
        raise BadInput("Say which version of the alert you read; setAlert and db.query tell it.")
    return store.update(ctx, ALERT, alert_id, version, values)
