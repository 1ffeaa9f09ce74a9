from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from sandbox.market import World, load_scenario

PAID = ["google_ads", "meta_ads"]
ORGANIC = ["youtube", "facebook", "instagram"]

AD_DAILY = [
    "day", "account_id", "campaign_id", "ad_set_id", "ad_id", "network", "impressions", "reach", "clicks",
    "link_clicks", "spend_minor", "conversions_click", "conversions_view", "conversion_value_minor",
]  # fmt: skip


def test_no_frame_is_empty_in_the_small_market(small, show_all):
    for name, frame in show_all(small).items():
        assert frame.height > 0, name


def test_delivery_rows_are_unique_and_plausible(small):
    for channel in PAID:
        rows = small.ad_daily(channel, small.first_day, small.today)
        assert rows.columns == AD_DAILY
        assert not rows.select("day", "campaign_id", "ad_set_id", "ad_id", "network").is_duplicated().any()
        assert (rows["impressions"] >= rows["clicks"]).all()
        assert (rows["clicks"] >= rows["link_clicks"]).all()
        assert (rows["reach"] <= rows["impressions"]).all()
        assert rows["spend_minor"].dtype == pl.Int64


def test_campaigns_without_ads_report_null_ads(small):
    campaigns = small.campaigns("google_ads").filter(pl.col("channel_type") == "PERFORMANCE_MAX")
    rows = small.ad_daily("google_ads", small.first_day, small.today)
    rows = rows.filter(pl.col("campaign_id").is_in(campaigns["campaign_id"].implode()))
    assert rows.height > 0
    assert rows["ad_id"].null_count() == rows["ad_set_id"].null_count() == rows.height


def test_order_amounts_add_up(small):
    orders, lines = small.orders(), small.order_lines()
    assert (orders["total_minor"] == orders["subtotal_minor"] + orders["shipping_minor"]).all()
    sums = lines.group_by("order_id").agg(pl.col("price_minor").sum())
    joined = orders.join(sums, on="order_id")
    assert joined.height == orders.height
    assert (joined["subtotal_minor"] == joined["price_minor"]).all()
    assert lines["line_id"].n_unique() == lines.height
    assert (orders["refunded_minor"] <= orders["total_minor"]).all()


def test_refunds_change_only_the_refund_and_the_update_time():
    world = World(load_scenario("small"))
    before = world.orders()
    world.advance(10)
    after = world.orders().head(before.height)
    moving = ["refunded_minor", "updated_at", "cancelled_at"]
    assert before.drop(moving).equals(after.drop(moving))
    grown = after["refunded_minor"] > before["refunded_minor"]
    assert grown.any()
    assert (after["updated_at"].filter(grown) > before["updated_at"].filter(grown)).all()
    untouched = (after["refunded_minor"] == before["refunded_minor"]) & after["cancelled_at"].is_null()
    assert (after["updated_at"] == before["updated_at"]).filter(untouched).all()
    paid_back = world.refunds().group_by("order_id").agg(pl.col("amount_minor").sum())
    joined = world.orders().join(paid_back, on="order_id")
    assert (joined["refunded_minor"] == joined["amount_minor"]).all()


def test_nothing_in_the_frames_lies_in_the_future(small, show_all):
    for name, frame in show_all(small).items():
        for column in ("at", "created_at", "updated_at", "published_at", "changed_at", "subscribed_at"):
            if column in frame.columns:
                assert frame[column].max() <= small.now, (name, column)


def test_tracking_loses_visits_and_purchases(small):
    first, last = small.first_day, small.today
    events = small.site_events(first, last)
    journeys = small.truth.journeys(first, last)
    visits = journeys.filter(pl.col("kind").is_in(["click", "visit"])).height
    assert (
        0.4 * visits
        < events.filter(pl.col("kind") == "page_view", pl.col("url").str.contains("utm_")).height
        < visits
    )
    orders = small.orders().filter(~pl.col("is_test"))
    bought = events.filter(pl.col("kind") == "purchase")
    assert 0.5 * orders.height < bought.height < orders.height
    joined = bought.join(orders, on="order_id")
    assert joined.height == bought.height
    assert (joined["value_minor"] == joined["total_minor"]).all()


