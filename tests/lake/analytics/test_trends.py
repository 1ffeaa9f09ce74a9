"""Series and direction of the market made by hand."""

from __future__ import annotations

from datetime import date

import pytest

from core.errors import BadInput
from lake.analytics.overview import get_overview
from lake.analytics.series import read_by_channel, read_points, read_value
from lake.analytics.trends import get_trends
from lake.metrics.definitions import find_metric
from tests.transforms.market import FIRST, LAST

AUGUST = {"first_on": date(2026, 8, 1), "last_on": LAST}


def test_the_series_by_day_is_the_overviews_trend(ctx):
    overview = get_overview(ctx, **AUGUST)
    for name in ("spend_minor", "revenue_minor", "margin_minor", "orders", "new_customers"):
        trend = get_trends(ctx, metric=name, **AUGUST)
        assert [p.value for p in trend.points] == [getattr(day, name) for day in overview.trend]


def test_value_and_change_are_the_overviews(ctx):
    for kpi in get_overview(ctx, **AUGUST).kpis:
        trend = get_trends(ctx, metric=kpi.name, **AUGUST)
        assert (trend.value, trend.previous, trend.change) == (kpi.value, kpi.previous, kpi.change)
        assert (trend.title, trend.unit) == (kpi.title, kpi.unit)


def test_weeks_and_months_sum_before_they_divide_and_say_when_they_are_cut(ctx):
    months = get_trends(ctx, metric="roas", grain="month", first_on=date(2026, 7, 10), last_on=LAST).points
    assert [(p.start_on, p.end_on, p.is_whole) for p in months] == [
        (date(2026, 7, 10), date(2026, 7, 31), False), (date(2026, 8, 1), LAST, True),
    ]  # fmt: skip
    assert months[1].value == 15 * 11900 / (31 * 1500)
    weeks = get_trends(ctx, metric="orders", grain="week", first_on=FIRST, last_on=LAST).points
    assert sum(p.value for p in weeks) == 63
    assert [p.is_whole for p in weeks] == [False, *[True] * 8, False]


def test_a_steady_series_is_flat_and_an_odd_day_does_not_change_that(ctx):
    trend = get_trends(ctx, metric="spend_minor", first_on=FIRST, last_on=LAST)
    assert (trend.direction, trend.slope, trend.turning_points) == ("flat", 0, [])
    assert trend.weekday_effects == [0] * 7
    assert get_trends(ctx, metric="revenue_minor", first_on=FIRST, last_on=LAST).direction == "flat"


def test_one_channel_can_be_asked_alone(ctx):
    trend = get_trends(ctx, metric="spend_minor", channel="meta_ads", **AUGUST)
    assert trend.value == 31 * 1000
    assert get_trends(ctx, metric="open_rate", channel="mailchimp", **AUGUST).value == 0.4
    assert get_trends(ctx, metric="ctr", channel="direct", **AUGUST).value is None


def test_claims_of_several_channels_are_not_added_up(ctx, marts):
    days = {"first_on": FIRST, "last_on": LAST}
    assert get_trends(ctx, metric="claimed_conversions", **days).value is None
    assert get_trends(ctx, metric="claimed_conversions", channel="meta_ads", **days).value == 62


def test_by_channel_adds_up_to_the_whole(ctx, marts):
    from core.time import Days

    days = Days(FIRST, LAST)
    with marts.connect(ctx.workspace) as link:
        for name in ("spend_minor", "revenue_minor", "orders"):
            measure = find_metric(name)
            by_channel = read_by_channel(link, measure, days)
            points = read_points(link, measure, days)
            assert sum(by_channel.values()) == read_value(link, measure, days) == sum(p.value for p in points)


def test_an_unknown_metric_gets_the_list(ctx):
    with pytest.raises(BadInput, match="the metrics are roas, roi"):
        get_trends(ctx, metric="happiness")


def test_another_workspace_has_no_series(theirs):
    trend = get_trends(theirs, metric="revenue_minor", **AUGUST)
    assert {p.value for p in trend.points} == {0}
    assert get_trends(theirs, metric="roas", **AUGUST).value is None
