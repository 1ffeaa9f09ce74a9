"""Credited figures by another attribution model: the same in every answer, blended ones untouched."""

from __future__ import annotations

from datetime import date

import pytest

from core.errors import BadInput
from lake.analytics.compare import compare_channels
from lake.analytics.overview import get_overview
from lake.analytics.roi import get_roi
from tests.transforms.market import LAST, OURS
from transforms.build_state import connect

AUGUST = {"first_on": date(2026, 8, 1), "last_on": LAST}
SPEND, META, REVENUE, MARGIN = 31 * 1500, 31000, 31 * 11900 + 5950, 31 * 6000 + 1000
# Half of every order to Meta, half to direct.
HALVES = """
    INSERT INTO marts.fct_credit_daily
    SELECT workspace_id, 'linear', half.channel, '', '', day_on, reporting_currency, sum(0.5),
        sum(0.5 * is_new_customer::integer), sum(0.5 * reporting_revenue_micros),
        sum(0.5 * reporting_margin_micros), sum(0.5 * reporting_net_sales_micros)
    FROM marts.fct_orders CROSS JOIN (VALUES ('meta_ads'), ('direct')) AS half (channel)
    WHERE workspace_id = %s GROUP BY 1, 2, 3, 4, 5, 6, 7
"""
pytestmark = pytest.mark.case("numbers/choice-of-model")


@pytest.fixture
def halves(marts):
    with connect(marts.dbt_env()) as builder:
        builder.execute("DELETE FROM marts.fct_credit_daily")
        builder.execute(HALVES, [OURS])
    yield
    with connect(marts.dbt_env()) as builder:
        builder.execute("DELETE FROM marts.fct_credit_daily")


@pytest.mark.usefixtures("halves")
def test_every_answer_carries_the_model_and_the_same_figures(ctx):
    overview = get_overview(ctx, **AUGUST, model="linear")
    kpis = {kpi.name: kpi.value for kpi in overview.kpis}
    assert kpis["roi"] == pytest.approx((MARGIN / 2 - SPEND) / SPEND)
    assert kpis["blended_roi"] == (MARGIN - SPEND) / SPEND
    assert (kpis["orders"], kpis["revenue_minor"]) == (32, REVENUE)
    meta = next(c for c in overview.channels if c.channel == "meta_ads")
    assert (meta.orders, meta.revenue_minor) == (16, REVENUE // 2)
    assert meta.roi == pytest.approx((MARGIN / 2 - META) / META)
    returns, compared = (
        get_roi(ctx, **AUGUST, model="linear"),
        compare_channels(ctx, **AUGUST, model="linear"),
    )
    assert {answer.model for answer in (overview, returns, compared)} == {"linear"}
    assert all("not what the spend adds" in a.note for a in (overview, returns, compared))
    row = next(row for row in returns.rows if row.channel == "meta_ads")
    beside = next(c for c in compared.channels if c.channel == "meta_ads")
    assert row.roi == beside.roi == meta.roi
    assert returns.totals == compared.totals
    assert returns.totals.roi == kpis["roi"]
    series = compare_channels(ctx, **AUGUST, model="linear", metrics=["roi", "orders"], by="channel").series
    told = {row.key: row.values for row in series}
    assert told["meta_ads"] == {"roi": meta.roi, "orders": 16}
    (whole,) = compare_channels(ctx, **AUGUST, model="linear", metrics=["roi", "blended_roi"]).series
    assert whole.values == {"roi": kpis["roi"], "blended_roi": kpis["blended_roi"]}


@pytest.mark.usefixtures("halves")
def test_orders_a_model_does_not_credit_are_told(ctx):
    assert "32 orders are not credited" in get_overview(ctx, **AUGUST, model="markov").note
    with pytest.raises(BadInput, match="last non-direct touch only"):
        compare_channels(ctx, **AUGUST, model="linear", metrics=["refund_rate"], by="channel")


@pytest.mark.parametrize("ask", [get_overview, get_roi, compare_channels])
def test_a_model_without_days_is_refused_in_a_sentence(ctx, ask):
    with pytest.raises(BadInput, match="credits no single day"):
        ask(ctx, **AUGUST, model="data_driven")
