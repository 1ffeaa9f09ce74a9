"""The paths before orders, and the data-driven credit, read from gold tables written by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from core.time import Days
from lake.analytics.journeys import read_journeys, read_uplift
from tests.transforms.market import OURS, THEIRS

AUGUST = Days(date(2026, 8, 1), date(2026, 8, 31))
SPENT = {"window_days": 30, "currency": "EUR", "computed_at": datetime(2026, 9, 1, tzinfo=UTC)}


def walk(ctx, workspace, path_id, channels, *, day=date(2026, 8, 20), buys=True):
    rows = [
        {
            "workspace_id": workspace, "window_days": 30, "path_id": path_id, "person_id": path_id,
            "is_conversion": buys, "day_on": day, "position": place, "touches": len(channels),
            "marketing_channel": channel,
        }
        for place, channel in enumerate(channels, 1)
    ]  # fmt: skip
    ctx.service("lake").append("gold", "path_touch", pl.DataFrame(rows))


def test_nothing_is_told_before_paths_were_built(ctx):
    assert read_journeys(ctx, AUGUST) is None
    assert read_uplift(ctx) is None


def test_steps_are_counted_back_from_the_order_and_repeats_are_one(ctx):
    walk(ctx, OURS, "a", ["ads", "ads", "mail", "direct"])
    walk(ctx, OURS, "b", ["mail", "direct"])
    walk(ctx, OURS, "c", ["ads"], buys=False)
    told = read_journeys(ctx, AUGUST)
    assert (told.conversions, told.nulls, told.mean_touches) == (2, 1, 3.0)
    flows = {(flow.step, flow.source, flow.target): flow.conversions for flow in told.flows}
    assert flows == {(1, "direct", "order"): 2, (2, "mail", "direct"): 2, (3, "ads", "mail"): 1}


def test_every_step_leads_as_many_on_as_came(ctx):
    for number in range(30):
        walk(
            ctx,
            OURS,
            f"p{number}",
            [["ads", "mail", "direct", "search"][(number + n) % 4] for n in range(1 + number % 6)],
        )
    told = read_journeys(ctx, AUGUST)
    for step in (1, 2, 3):
        for channel in ("ads", "mail", "direct", "search"):
            left = sum(f.conversions for f in told.flows if (f.step, f.source) == (step, channel))
            came = sum(f.conversions for f in told.flows if (f.step, f.target) == (step + 1, channel))
            assert came <= left
    assert sum(f.conversions for f in told.flows if f.target == "order") == told.conversions == 30


def test_paths_have_their_orders_and_their_failures(ctx):
    for number, buys in enumerate([True, True, False]):
        walk(ctx, OURS, f"x{number}", ["ads", "ads", "mail"], buys=buys)
    walk(ctx, OURS, "y", ["mail"])
    walk(ctx, OURS, "old", ["mail"], day=date(2026, 7, 31))
    walk(ctx, THEIRS, "z", ["mail"])
    told = read_journeys(ctx, AUGUST)
    assert [(p.channels, p.conversions, p.nulls) for p in told.paths] == [
        (["ads", "mail"], 2, 1),
        (["mail"], 1, 0),
    ]


def test_uplift_is_told_most_first_in_minor_units_of_the_own_workspace(ctx):
    rows = [
        {"workspace_id": OURS, "marketing_channel": "direct", "conversions": 3.0, "share": 0.3,
         "path_share": 0.4,
         "value_micros": 30_004_999.6, **SPENT},
        {"workspace_id": OURS, "marketing_channel": "ads", "conversions": 7.0, "share": 0.7,
         "path_share": 0.6,
         "value_micros": 70_005_000.4, "spend_micros": 12_340_000, **SPENT},
        {"workspace_id": THEIRS, "marketing_channel": "mail", "conversions": 1.0, "share": 1.0,
         "path_share": 1.0,
         "value_micros": 1.0, **SPENT},
    ]  # fmt: skip
    ctx.service("lake").append("gold", "channel_uplift", pl.DataFrame(rows))
    told = read_uplift(ctx)
    assert [(row.channel, row.value_minor) for row in told] == [("ads", 7000), ("direct", 3000)]
    assert sum(row.share for row in told) == pytest.approx(1)
