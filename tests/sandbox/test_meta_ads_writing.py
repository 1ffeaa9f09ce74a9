"""The Marketing API twin, written to by the vendor's official SDK."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

import httpx
import pytest
from facebook_business.adobjects.ad import Ad
from facebook_business.adobjects.adaccount import AdAccount
from facebook_business.adobjects.adset import AdSet
from facebook_business.adobjects.campaign import Campaign
from facebook_business.adobjects.customaudience import CustomAudience
from facebook_business.adobjects.serverside.action_source import ActionSource
from facebook_business.adobjects.serverside.custom_data import CustomData
from facebook_business.adobjects.serverside.event import Event
from facebook_business.adobjects.serverside.event_request import EventRequest
from facebook_business.adobjects.serverside.user_data import UserData

TOKEN = {"access_token": "sandbox-access_token"}
ACT = "act_1029384756574839"
PIXEL = "550000000000055"
CAMPAIGN = {"name": "Launch", "objective": "OUTCOME_SALES", "special_ad_categories": [], "daily_budget": 2000}
TARGETING = {"geo_locations": {"countries": ["DE"]}, "publisher_platforms": ["instagram"]}


@pytest.fixture
def own(own_sandbox, open_sdk):
    open_sdk(own_sandbox.url, "meta_ads")
    return own_sandbox


@pytest.fixture
def account(own):
    return AdAccount(ACT)


def make_ad(account, campaign_params, ad_set_params):
    campaign = account.create_campaign(params=campaign_params)
    ad_set = account.create_ad_set(
        params={
            "name": "Set",
            "campaign_id": campaign["id"],
            "billing_event": "IMPRESSIONS",
            "optimization_goal": "OFFSITE_CONVERSIONS",
            "targeting": TARGETING,
            **ad_set_params,
        }
    )
    story = {
        "page_id": "104729000271828",
        "link_data": {"link": "https://small-shop.example/products/mug", "message": "Hi"},
    }
    creative = account.create_ad_creative(params={"name": "C", "object_story_spec": story})
    ad = account.create_ad(
        params={"name": "Ad", "adset_id": ad_set["id"], "creative": {"creative_id": creative["id"]}}
    )
    return campaign["id"], ad_set["id"], ad["id"]


def test_what_is_launched_delivers_and_what_is_made_waits(own, account):
    campaign, ad_set, ad = make_ad(account, CAMPAIGN, {})
    assert Ad(ad).api_get(fields=["effective_status"])["effective_status"] == "PAUSED"
    for node in (Ad(ad), AdSet(ad_set), Campaign(campaign)):
        node.api_update(params={"status": "ACTIVE"})
    assert Ad(ad).api_get(fields=["effective_status"])["effective_status"] == "PENDING_REVIEW"
    httpx.post(f"{own.url}/_clock", json={"days": 3}).raise_for_status()
    assert Ad(ad).api_get(fields=["effective_status"])["effective_status"] == "ACTIVE"
    [row] = Campaign(campaign).get_insights(
        fields=["spend", "impressions"], params={"date_preset": "last_3d"}
    )
    assert float(row["spend"]) > 0
    Campaign(campaign).api_update(params={"status": "PAUSED"})
    httpx.post(f"{own.url}/_clock", json={"days": 4}).raise_for_status()
    assert not list(Campaign(campaign).get_insights(fields=["spend"], params={"date_preset": "last_3d"}))


def test_a_rehearsal_checks_and_makes_nothing(own, account, fail_with):
    before = len(list(account.get_campaigns()))
    rehearsal = {**CAMPAIGN, "execution_options": ["validate_only"]}
    form = {
        **TOKEN,
        **{key: json.dumps(value) if isinstance(value, list) else value for key, value in rehearsal.items()},
    }
    answer = httpx.post(f"{own.url}/meta_ads/v26.0/{ACT}/campaigns", data=form)
    assert answer.json() == {"success": True}
    error = fail_with(lambda: account.create_campaign(params={**rehearsal, "daily_budget": 5}))
    assert (error.api_error_subcode(), error.api_blame_field_specs()) == (1885272, [["daily_budget"]])
    assert len(list(account.get_campaigns())) == before


def test_what_was_written_is_read_back_in_the_same_call(account):
    made = account.create_campaign(fields=["name", "status", "daily_budget"], params=CAMPAIGN)
    assert (made["name"], made["status"], made["daily_budget"]) == ("Launch", "PAUSED", "2000")


def test_budgets_live_on_one_level(account, fail_with):
    campaign, ad_set, _ = make_ad(account, CAMPAIGN, {})
    error = fail_with(lambda: AdSet(ad_set).api_update(params={"daily_budget": 500}))
    assert error.api_error_subcode() == 1885621
    Campaign(campaign).api_update(params={"daily_budget": 3100})
    assert Campaign(campaign).api_get(fields=["daily_budget"])["daily_budget"] == "3100"


def test_ad_sets_may_hold_the_budget(account, fail_with):
    shared = {k: v for k, v in CAMPAIGN.items() if k != "daily_budget"}
    assert fail_with(lambda: account.create_campaign(params=shared)).api_error_code() == 100
    params = {**shared, "is_adset_budget_sharing_enabled": False}
    campaign, ad_set, _ = make_ad(account, params, {"daily_budget": 1500})
    assert AdSet(ad_set).api_get(fields=["daily_budget"])["daily_budget"] == "1500"
    assert "daily_budget" not in Campaign(campaign).api_get(fields=["daily_budget"])


def test_a_deleted_campaign_is_hidden_but_its_numbers_stay(account):
    [first, *_] = account.get_campaigns(fields=["name"])
    before = list(Campaign(first["id"]).get_insights(fields=["spend"]))
    assert before
    Campaign(first["id"]).api_delete()
    assert first["id"] not in [campaign["id"] for campaign in account.get_campaigns()]
    gone = account.get_campaigns(params={"effective_status": ["DELETED"]})
    assert [campaign["id"] for campaign in gone] == [first["id"]]
    assert list(Campaign(first["id"]).get_insights(fields=["spend"])) == before


def test_an_effect_may_happen_though_the_answer_is_an_error(own, account):
    headers = {"X-Sandbox-Fault": "server_error_after_effect"}
    form = {
        **TOKEN,
        "name": "Lost ck_01",
        "objective": "OUTCOME_SALES",
        "special_ad_categories": "[]",
        "daily_budget": "900",
    }
    answer = httpx.post(f"{own.url}/meta_ads/v26.0/{ACT}/campaigns", data=form, headers=headers)
    assert answer.status_code == 500
    marked = [{"field": "name", "operator": "CONTAIN", "value": "ck_01"}]
    assert len(list(account.get_campaigns(params={"filtering": marked}))) == 1


def test_an_audience_is_a_set_of_hashes_in_both_forms(account):
    audience = CustomAudience(
        account.create_custom_audience(params={"name": "VIP", "subtype": "CUSTOM"})["id"]
    )
    people = [f"p{number}@example.com" for number in range(150)]
    audience.add_users(CustomAudience.Schema.email_hash, people)
    audience.add_users(CustomAudience.Schema.email_hash, people)
    hashed = hashlib.sha256(b"new@example.com").hexdigest()
    table = {"schema": ["EMAIL"], "data": [[hashed], ["no hash"]]}
    answer = audience.create_user(params={"payload": table, "session": {"session_id": 7}})
    assert (answer["num_received"], answer["num_invalid_entries"]) == (2, 1)
    seen = audience.api_get(fields=["approximate_count_lower_bound", "approximate_count_upper_bound"])
    assert (seen["approximate_count_lower_bound"], seen["approximate_count_upper_bound"]) == (100, 200)


def make_event(at, event_id):
    return Event(
        event_name="Purchase",
        event_time=at,
        event_id=event_id,
        action_source=ActionSource.WEBSITE,
        event_source_url="https://small-shop.example/ok",
        user_data=UserData(email="a@b.co", client_user_agent="UA"),
        custom_data=CustomData(currency="EUR", value=42.5),
    )


def test_conversions_are_kept_once_by_event_id(own, fail_with):
    clock = datetime.fromisoformat(httpx.get(f"{own.url}/_clock").json()["now"])
    now = int(clock.timestamp())
    for _ in range(2):
        sent = EventRequest(
            events=[make_event(now - 60, "O-1"), make_event(now - 50, "O-2")], pixel_id=PIXEL
        ).execute()
        assert sent.events_received == 2
    stats = httpx.get(f"{own.url}/meta_ads/v26.0/{PIXEL}/stats", params=TOKEN).json()["data"]
    assert sum(entry["count"] for hour in stats for entry in hour["data"]) == 2
    old = fail_with(
        lambda: EventRequest(events=[make_event(now - 8 * 86_400, "O-3")], pixel_id=PIXEL).execute()
    )
    assert old.api_error_subcode() == 2804003
