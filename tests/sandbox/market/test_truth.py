from __future__ import annotations

from datetime import timedelta

import polars as pl

from sandbox.market import World, load_scenario
from sandbox.market.loading import SCENARIOS


def test_causes_add_up_to_the_orders(small):
    orders = small.orders().filter(~pl.col("is_test"))
    causes = small.truth.orders()
    assert causes["order_id"].sort().equals(orders["order_id"].sort())
    kept = orders.filter(pl.col("cancelled_at").is_null())
    truth = small.truth.contribution()
    assert truth["orders"].sum() == kept.height
    assert truth["revenue_minor"].sum() == kept["total_minor"].sum()
    by_day = truth.group_by("day").agg(pl.col("orders").sum()).filter(pl.col("orders") > 0).sort("day")
    assert by_day["orders"].to_list() == kept.group_by("day").len().sort("day")["len"].to_list()


def test_true_margin_is_subtotal_less_tax_less_cost(small):
    kept = small.orders().filter(~pl.col("is_test"), pl.col("cancelled_at").is_null())
    cost = small.order_lines().join(kept.select("order_id"), on="order_id")
    cost_minor = (cost["quantity"] * cost["unit_cost_minor"]).sum()
    expected = kept["subtotal_minor"].sum() - kept["tax_minor"].sum() - cost_minor
    assert small.truth.contribution()["margin_minor"].sum() == expected


def test_true_spend_is_what_mature_days_report(small):
    mature = small.today - timedelta(days=3)
    for channel in ("google_ads", "meta_ads"):
        truth = small.truth.contribution().filter(pl.col("cause") == channel, pl.col("day") <= mature)
        assert (
            small.ad_daily(channel, small.first_day, mature)["spend_minor"].sum()
            == truth["spend_minor"].sum()
        )


def test_every_caused_order_has_its_causal_touch_in_a_journey():
    world = World(load_scenario("small", days=60))
    journeys = world.truth.journeys(world.first_day, world.today)
    causal = journeys.filter(pl.col("is_cause"), pl.col("order_id").is_not_null())
    assert causal["order_id"].is_duplicated().sum() == 0
    late = world.truth.orders().filter(pl.col("cause_touch_day") >= world.first_day)
    joined = late.join(causal, on="order_id", how="left")
    assert joined["at"].null_count() == 0
    paid = joined.filter(pl.col("cause") != "baseline")
    assert (paid["cause"] == paid["channel"]).all()
    assert (paid["cause_campaign_id"] == paid["campaign_id"]).all()


def test_curves_rise_and_flatten(small):
    for channel, curve in small.truth.curves().items():
        orders = [row["orders"] for row in curve["table"]]
        steps = [after - before for before, after in zip(orders, orders[1:], strict=False)]
        assert orders[0] == 0, channel
        assert min(steps) > 0
        assert steps[-1] < steps[0]
        assert curve["form"] in ("hill", "exponential", "logistic")
        assert 0 <= curve["adstock_decay"] < 1


def test_expected_orders_of_the_curve_match_what_happens():
    world = World(load_scenario("small", days=200))
    truth = world.truth.contribution().filter(pl.col("cause") == "meta_ads")
    days = (world.today - world.first_day).days + 1
    spend = truth["spend_minor"].sum() / days
    table = world.truth.curves()["meta_ads"]["table"]
    expected = min(table, key=lambda row: abs(row["spend_minor"] - spend))["orders"]
    assert 0.75 < truth["orders"].sum() / days / expected < 1.35


def test_halo_raises_brand_demand_when_the_other_channel_spends():
    quiet, loud = (World(load_scenario("small", days=10)) for _ in range(2))
    for campaign in quiet.campaigns("meta_ads")["campaign_id"]:
        quiet.act("update_campaign", channel="meta_ads", campaign_id=campaign, status="PAUSED")
    for world in (quiet, loud):
        world.advance(12)
    since = loud.today - timedelta(days=6)
    brand = loud.campaigns("google_ads").filter(pl.col("name") == "Brand Search")["campaign_id"][0]
    of_loud, of_quiet = (
        world.ad_daily("google_ads", since, world.today)
        .filter(pl.col("campaign_id") == brand)["spend_minor"]
        .sum()
        for world in (loud, quiet)
    )
    assert of_loud > 1.08 * of_quiet


def test_halo_of_posts_raises_brand_demand_and_its_buyers_are_caused_by_the_posts(tmp_path):
    file = tmp_path / "halo.toml"
    text = (SCENARIOS / "small.toml").read_text()
    posts = '{ source = "youtube", target = "google_ads", campaign = "Brand Search", strength = 3.0 }'
    assert "halo = [" in text
    file.write_text(text.replace("halo = [", f"halo = [{posts},", 1))
    with_halo, without = World(load_scenario(file, days=30)), World(load_scenario("small", days=30))
    caused = [
        world.truth.contribution().filter(pl.col("cause") == "youtube")["orders"].sum()
        for world in (with_halo, without)
    ]
    assert caused[0] > caused[1]
    brand = with_halo.campaigns("google_ads").filter(pl.col("name") == "Brand Search")["campaign_id"][0]
    spends = [
        world.ad_daily("google_ads", world.first_day, world.today)
        .filter(pl.col("campaign_id") == brand)["spend_minor"]
        .sum()
        for world in (with_halo, without)
    ]
    assert spends[0] > spends[1]
