"""Metrics measured on marts built by hand: by any period and dimension, exactly, one currency at a time."""

from __future__ import annotations

from datetime import date

import pytest

from core.errors import BadInput
from core.time import Days
from lake.analytics.compare import compare_channels
from lake.analytics.metric_series import read_series
from lake.analytics.series import Daily, read_value
from lake.metrics.custom import CustomMetric, save_metric
from lake.metrics.definitions import METRICS, find_metric
from lake.metrics.facts import FACTS
from lake.metrics.measure import measure
from lake.metrics.parts import PARTS
from lake.metrics.sums import add_sums, amounts_of, sum_of
from tests.transforms.market import FIRST, LAST, OURS, THEIRS

ALL = Days(FIRST, LAST)
AUGUST = Days(date(2026, 8, 1), LAST)
ROAS, OVER_CLAIM = METRICS["roas"], METRICS["over_claim_ratio"]


@pytest.fixture
def link(marts):
    with marts.connect(OURS) as opened:
        yield opened


def test_the_whole_is_the_sum_by_hand_divided_once(link):
    wanted = [METRICS["mer"], METRICS["blended_roi"], find_metric("orders")]
    (whole,) = measure(link, wanted, days=AUGUST)
    revenue, spend, margin = 31 * 11900 + 5950, 31 * 1500, 31 * 6000 + 1000
    assert whole.parts == {
        "revenue_minor": revenue, "spend_minor": spend, "margin_minor": margin, "orders": 32,
    }  # fmt: skip
    assert whole.values == {"mer": revenue / spend, "blended_roi": (margin - spend) / spend, "orders": 32.0}
    assert whole.currency == "EUR"


@pytest.mark.parametrize("by", [("day",), ("week", "channel"), ("month",)])
def test_every_roll_up_equals_the_direct_sum(link, by):
    wanted = [
        find_metric(n) for n in ("spend_minor", "revenue_minor", "orders", "new_customers", "margin_minor")
    ]
    (whole,) = measure(link, wanted, days=ALL)
    groups = measure(link, wanted, days=ALL, by=by)
    assert len(groups) > 1
    for part in whole.parts:
        assert sum(group.parts[part] for group in groups) == whole.parts[part]


@pytest.mark.case("numbers/headline-roi")
def test_blended_figures_hold_all_orders_and_paid_ones_those_credited_to_channels_with_spend(link):
    spend, revenue, margin = 31 * 1500, 31 * 11900 + 5950, 31 * 6000 + 1000
    names = ("mer", "blended_roi", "blended_cac", "blended_gain", "roas", "roi", "cac", "cpa", "gain")
    (whole,) = measure(link, [METRICS[name] for name in names], days=AUGUST)
    assert whole.values == {
        "mer": revenue / spend, "blended_roi": (margin - spend) / spend, "blended_cac": spend / 31,
        "blended_gain": margin - spend,
        # 15 orders of Meta; Google has spend and no order.
        "roas": 15 * 11900 / spend, "roi": (15 * 6000 - spend) / spend, "cac": spend / 15,
        "cpa": spend / 15, "gain": 15 * 6000 - spend,
    }  # fmt: skip


@pytest.mark.case("numbers/mer-by-channel")
@pytest.mark.parametrize("name", ["mer", "blended_roi", "blended_cac", "blended_gain", "spend_ratio"])
def test_a_blended_figure_is_refused_by_channel_in_a_sentence(link, name):
    with pytest.raises(BadInput, match="is of the whole workspace, of no single channel"):
        measure(link, [METRICS[name]], days=AUGUST, by=["channel"])
    with pytest.raises(BadInput, match="is of the whole workspace, of no single channel"):
        measure(link, [METRICS[name]], days=AUGUST, filters={"channel": ["meta_ads"]})
    with pytest.raises(BadInput, match="whole workspace"):
        read_value(link, METRICS[name], AUGUST, "meta_ads")
    with pytest.raises(BadInput, match="whole workspace"):
        Daily(link, METRICS[name], AUGUST, "meta_ads")


@pytest.mark.case("app/cost-of-unpaid-channels")
def test_a_channel_without_spend_has_no_cost_instead_of_a_cost_of_0(link):
    groups = measure(link, [METRICS["cac"], METRICS["cpa"], METRICS["gain"]], days=AUGUST, by=["channel"])
    direct = next(group for group in groups if group.by["channel"] == "direct")
    assert set(direct.values.values()) == {None}


