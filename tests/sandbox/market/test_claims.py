from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl

from sandbox.market import World, load_scenario

COUNTS = ["conversions_click", "conversions_view"]


def sum_claims(world, first, last):
    frames = [world.ad_daily(channel, first, last) for channel in ("google_ads", "meta_ads")]
    return sum(frame[name].sum() for frame in frames for name in COUNTS)


def test_platforms_claim_more_orders_than_there_are_in_the_default_market():
    world = World(load_scenario(days=60, people=5000))
    orders = world.orders().filter(~pl.col("is_test")).height
    assert sum_claims(world, world.first_day, world.today) > 1.1 * orders


def test_every_claim_rests_on_a_touch_within_the_window(small):
    state = small.state
    claims, touches = state.claims.read(0, state.day), state.touches.read(-60, state.day)
    orders = state.orders.read(0, state.day)
    known = set(
        zip(touches["at"].tolist(), touches["source"].tolist(), touches["person"].tolist(), strict=True)
    )
    first = orders["order"][0]
    buyer, bought_at = orders["person"][claims["order"] - first], orders["at"][claims["order"] - first]
    claimed = zip(claims["touch_at"].tolist(), claims["source"].tolist(), buyer.tolist(), strict=True)
    assert len(claims) > 50
    assert all(claim in known for claim in claimed)
    age = bought_at - claims["touch_at"]
    channel = np.array([state.catalogue.sources[source].channel for source in claims["source"]])
    assert (age >= 0).all()
    assert (age[channel == "meta_ads"] <= 7 * 86_400).all()
    assert (age[claims["is_view"]] <= 86_400).all()


def test_no_platform_claims_an_order_more_than_once(small):
    claims = small.state.claims.read(0, small.state.day)
    channel = np.array([small.state.catalogue.sources[source].channel for source in claims["source"]])
    for name in ("google_ads", "meta_ads"):
        mine = claims[channel == name]
        weights = pl.DataFrame({"order": mine["order"], "weight": mine["weight"]}).group_by("order").sum()
        assert weights["weight"].max() < 1.000001


def test_recent_conversions_grow_and_recent_spend_shrinks_as_days_mature():
    world = World(load_scenario("small"))
    first, last = world.today - timedelta(days=2), world.today
    claims = sum_claims(world, first, last)
    spend = world.ad_daily("meta_ads", first, last)["spend_minor"].sum()
    impressions = world.ad_daily("meta_ads", first, last)["impressions"].sum()
    world.advance(6)
    assert sum_claims(world, first, last) > claims
    assert world.ad_daily("meta_ads", first, last)["spend_minor"].sum() < spend
    assert world.ad_daily("meta_ads", first, last)["impressions"].sum() == impressions


def test_split_credit_gives_fractions_and_last_touch_whole_orders(small):
    google, meta = (small.ad_daily(name, small.first_day, small.today) for name in ("google_ads", "meta_ads"))
    assert (google["conversions_click"] % 1 > 0).any()
    assert not (meta["conversions_click"] % 1 > 0).any()
