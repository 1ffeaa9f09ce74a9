"""Alerts fire once, rest when it is calm again, and say why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import TypeAdapter

from core.errors import BadInput, Conflict, MissingScope, NotFound
from core.time import Days, FixedClock
from lake.analytics import alerting
from lake.analytics.alert_rules import Rule, judge, needed_days
from lake.analytics.alerting import Alert, Memory, evaluate_alerts, play
from lake.analytics.alerts import set_alert
from lake.db.query import query
from lake.db.rows import insert, update
from lake.metrics.definitions import find_metric
from tests.transforms.market import LAST

START = date(2026, 6, 1)
READ = TypeAdapter(Rule)


class Made:
    """Daily values made by hand, in place of the database's."""

    currency = "EUR"
    metric = find_metric("orders")

    def __init__(self, values):
        self.tell = str
        self.values = dict(enumerate(values))
        self.days = Days(START, START + timedelta(days=len(values) - 1))

    def value(self, last, count=1):
        at = (last - START).days
        seen = [self.values.get(n) for n in range(at - count + 1, at + 1)]
        return None if None in seen else sum(seen)


def act(values, monkeypatch, *, memory=None, first=0, **alert):
    rule = READ.validate_python(alert.pop("rule"))
    made = Made(values)
    monkeypatch.setattr(alerting, "Daily", lambda *_: made)
    monkeypatch.setattr(alerting, "find_measure", lambda *_: made.metric)
    drawn = Alert(name="x", metric="orders", rule=rule, **alert)
    days = Days(START + timedelta(days=first), made.days.last)
    events = play(None, drawn, days, datetime(2026, 9, 1, tzinfo=UTC), memory)
    return [((event.day_on - START).days, event.kind) for event in events]


def test_a_threshold_fires_once_and_rests_when_the_value_came_well_back(monkeypatch):
    rule = {"kind": "threshold", "side": "below", "bound": 100}
    values = [120, 99, 98, 101, 99, 104, 106, 90, 90]
    assert act(values, monkeypatch, rule=rule, cooldown_days=0) == [(1, "fired"), (6, "rested"), (7, "fired")]


def test_the_cooldown_keeps_it_silent(monkeypatch):
    rule = {"kind": "threshold", "side": "above", "bound": 100}
    values = [120, 10, 120, 10, 120, 10, 120]
    assert act(values, monkeypatch, rule=rule, cooldown_days=3) == [
        (0, "fired"), (1, "rested"), (4, "fired"), (5, "rested"),
    ]  # fmt: skip


def test_what_it_remembers_counts(monkeypatch):
    rule = {"kind": "threshold", "side": "above", "bound": 100}
    firing = Memory(is_firing=True, fired_on=START - timedelta(days=1))
    assert act([120, 120], monkeypatch, rule=rule, memory=firing) == []
    assert act([120, 50], monkeypatch, rule=rule, memory=firing) == [(1, "rested")]


def test_a_change_is_told_against_the_days_before(monkeypatch):
    rule = {"kind": "change", "by": 0.3, "side": "down", "over_days": 7}
    values = [100] * 14 + [60] * 7
    assert act(values, monkeypatch, rule=rule, first=14) == [(19, "fired")]
    assert act(values, monkeypatch, rule={**rule, "side": "up"}, first=14) == []


def test_a_change_against_the_same_weekday_knows_the_week(monkeypatch):
    rule = {"kind": "change", "by": 0.5, "against": "same_weekday", "over_days": 1}
    week = [100, 100, 100, 100, 100, 20, 20]
    assert act(week * 5, monkeypatch, rule=rule, first=28) == []
    odd = week * 5
    odd[33] = 100  # a Saturday like a Friday
    assert act(odd, monkeypatch, rule=rule, first=28) == [(33, "fired"), (34, "rested")]


def test_an_anomaly_learns_the_weekly_pattern_and_forgives_outliers(monkeypatch):
    week = [100, 102, 98, 101, 99, 20, 22]
    values = [v + n % 3 for n, v in enumerate(week * 9)]
    values[10] = 5000  # long ago, learned from all the same
    rule = {"kind": "anomaly"}
    assert act(values, monkeypatch, rule=rule, first=56) == []
    values[61] = 100  # a Saturday that sells like a weekday
    assert act(values, monkeypatch, rule=rule, first=56) == [(61, "fired"), (62, "rested")]
    assert act(values, monkeypatch, rule={**rule, "side": "down"}, first=56) == []


