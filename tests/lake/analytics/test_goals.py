"""Goals on the market made by hand: what is reached, the pace, where it leads."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError

from core.errors import BadInput, Conflict, NotFound
from lake.analytics.goals import Goal, track_goals
from tests.transforms.market import LAST


def goal(aim, target, first_on=date(2026, 8, 1), due_on=date(2026, 9, 30), name="x"):
    if isinstance(aim, str):
        aim = {"kind": "metric", "metric": aim}
    return Goal.model_validate(
        {"name": name, "aim": aim, "target": target, "first_on": first_on, "due_on": due_on}
    )


def progress(ctx, *args, **more):
    (told,) = track_goals(ctx, define=goal(*args, **more)).goals
    return told


def test_a_sum_is_projected_by_the_pace_of_the_weekdays(ctx):
    told = progress(ctx, "spend_minor", 100_000)
    assert (told.value, told.unit, told.currency, told.as_of_on) == (31 * 1500, "minor", "EUR", LAST)
    assert told.expected == pytest.approx(100_000 * 31 / 61)
    assert (told.projected, told.projected_low, told.projected_high) == (61 * 1500, 61 * 1500, 61 * 1500)
    assert (told.status, told.progress, told.reached_on) == ("behind", 0.465, None)
    assert progress(ctx, "spend_minor", 91_000).status == "on_track"


def test_a_target_met_says_when(ctx):
    told = progress(ctx, "orders", 10)
    assert (told.status, told.reached_on) == ("reached", date(2026, 8, 10))
    assert progress(ctx, "orders", 33, due_on=LAST).status == "missed"
    over = progress(ctx, "orders", 32, due_on=LAST)
    assert (over.status, over.reached_on, over.projected) == ("reached", LAST, 32)


def test_the_interval_holds_the_noise_of_the_days(ctx):
    told = progress(ctx, "revenue_minor", 1)
    assert told.projected_low < told.projected < told.projected_high


def test_a_ratio_is_held_against_its_target(ctx):
    told = progress(ctx, "mer", 7)
    assert told.value == (31 * 11900 + 5950) / (31 * 1500)
    assert (told.expected, told.projected_low, told.status) == (7, None, "on_track")
    assert progress(ctx, "mer", 9).status == "behind"
    low = {"kind": "metric", "metric": "blended_cac", "side": "at_most"}
    assert progress(ctx, low, 2000).status == "on_track"
    assert progress(ctx, low, 1000).status == "behind"


def test_events_are_counted_once_an_order(ctx):
    told = progress(ctx, {"kind": "event", "event": "purchase"}, 40)
    assert (told.value, told.unit, told.status) == (31, "count", "on_track")
    path = {"kind": "event", "event": "page_view", "page_path": "/none*"}
    assert progress(ctx, path, 1).value == 0


def test_a_goal_of_the_future_has_not_started(ctx):
    told = progress(ctx, "orders", 5, first_on=date(2026, 9, 1))
    assert (told.status, told.value) == ("not_started", None)


def test_a_goal_is_changed_by_version_and_told_alone(ctx):
    first = progress(ctx, "orders", 5, name="first").goal
    with pytest.raises(BadInput, match="version"):
        track_goals(ctx, define=goal("orders", 6), goal_id=first.id)
    (told,) = track_goals(ctx, define=goal("orders", 6), goal_id=first.id, version=1).goals
    assert (told.goal.version, told.goal.fields["target"]) == (2, 6)
    with pytest.raises(Conflict):
        track_goals(ctx, define=goal("orders", 7), goal_id=first.id, version=1)
    assert first.id in {told.goal.id for told in track_goals(ctx).goals}


def test_unfit_goals_are_refused(ctx):
    with pytest.raises(BadInput, match="no metric"):
        track_goals(ctx, define=goal("happiness", 1))
    with pytest.raises(ValidationError, match="due_on"):
        goal("orders", 1, first_on=LAST, due_on=date(2026, 1, 1))
    with pytest.raises(NotFound):
        track_goals(ctx, goal_id="nothing")


def test_another_workspace_has_no_goal(ctx, theirs):
    mine = progress(ctx, "orders", 5).goal
    assert track_goals(theirs).goals == []
    with pytest.raises(NotFound):
        track_goals(theirs, goal_id=mine.id)
