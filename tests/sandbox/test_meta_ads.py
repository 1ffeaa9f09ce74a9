"""The Marketing API twin, read by the vendor's official SDK over a socket."""

from __future__ import annotations

import json
from collections import defaultdict

import httpx
import pytest
from facebook_business.adobjects.adaccount import AdAccount
from facebook_business.adobjects.adcreative import AdCreative
from facebook_business.adobjects.adreportrun import AdReportRun
from facebook_business.adobjects.adset import AdSet
from facebook_business.adobjects.campaign import Campaign
from facebook_business.adobjects.user import User

TOKEN = {"access_token": "sandbox-access_token"}
RANGE = {"since": "2025-11-01", "until": "2025-11-30"}
DAILY = {"time_increment": 1, "time_range": RANGE, "limit": 100}
ACT = "act_1029384756574839"


@pytest.fixture(scope="module")
def account(sandbox, open_sdk):
    open_sdk(sandbox.url, "meta_ads")
    return AdAccount(ACT)


@pytest.fixture(scope="module")
def web(sandbox):
    with httpx.Client(base_url=f"{sandbox.url}/meta_ads/v26.0", params=TOKEN, timeout=30) as client:
        yield client


def read_ledger(sandbox):
    return {row["day"]: row for row in httpx.get(f"{sandbox.url}/_ledger/meta_ads").json()}


def get_purchases(row, field="actions"):
    return next((a for a in row.get(field, []) if a["action_type"] == "omni_purchase"), {})


def test_accounts_are_found_with_currency_and_zone(account):
    [found] = User("me").get_ad_accounts(fields=["account_id", "currency", "timezone_name", "account_status"])
    assert found["id"] == ACT
    assert (found["currency"], found["timezone_name"], found["account_status"]) == ("EUR", "Europe/Berlin", 1)


def test_ad_days_add_up_to_the_ledger_of_every_day(account, sandbox):
    params = {**DAILY, "level": "ad", "breakdowns": ["publisher_platform"]}
    fields = ["ad_id", "spend", "impressions", "clicks", "actions", "action_values"]
    rows = [dict(row) for row in account.get_insights(fields=fields, params=params)]
    assert {row["publisher_platform"] for row in rows} == {"facebook", "instagram"}
    sums = defaultdict(lambda: defaultdict(int))
    for row in rows:
        day = sums[row["date_start"]]
        day["spend_minor"] += round(float(row["spend"]) * 100)
        day["impressions"] += int(row["impressions"])
        day["clicks"] += int(row["clicks"])
        day["claimed_conversions"] += float(get_purchases(row).get("value", 0))
        day["claimed_value_minor"] += round(float(get_purchases(row, "action_values").get("value", 0)) * 100)
    ledger = read_ledger(sandbox)
    assert sums == {day: {key: ledger[day][key] for key in sums[day]} for day in ledger}


@pytest.mark.parametrize("level", ["account", "campaign", "adset"])
def test_higher_levels_total_the_same(account, sandbox, level):
    rows = account.get_insights(fields=["spend"], params={**DAILY, "level": level})
    spent = sum(round(float(row["spend"]) * 100) for row in rows)
    assert spent == sum(row["spend_minor"] for row in read_ledger(sandbox).values())


def test_every_value_is_text_and_purchases_overlap(account):
    fields = ["impressions", "reach", "frequency", "spend", "cpc", "cpm", "ctr", "actions", "purchase_roas"]
    rows = [dict(row) for row in account.get_insights(fields=fields, params={**DAILY, "level": "campaign"})]
    numbers = [value for row in rows for key, value in row.items() if key in fields[:7]]
    assert all(isinstance(value, str) and float(value) >= 0 for value in numbers)
    types = {action["action_type"]: action["value"] for row in rows[:1] for action in row["actions"]}
    overlapping = {
        types[name] for name in ("omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase")
    }
    assert len(overlapping) == 1


