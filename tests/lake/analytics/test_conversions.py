"""Orders, claims and the models' credits of the market made by hand."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from deltalake import write_deltalake

from lake.analytics.conversions import get_conversions
from lake.analytics.overview import get_overview
from lake.analytics.roi import get_roi
from lake.gold import STORED_MODELS
from tests.transforms.market import LAST, OURS, THEIRS

AUGUST = {"first_on": date(2026, 8, 1), "last_on": LAST}


@pytest.mark.parametrize("by", ["channel", "campaign", "customer_kind", "total"])
def test_orders_and_money_add_up_to_the_overview_whatever_they_are_told_by(ctx, by):
    kpis = {kpi.name: kpi.value for kpi in get_overview(ctx, **AUGUST).kpis}
    answer = get_conversions(ctx, by=by, **AUGUST)
    assert answer.orders == kpis["orders"] == 32
    for name in ("orders", "new_customers", "revenue_minor", "margin_minor"):
        assert sum(getattr(row, name) for row in answer.rows) == kpis[name]
    assert sum(row.order_share for row in answer.rows) == pytest.approx(1)


def test_claims_stand_beside_the_orders_of_their_channel(ctx):
    rows = {row.id: row for row in get_conversions(ctx, **AUGUST).rows}
    overview = {row.channel: row for row in get_overview(ctx, **AUGUST).channels}
    for name in ("meta_ads", "google_ads", "mailchimp", "direct"):
        for field in "orders claimed_conversions claimed_value_minor claim_window over_claim_ratio".split():
            assert getattr(rows[name], field) == getattr(overview[name], field), (name, field)
    assert (rows["meta_ads"].claimed_conversions, rows["meta_ads"].average_order_minor) == (31, 11900)


def test_campaigns_have_names_and_the_orders_of_the_return(ctx):
    by_campaign = get_conversions(ctx, by="campaign", **AUGUST).rows
    returns = get_roi(ctx, by="campaign", **AUGUST).rows
    expected = {(row.channel, row.campaign_id): (row.name, row.orders) for row in returns}
    for row in by_campaign:
        assert expected[row.id, row.campaign_id] == (row.name, row.orders)


def test_new_and_returning_customers_are_told_apart(ctx):
    rows = {row.id: row.orders for row in get_conversions(ctx, by="customer_kind", **AUGUST).rows}
    assert rows == {"new": 31, "returning": 1}


def test_the_rate_is_buyers_by_visitors(ctx):
    answer = get_conversions(ctx, **AUGUST)
    assert (answer.visitors, answer.buyers, answer.conversion_rate) == (31, 31, 1)


def test_models_stand_side_by_side_where_they_were_computed(ctx):
    assert get_conversions(ctx, **AUGUST).models is None
    assert get_conversions(ctx, with_models=True, **AUGUST).models is None
    _write_credit(ctx)
    credited = get_conversions(ctx, with_models=True, **AUGUST).models
    told = {(c.model, c.channel): (c.conversions, c.value_minor) for c in credited}
    assert told["linear", "meta_ads"] == (0.5, 5950)
    assert told["first", "meta_ads"] == (1, 11900)
    assert told["last", "direct"] == (1, 11900)
    assert told["position", "mailchimp"] == (0.5, 5950)
    for model in {c.model for c in credited}:
        assert sum(c.conversions for c in credited if c.model == model) == pytest.approx(1, abs=1e-9)
    campaigns = get_conversions(ctx, by="campaign", with_models=True, **AUGUST).models
    assert ("linear", "c1") in {(c.model, c.campaign) for c in campaigns}


def _write_credit(ctx):
    """One path of two touches in each workspace, and one outside the days."""

    def row(workspace, position, channel, campaign, share):
        model = dict.fromkeys(STORED_MODELS, share)
        model |= {"first": float(position == 1), "last": float(position == 2)}
        return {
            "workspace_id": workspace, "window_days": 30, "path_id": "p", "position": position,
            "day_on": LAST, "person_id": "x", "marketing_channel": channel, "campaign": campaign,
            "ad": None,
            "currency": "EUR", "value_micros": 119_000_000, **model,
        }  # fmt: skip

    rows = [row(OURS, 1, "meta_ads", "c1", 0.5), row(OURS, 2, "direct", None, 0.0)]
    rows[1] |= {"linear": 0.5, "position_based": 0.0}
    rows[0] |= {"position_based": 0.5}
    rows += [{**row(OURS, 1, "mailchimp", None, 0.0), "position_based": 0.5, "first": 0.0}]
    for name in ("last_non_direct", "time_decay", "shapley"):
        rows[0][name] = 1.0
    rows += [
        row(THEIRS, 1, "youtube", None, 1.0),
        {**row(OURS, 1, "youtube", None, 1.0), "path_id": "q", "day_on": date(2026, 1, 1)},
    ]
    table = pl.DataFrame(
        rows, schema_overrides={"window_days": pl.Int32, "position": pl.Int32, "ad": pl.String}
    )
    effects = table.select("workspace_id", "window_days", "marketing_channel", effect=pl.lit(0.5)).unique()
    for name, frame in (("attribution_credit", table), ("channel_effect", effects)):
        folder = ctx.service("lake").path / "gold" / name
        write_deltalake(folder, frame, partition_by=["workspace_id"])


def test_another_workspace_has_no_order(theirs):
    answer = get_conversions(theirs, **AUGUST)
    assert (answer.rows, answer.orders, answer.conversion_rate) == ([], 0, None)