def test_site_events_identify_people_only_once_they_are_known(small):
    events = small.site_events(small.first_day, small.today)
    assert events["event_id"].n_unique() == events.height
    assert events["at"].is_sorted()
    assert events.filter(pl.col("kind") != "page_view")["user_id"].null_count() == 0
    views = events.filter(pl.col("kind") == "page_view")
    assert 0 < views["user_id"].null_count() < views.height
    buyers = (
        events.filter(pl.col("kind") == "purchase").group_by("user_id").agg(pl.col("anonymous_id").n_unique())
    )
    assert buyers["anonymous_id"].max() >= 1


@pytest.mark.parametrize(
    ("pattern", "click_id"),
    [
        ("utm_source=google&utm_medium=cpc", "gclid="),
        ("utm_source=instagram&utm_medium=paid_social", "fbclid="),
        ("utm_source=facebook&utm_medium=paid_social", "fbclid="),
        ("utm_source=instagram&utm_medium=social", None),
        ("utm_source=mailchimp&utm_medium=email", None),
    ],
)
def test_landing_addresses_follow_the_conventions(small, pattern, click_id):
    urls = small.site_events(small.first_day, small.today)["url"]
    found = urls.filter(urls.str.contains(pattern, literal=True))
    assert len(found) > 0
    assert found.str.contains("clid=").all() == (click_id is not None)
    if click_id:
        assert found.str.contains(click_id).all()


def test_posts_fade_and_accounts_sum_their_posts(small):
    first, last = small.first_day, small.today
    for channel in ORGANIC:
        posts, accounts = small.post_daily(channel, first, last), small.account_daily(channel, first, last)
        assert accounts["views"].sum() == posts["views"].sum()
        assert accounts.height == 30
    reels = small.post_daily("instagram", first, last).join(small.posts("instagram"), on="post_id")
    age = (
        reels["day"] - reels["published_at"].dt.convert_time_zone(small.timezone).dt.date()
    ).dt.total_days()
    young, old = (reels.filter(age == days)["views"].mean() for days in (1, 6))
    assert young > 3 * old


def test_mail_events_tell_machines_from_people(small):
    events = small.mail_events(small.first_day, small.today)
    sent = events.filter(pl.col("kind") == "sent").height
    opened = events.filter(pl.col("kind") == "open")
    people = opened.filter(~pl.col("is_machine")).height
    assert 0.2 < opened.filter("is_machine").height / sent < 0.5
    assert 0.15 < people / sent < 0.5
    assert events.filter(pl.col("kind") == "click")["url"].null_count() == 0
    assert not events.filter("is_machine", pl.col("kind") != "open").height
    assert set(small.mail_campaigns()["status"]) == {"sent"}


def test_those_who_unsubscribed_get_no_more_mail():
    world = World(load_scenario("small", days=2))
    member = world.mail_members().filter(pl.col("status") == "subscribed").row(0, named=True)
    world.act(
        "upsert_member",
        channel="mailchimp",
        list_id=member["list_id"],
        email=member["email"],
        status="unsubscribed",
    )
    since = world.today + timedelta(days=1)
    world.advance(9)
    events = world.mail_events(since, world.today).filter(pl.col("kind") == "sent")
    assert events.height > 100
    assert member["person_id"] not in events["person_id"]


def test_ranges_of_days_cut_exactly(small):
    day = small.first_day + timedelta(days=10)
    whole = small.ad_daily("meta_ads", small.first_day, small.today)
    assert small.ad_daily("meta_ads", day, day).equals(whole.filter(pl.col("day") == day))
    events = small.mail_events(small.first_day, small.today)
    local = events["at"].dt.convert_time_zone(small.timezone).dt.date()
    assert small.mail_events(day, day).equals(events.filter(local == day))


def test_clock_changes_keep_days_whole():
    world = World(load_scenario("small", days=150))  # over the change of late March
    orders = world.orders()
    local = orders["created_at"].dt.convert_time_zone(world.timezone).dt.date()
    assert (local == orders["day"]).all()