@pytest.mark.case("app/one-campaign-three-rois")
@pytest.mark.parametrize("by", ["campaign", "ad"])
def test_what_no_order_tells_is_null_and_never_the_revenue_of_other_channels(link, by):
    """Spend the vendor splits by no campaign or ad stands apart, by channel, without credit."""
    wanted = [find_metric(n) for n in ("spend_minor", "revenue_minor", "orders", "margin_minor")]
    groups = measure(link, [*wanted, ROAS, METRICS["roi"]], days=ALL, by=[by])
    (whole,) = measure(link, wanted, days=ALL)
    assert sum(group.parts["spend_minor"] for group in groups) == whole.parts["spend_minor"]
    rest = [group for group in groups if not group.by[by]]
    assert all(group.parts["spend_minor"] for group in rest), "a row without any figure of its own"
    for group in rest:
        assert {name: value for name, value in group.values.items() if name != "spend_minor"} == {
            "revenue_minor": None, "orders": None, "margin_minor": None, "roas": None, "roi": None,
        }  # fmt: skip
    known = sum(group.parts["orders"] or 0 for group in groups)
    assert 0 < known < whole.parts["orders"]


@pytest.mark.case("numbers/paid-by-stretch")
def test_a_stretch_of_days_is_measured_as_the_same_days_asked_alone(link):
    for name in ("roas", "roi", "cac", "mer", "cvr", "revenue_minor"):
        metric = find_metric(name)
        daily = Daily(link, metric, ALL)
        for last, count in ((LAST, 7), (LAST, 1), (date(2026, 8, 3), 28)):
            assert daily.value(last, count) == read_value(link, metric, Days.ending(last, count))


def test_claims_are_told_by_channel_and_never_over_all(link):
    by_channel = measure(link, [OVER_CLAIM], days=AUGUST, by=["channel"])
    told = {group.by["channel"]: group.parts["claimed_conversions"] for group in by_channel}
    assert (told["meta_ads"], told["mailchimp"], told["direct"]) == (31, 2, None)
    (whole,) = measure(link, [OVER_CLAIM], days=AUGUST)
    assert (whole.parts["claimed_conversions"], whole.values["over_claim_ratio"]) == (None, None)


def test_money_of_a_currency_without_a_rate_stands_apart_and_has_no_mixed_ratio(marts):
    with marts.connect(THEIRS) as link:
        assert measure(link, [ROAS], days=ALL) == []


def test_only_the_filtered_values_count(link):
    (meta,) = measure(link, [ROAS, METRICS["ctr"]][:1], days=AUGUST, filters={"channel": ["meta_ads"]})
    assert meta.values["roas"] == pytest.approx(15 * 11900 / 31000)
    assert measure(link, [ROAS], days=AUGUST, filters={"channel": ["'; DROP TABLE x"]}) == []


def test_a_metric_is_refused_by_a_dimension_its_parts_do_not_know(link):
    with pytest.raises(BadInput, match="ROAS is not known by 'post'"):
        measure(link, [ROAS], days=AUGUST, by=["post"])


@pytest.mark.parametrize("metric", [*METRICS, *PARTS])
def test_every_metric_can_be_measured_by_each_of_its_dimensions(link, metric):
    found = find_metric(metric)
    for grain in found.grains:
        for group in measure(link, [found], days=AUGUST, by=[grain]):
            assert set(group.values) == {metric}


def test_every_fact_s_groups_merge_to_the_same_whatever_their_order(link):
    rows = link.execute(
        "SELECT channel, claim_window, claimed_conversions FROM marts.fct_ad_daily"
    ).fetchall()
    sums = [
        sum_of("claimed_conversions", amount, {"channel": (c, c), "claim_window": (w, w)})
        for c, w, amount in rows
    ]
    assert add_sums(sums) == add_sums(reversed(sums))
    assert amounts_of({"claimed_conversions": add_sums(sums)}, "EUR") == {"claimed_conversions": None}
    assert {fact.mart for fact in FACTS.values()} <= {
        name for (name,) in link.execute("SELECT table_name FROM information_schema.tables").fetchall()
    }


def test_compare_channels_tells_metrics_by_period_and_a_draft_before_it_is_saved(ctx):
    draft = CustomMetric(
        name="profit_per_order",
        title="Profit per order",
        formula="(margin_minor - spend_minor) / orders",
        unit="minor",
    )
    answer = compare_channels(
        ctx, first_on=AUGUST.first, last_on=LAST, metrics=["roas"], per="week", by=None, draft=draft
    )
    assert [row.start_on for row in answer.series][:2] == [date(2026, 7, 27), date(2026, 8, 3)]
    assert set(answer.series[0].values) == {"roas", "profit_per_order"}
    assert {told.name for told in answer.known} == {*METRICS, *PARTS}
    save_metric(ctx, draft)
    again = compare_channels(
        ctx, first_on=AUGUST.first, last_on=LAST, metrics=["profit_per_order"], by="channel"
    )
    told = {row.key: row.values["profit_per_order"] for row in again.series}
    assert told["direct"] == pytest.approx((15 * 6000 + 1000) / 16, rel=1e-9)
    assert again.known[0].kind == "own"
    assert compare_channels(ctx).series == []


def test_campaigns_have_their_names(link):
    rows = read_series(link, ["spend_minor"], days=AUGUST, by="campaign")
    assert {row.key: row.name for row in rows}["c1"] == "Campaign c1"