def test_without_a_value_or_a_base_nothing_is_judged(monkeypatch):
    for rule in ({"kind": "change", "by": 0.1}, {"kind": "anomaly"}):
        assert act([5, None, 5], monkeypatch, rule=rule) == []
    daily = Made([0] * 20)
    assert judge(READ.validate_python({"kind": "change", "by": 0.1}), daily, daily.days.last) is None


@pytest.mark.parametrize(
    "rule", [{"kind": "anomaly"}, {"kind": "change", "by": 1, "against": "same_weekday"}]
)
def test_a_rule_says_how_far_back_it_looks(rule):
    assert needed_days(READ.validate_python(rule)) >= 28


# --- on the market made by hand ---------------------------------------------------------------------

# On the 31st there is a second order: revenue 178.50 instead of 119.00.
ABOVE = {"kind": "threshold", "side": "above", "bound": 15000}
JUMP = {"name": "Big day", "metric": "revenue_minor", "rule": ABOVE}


def test_a_new_alert_shows_what_it_would_have_done_and_why(ctx):
    answer = set_alert(ctx, **JUMP, preview_days=31)
    (fired,) = answer.preview
    assert (fired.day_on, fired.kind, fired.value, fired.alert_id) == (LAST, "fired", 17850, answer.alert.id)
    assert fired.because == "Revenue was 178.50 EUR on 2026-08-31, above 150.00 EUR."
    assert (answer.preview_period.days, answer.events, answer.alert.version) == (31, [], 1)


def test_evaluation_records_once_whoever_asks_again(ctx):
    answer = set_alert(ctx, **JUMP, evaluate_now=True)
    assert [(e.day_on, e.kind) for e in answer.events] == [(LAST, "fired")]
    assert evaluate_alerts(ctx) == []
    statement = f"SELECT kind, because, value FROM state.alert_event WHERE alert_id = '{answer.alert.id}'"
    assert query(ctx, statement=statement).rows == [["fired", answer.events[0].because, 17850]]


def test_a_day_that_is_not_over_is_not_judged(ctx):
    early = replace(ctx, clock=FixedClock(datetime(2026, 8, 31, 18, tzinfo=UTC)))
    alert = set_alert(early, **JUMP, evaluate_now=True)
    assert alert.events == []


def test_a_resting_alert_is_not_judged_and_a_change_is_a_new_version(ctx):
    answer = set_alert(ctx, **JUMP, is_active=False, evaluate_now=True)
    assert answer.events == []
    with pytest.raises(BadInput, match="version"):
        set_alert(ctx, **JUMP, alert_id=answer.alert.id)
    again = set_alert(ctx, **{**JUMP, "name": "New"}, alert_id=answer.alert.id, version=1)
    assert (again.alert.version, again.alert.fields["name"]) == (2, "New")
    with pytest.raises(Conflict):
        set_alert(ctx, **JUMP, alert_id=answer.alert.id, version=1)


def test_an_unknown_metric_is_refused_by_every_door(ctx):
    unfit = {**JUMP, "metric": "happiness"}
    with pytest.raises(BadInput, match="no metric"):
        set_alert(ctx, **unfit)
    with pytest.raises(BadInput, match="no metric"):
        insert(ctx, table="alert", values={**unfit, "cooldown_days": 1, "is_active": True})
    with pytest.raises(BadInput, match="rule"):
        insert(ctx, table="alert", values={**JUMP, "rule": {"kind": "moon"}})


def test_the_table_wants_the_scope_of_setting_alerts(ctx):
    with pytest.raises(MissingScope, match="setAlert"):
        insert(replace(ctx, scopes=frozenset({"db.*"})), table="alert", values=JUMP)


def test_another_workspace_neither_sees_nor_changes_an_alert(ctx, theirs):
    row = set_alert(ctx, **JUMP, evaluate_now=True).alert
    assert evaluate_alerts(theirs) == []
    with pytest.raises(NotFound):
        update(theirs, table="alert", id=row.id, version=1, values={"is_active": False})
    assert query(theirs, statement="SELECT count(*) FROM state.alert_event").rows == [[0]]
