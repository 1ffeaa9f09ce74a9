from __future__ import annotations

import json
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from sandbox.market import ActionError, World, load_scenario

PAID = ["google_ads", "meta_ads"]


def spend_on(world, channel, first, last):
    return world.ad_daily(channel, first, last)["spend_minor"].sum()


def find_campaign(world, channel, name):
    return world.campaigns(channel).filter(pl.col("name") == name)["campaign_id"][0]


def act_on_everything(world):
    """One of every action, with days lived between."""
    meta = find_campaign(world, "meta_ads", "Prospecting")
    world.act("update_campaign", channel="meta_ads", campaign_id=meta, daily_budget_minor=9000)
    made = world.act(
        "create_campaign", channel="meta_ads", name="New", daily_budget_minor=3000, status="ACTIVE"
    )
    group = world.act("create_ad_set", channel="meta_ads", campaign_id=made, name="Set", status="ACTIVE")
    world.act("update_ad_set", channel="meta_ads", ad_set_id=group, name="Set B")
    url = "https://small-shop.example/sale"
    ad = world.act(
        "create_ad", channel="meta_ads", ad_set_id=group, name="Ad", status="PAUSED", final_url=url
    )
    world.act("update_ad", channel="meta_ads", ad_id=ad, status="ACTIVE")
    post = world.act("publish_post", channel="instagram", kind="reel", title="Sale", text="Now")
    gone = world.act("publish_post", channel="facebook", kind="photo", title="Oops", text="Wrong")
    world.act("update_post", channel="instagram", post_id=post, text="Now on")
    world.act("delete_post", channel="facebook", post_id=gone)
    list_id = world.mail_lists()["list_id"][0]
    mail = world.act("create_mail", channel="mailchimp", list_id=list_id, title="Sale", subject="Sale")
    world.act("update_mail", channel="mailchimp", mail_id=mail, subject="Big sale", segment="loyal")
    person = world.act(
        "upsert_member", channel="mailchimp", list_id=list_id, email="new@example.org", first_name="Nia"
    )
    world.act("send_mail", channel="mailchimp", mail_id=mail)
    world.advance(4)
    return {"campaign": made, "ad": ad, "post": post, "gone": gone, "mail": mail, "person": person}


@pytest.fixture(scope="module")
def acted():
    world = World(load_scenario("small"))
    return world, act_on_everything(world)


def test_same_seed_gives_the_same_frames(small, show_all):
    again = show_all(World(load_scenario("small")))
    for name, frame in show_all(small).items():
        assert frame.equals(again[name]), name


def test_another_seed_gives_other_frames(small):
    other = World(load_scenario("small", seed=8))
    assert not small.orders().equals(other.orders())
    assert not small.site_events(small.first_day, small.today).equals(
        other.site_events(other.first_day, other.today)
    )


def test_a_journal_replays_to_the_same_frames(acted, show_all):
    world, _ = acted
    journal = json.loads(json.dumps(world.journal))
    again = World(load_scenario("small"), journal=journal)
    assert again.journal == world.journal
    replayed = show_all(again)
    for name, frame in show_all(world).items():
        assert frame.equals(replayed[name]), name


def test_living_day_by_day_equals_living_at_once(show_all):
    grown = World(load_scenario("small", days=10))
    grown.advance(3)
    grown.advance(2)
    whole = World(load_scenario("small", days=15))
    stepped = show_all(grown)
    for name, frame in show_all(whole).items():
        assert frame.equals(stepped[name]), name


def test_actions_leave_the_past_as_it_was(small, acted):
    world, _ = acted
    first, last = small.first_day, small.today
    for channel in PAID:
        stable = ["day", "ad_id", "network", "impressions", "clicks"]
        before, after = (each.ad_daily(channel, first, last).select(stable) for each in (small, world))
        assert before.equals(after)
    assert small.site_events(first, last).equals(world.site_events(first, last))
    fixed = ["order_id", "created_at", "total_minor", "person_id", "last_utm_content"]
    assert small.orders().select(fixed).equals(world.orders().head(small.orders().height).select(fixed))
    assert small.post_daily("instagram", first, last).equals(world.post_daily("instagram", first, last))