def test_windows_are_told_apart_and_dead_ones_answer_nothing(account):
    windows = ["1d_click", "7d_click", "1d_view", "7d_view", "28d_view"]
    params = {**DAILY, "level": "account", "action_attribution_windows": windows}
    fields = ["actions", "action_values"]
    bought = [get_purchases(row) for row in account.get_insights(fields=fields, params=params)]
    seen = {key for action in bought for key in action}
    assert {"7d_click", "1d_view"} <= seen
    assert not {"7d_view", "28d_view"} & seen
    for action in bought:
        assert float(action["value"]) == float(action.get("7d_click", 0)) + float(action.get("1d_view", 0))
        assert float(action.get("1d_click", 0)) <= float(action.get("7d_click", 0))


def test_paging_leads_through_every_row_once(account, web):
    params = {"level": "ad", "time_increment": 1, "time_range": json.dumps(RANGE), "fields": "ad_id"}
    whole = web.get(f"/{ACT}/insights", params={**params, "limit": 500}).json()
    url, rows, pages = f"{web.base_url}{ACT}/insights?limit=37", [], 0
    answer = web.get(f"/{ACT}/insights", params={**params, "limit": 37}).json()
    while True:
        rows += answer["data"]
        pages += 1
        url = answer["paging"].get("next")
        if url is None:
            break
        answer = httpx.get(url).json()
    assert rows == whole["data"]
    assert pages == -(-len(rows) // 37)
    assert len({(row["ad_id"], row["date_start"]) for row in rows}) == len(rows)


def test_only_the_wanted_fields_come(web):
    row = web.get(f"/{ACT}/insights", params={"fields": "clicks", "date_preset": "last_7d"}).json()["data"][0]
    assert set(row) == {"date_start", "date_stop", "clicks"}


def test_entities_are_listed_with_budgets_in_minor_units(account):
    campaigns = list(account.get_campaigns(fields=["name", "objective", "daily_budget", "effective_status"]))
    assert campaigns
    assert all(campaign["daily_budget"].isdigit() for campaign in campaigns)
    ad_sets = list(Campaign(campaigns[0]["id"]).get_ad_sets(fields=["campaign_id", "targeting"]))
    assert {ad_set["campaign_id"] for ad_set in ad_sets} == {campaigns[0]["id"]}
    ads = list(AdSet(ad_sets[0]["id"]).get_ads(fields=["adset_id", "creative"]))
    assert {ad["adset_id"] for ad in ads} == {ad_sets[0]["id"]}
    creative = AdCreative(ads[0]["creative"]["id"]).api_get(fields=["object_story_spec", "url_tags"])
    assert creative["object_story_spec"]["link_data"]["link"].startswith("https://")
    assert "utm_source=" in creative["url_tags"]


def test_entities_are_filtered_by_name(account):
    by_name = [{"field": "name", "operator": "CONTAIN", "value": "retarget"}]
    found = account.get_campaigns(fields=["name"], params={"filtering": by_name})
    assert [campaign["name"] for campaign in found] == ["Retargeting"]


def test_an_object_has_its_own_insights(account, sandbox):
    rows = []
    for campaign in account.get_campaigns():
        rows += Campaign(campaign["id"]).get_insights(fields=["spend", "campaign_id"], params=DAILY)
    spent = sum(round(float(row["spend"]) * 100) for row in rows)
    assert spent == sum(row["spend_minor"] for row in read_ledger(sandbox).values())


def test_a_report_run_ends_with_the_same_rows(account, fail_with):
    params = {**DAILY, "level": "ad", "breakdowns": ["publisher_platform"]}
    expected = [dict(row) for row in account.get_insights(fields=["spend", "ad_id"], params=params)]
    run = account.get_insights(fields=["spend", "ad_id"], params=params, is_async=True)
    early = fail_with(lambda: list(run.get_insights()))
    assert early.api_error_code() == 2601
    states = []
    while not states or states[-1] != ("Job Completed", 100):
        seen = run.api_get(
            fields=[AdReportRun.Field.async_status, AdReportRun.Field.async_percent_completion]
        )
        states.append((seen["async_status"], seen["async_percent_completion"]))
    assert states == [("Job Not Started", 0), ("Job Running", 40), ("Job Completed", 100)]
    assert [dict(row) for row in run.get_insights(params={"limit": 100})] == expected


def test_too_big_a_question_is_sent_to_the_report_queue(account, fail_with):
    year = {"since": "2025-01-01", "until": "2025-11-30"}
    params = {"level": "ad", "breakdowns": ["publisher_platform"], "time_range": year}
    error = fail_with(lambda: account.get_insights(params=params))
    assert (error.api_error_code(), error.api_error_subcode()) == (100, 1504018)
    assert account.get_insights(params=params, is_async=True)["report_run_id"]


@pytest.mark.parametrize(
    ("params", "code", "subcode"),
    [
        ({"time_range": '{"since":"2022-10-30","until":"2022-11-30"}'}, 3018, None),
        ({"breakdowns": '["age","gender"]'}, 100, 1504041),
        ({"breakdowns": "shoe_size"}, 100, None),
        ({"time_range": '{"since":"2025-11-30","until":"2025-11-01"}'}, 100, 1487534),
        ({"time_range": "last week"}, 100, None),
        ({"level": "galaxy"}, 100, None),
    ],
)
def test_a_bad_question_gets_the_vendors_error(web, params, code, subcode):
    answer = web.get(f"/{ACT}/insights", params=params)
    assert answer.status_code == 400
    assert (answer.json()["error"]["code"], answer.json()["error"].get("error_subcode")) == (code, subcode)


def test_an_unknown_field_is_error_100(account, web):
    answer = web.get(f"/{ACT}/campaigns", params={"fields": "id,shoe_size"})
    expected = "(#100) Tried accessing nonexisting field (shoe_size) on node type (Campaign)"
    assert answer.json()["error"]["message"] == expected
    assert web.get(f"/{ACT}/insights", params={"fields": "shoe_size"}).json()["error"]["code"] == 100


def test_a_retired_version_is_error_2635(sandbox, fail_with, open_sdk):
    open_sdk(sandbox.url, "meta_ads", version="v24.0")
    error = fail_with(lambda: AdAccount(ACT).get_campaigns())
    assert error.api_error_code() == 2635
    open_sdk(sandbox.url, "meta_ads", version="v25.0")
    assert list(AdAccount(ACT).get_campaigns())
    open_sdk(sandbox.url, "meta_ads")


@pytest.mark.parametrize(
    ("params", "code", "subcode"),
    [
        ({}, 104, None),
        ({"access_token": "someone"}, 190, None),
        ({"access_token": "sandbox-expired_token"}, 190, 463),
        ({**TOKEN, "appsecret_proof": "0" * 64}, 100, None),
    ],
)
def test_a_wrong_token_is_refused(sandbox, params, code, subcode):
    answer = httpx.get(f"{sandbox.url}/meta_ads/v26.0/{ACT}/campaigns", params=params)
    assert answer.status_code in (400, 401)
    assert (answer.json()["error"]["code"], answer.json()["error"].get("error_subcode")) == (code, subcode)


def test_the_token_may_come_as_a_header(sandbox):
    headers = {"Authorization": "Bearer sandbox-access_token"}
    assert httpx.get(f"{sandbox.url}/meta_ads/v26.0/{ACT}/campaigns", headers=headers).status_code == 200


def test_usage_headers_count_every_call(web):
    usages = []
    for _ in range(2):
        headers = web.get(f"/{ACT}/insights", params={"date_preset": "last_7d"}).headers
        [[entry]] = json.loads(headers["x-business-use-case-usage"]).values()
        assert entry["type"] == "ads_insights"
        assert entry["ads_api_access_tier"] == "development_access"
        assert "x-app-usage" in headers
        usages.append(json.loads(headers["x-ad-account-usage"])["acc_id_util_pct"])
    assert usages[1] > usages[0] > 0


def test_a_batch_answers_each_call(account):
    codes = []
    batch = account.get_api_assured().new_batch()
    for node in ("me", "nothing"):
        batch.add(
            "GET",
            (node,),
            success=lambda r: codes.append(r.status()),
            failure=lambda r: codes.append(r.status()),
        )
    batch.execute()
    assert codes == [200, 400]