def test_what_was_created_delivers_and_what_was_deleted_is_gone(acted):
    world, made = acted
    day = world.today
    assert spend_on(world, "meta_ads", day, day) > 0
    rows = world.ad_daily("meta_ads", day, day).filter(pl.col("campaign_id") == made["campaign"])
    assert rows["ad_id"].unique().to_list() == [made["ad"]]
    assert 2000 < rows["spend_minor"].sum() < 4000
    assert made["post"] in world.posts("instagram")["post_id"]
    assert (
        world.post_daily("instagram", day, day).filter(pl.col("post_id") == made["post"])["views"].sum() > 0
    )
    assert made["gone"] not in world.posts("facebook")["post_id"]
    sent = world.mail_events(world.first_day, day).filter(pl.col("mail_id") == made["mail"])
    loyal = sent.filter(pl.col("kind") == "sent").height
    assert 0 < loyal < world.mail_members().height / 2
    assert sent["person_id"].n_unique() == loyal
    member = world.mail_members().filter(pl.col("person_id") == made["person"])
    assert member["email"].to_list() == ["new@example.org"]
    assert member["status"].to_list() == ["subscribed"]


def test_landing_addresses_of_new_ads_carry_utm_parameters(acted):
    world, made = acted
    url = world.ads("meta_ads").filter(pl.col("ad_id") == made["ad"])["final_url"][0]
    assert url.startswith("https://small-shop.example/sale?utm_source=")
    assert f"utm_campaign={made['campaign']}" in url
    assert f"utm_content={made['ad']}" in url


def test_a_raised_budget_raises_spend_and_caused_orders():
    tame, bold = World(load_scenario("small", days=20)), World(load_scenario("small", days=20))
    for name in ("Prospecting", "Retargeting"):
        campaign = find_campaign(bold, "meta_ads", name)
        bold.act("update_campaign", channel="meta_ads", campaign_id=campaign, daily_budget_minor=40_000)
    for world in (tame, bold):
        world.advance(20)
    last = bold.today
    later = last - timedelta(days=17)
    assert spend_on(bold, "meta_ads", later, last) > 5 * spend_on(tame, "meta_ads", later, last)
    caused = pl.col("cause") == "meta_ads"
    of_bold, of_tame = (
        world.truth.contribution().filter(caused, pl.col("day") >= later)["orders"].sum()
        for world in (bold, tame)
    )
    assert of_bold > 1.3 * of_tame


def test_a_paused_campaign_spends_nothing_from_the_next_day():
    world = World(load_scenario("small", days=5))
    paused_on = world.today
    for campaign in world.campaigns("google_ads")["campaign_id"]:
        world.act("update_campaign", channel="google_ads", campaign_id=campaign, status="PAUSED")
    world.advance(2)
    assert spend_on(world, "google_ads", paused_on, paused_on) > 0
    assert world.ad_daily("google_ads", paused_on + timedelta(days=1), world.today).is_empty()
    # Carry-over and lag still bring orders whose cause is the paused channel.
    assert set(world.campaigns("google_ads")["status"]) == {"PAUSED"}


def test_the_clock_stands_at_six_in_the_morning_after_today(small):
    assert small.today - small.first_day == timedelta(days=29)
    local = small.now.astimezone(ZoneInfo(small.timezone))
    assert (local.hour, local.minute) == (6, 0)
    assert local.date() == small.today + timedelta(days=1)
    assert small.now.tzinfo == UTC


def test_the_version_changes_with_every_advance_and_action():
    world = World(load_scenario("small", days=3))
    seen = [world.version]
    world.advance()
    seen.append(world.version)
    world.act("publish_post", channel="facebook", kind="photo", title="Hi", text="Hi")
    seen.append(world.version)
    assert len(set(seen)) == 3


def test_frames_are_kept_until_something_changes(small):
    assert small.orders() is small.orders()


@pytest.mark.parametrize(
    ("action", "fields", "message"),
    [
        ("explode", {"channel": "meta_ads"}, "unknown"),
        ("update_campaign", {"channel": "meta_ads", "campaign_id": "1"}, "nothing has"),
        ("create_campaign", {"channel": "meta_ads", "name": "A", "daily_budget_minor": -5}, "0 or more"),
        ("create_campaign", {"channel": "meta_ads", "caption": "A"}, "unexpected keyword argument 'caption'"),
        ("publish_post", {"channel": "meta_ads", "text": "A"}, "no channel"),
        ("send_mail", {"channel": "facebook", "mail_id": "1"}, "sends no mails"),
    ],
)
def test_impossible_actions_are_refused_and_change_nothing(small, action, fields, message):
    version = small.version
    with pytest.raises(ActionError, match=message):
        small.act(action, **fields)
    assert small.version == version
    assert small.journal == []
