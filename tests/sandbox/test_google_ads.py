"""The Google Ads twin: its answers parse into the vendor's own messages, its writes change the market."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest
from google.ads.googleads.v26.errors.types.errors import GoogleAdsFailure
from google.ads.googleads.v26.services.types.google_ads_service import (
    MutateGoogleAdsRequest,
    MutateGoogleAdsResponse,
    SearchGoogleAdsResponse,
    SearchGoogleAdsStreamResponse,
)
from google.protobuf.json_format import ParseDict

from sandbox.google.tokens import LIFETIME_SECONDS, issue_token
from sandbox.google_ads import routes
from sandbox.google_ads.gaql import QueryError, parse_query
from sandbox.market import World, load_scenario
from sandbox.server import build_app

GRANT = {
    "grant_type": "refresh_token",
    "client_id": "sandbox-client_id",
    "client_secret": "sandbox-client_secret",
    "refresh_token": "sandbox-refresh_token",
}


class Ads:
    """A caller with a token."""

    def __init__(self, url):
        self.http = httpx.Client(base_url=f"{url}/google_ads", timeout=30)
        token = self.http.post("/token", data=GRANT).json()
        self.http.headers["Authorization"] = f"Bearer {token['access_token']}"
        name = self.http.get("/v26/customers:listAccessibleCustomers").json()["resourceNames"][0]
        self.path = f"/v26/{name}"
        self.name = name

    def post(self, method, body, **headers):
        return self.http.post(f"{self.path}/{method}", json=body, headers=headers)

    def stream(self, query):
        batches = self.post("googleAds:searchStream", {"query": query}).json()
        return [row for batch in batches for row in batch.get("results", [])]

    def refusal(self, method, body, **headers):
        answer = self.post(method, body, **headers)
        failure = answer.json()["error"]["details"][0]
        check = dict(failure)
        assert check.pop("@type").endswith("v26.errors.GoogleAdsFailure")
        ParseDict(check, GoogleAdsFailure.pb()())
        return answer.status_code, failure["errors"][0]["errorCode"]


@pytest.fixture(scope="module")
def ads(sandbox):
    caller = Ads(sandbox.url)
    yield caller
    caller.http.close()


@pytest.fixture(scope="module")
def clock(sandbox):
    return httpx.get(f"{sandbox.url}/_clock").json()


def all_days(clock):
    return f"segments.date BETWEEN '{clock['first_day']}' AND '{clock['today']}'"


def campaign_operations(name, amount="20000000"):
    root = "customers/4821093377"
    return [
        {
            "campaignBudgetOperation": {
                "create": {
                    "resourceName": f"{root}/campaignBudgets/-1",
                    "name": f"budget of {name}",
                    "amountMicros": amount,
                    "deliveryMethod": "STANDARD",
                    "explicitlyShared": False,
                }
            }
        },
        {
            "campaignOperation": {
                "create": {
                    "resourceName": f"{root}/campaigns/-2",
                    "name": name,
                    "status": "PAUSED",
                    "advertisingChannelType": "SEARCH",
                    "campaignBudget": f"{root}/campaignBudgets/-1",
                    "maximizeConversions": {},
                    "containsEuPoliticalAdvertising": "DOES_NOT_CONTAIN_EU_POLITICAL_ADVERTISING",
                }
            }
        },
        {
            "adGroupOperation": {
                "create": {
                    "resourceName": f"{root}/adGroups/-3",
                    "campaign": f"{root}/campaigns/-2",
                    "name": "group",
                    "type": "SEARCH_STANDARD",
                    "cpcBidMicros": "900000",
                }
            }
        },
        {
            "adGroupAdOperation": {
                "create": {
                    "adGroup": f"{root}/adGroups/-3",
                    "status": "ENABLED",
                    "ad": {
                        "finalUrls": ["https://shop.example/"],
                        "responsiveSearchAd": {
                            "headlines": [{"text": f"Headline {i}"} for i in range(3)],
                            "descriptions": [{"text": "Good"}, {"text": "Better"}],
                        },
                    },
                }
            }
        },
    ]


def test_every_level_of_a_daily_report_parses_into_the_vendors_message(ads, clock):
    metrics = ", ".join(
        f"metrics.{name}" for name in "impressions clicks cost_micros conversions_value".split()
    )
    levels = {
        "customer": "customer.id, customer.currency_code, customer.time_zone",
        "campaign": "campaign.id, campaign.name, campaign.status, campaign.advertising_channel_type,"
        " campaign_budget.amount_micros",
        "ad_group": "ad_group.id, ad_group.name, ad_group.status, campaign.id",
        "ad_group_ad": "ad_group_ad.ad.id, ad_group_ad.status, ad_group_ad.ad.type,"
        " ad_group_ad.ad.final_urls",
        "asset_group": "asset_group.id, asset_group.name, asset_group.status",
    }
    for resource, fields in levels.items():
        query = f"SELECT {fields}, segments.date, {metrics} FROM {resource} WHERE {all_days(clock)}"
        batches = ads.post("googleAds:searchStream", {"query": query}).json()
        for batch in batches:
            ParseDict(batch, SearchGoogleAdsStreamResponse.pb()())
        page = ads.post("googleAds:search", {"query": query}).json()
        ParseDict(page, SearchGoogleAdsResponse.pb()())
        assert page.get("results") == batches[0].get("results")


def test_campaign_days_add_up_to_the_ledger_and_performance_max_has_no_ads(ads, clock, sandbox):
    rows = ads.stream(
        "SELECT campaign.advertising_channel_type, segments.date,"
        " metrics.cost_micros, metrics.conversions_value"
        f" FROM campaign WHERE {all_days(clock)}"
    )
    ledger = httpx.get(f"{sandbox.url}/_ledger/google_ads").json()
    spent, claimed = {}, {}
    for row in rows:
        day = row["segments"]["date"]
        spent[day] = spent.get(day, 0) + int(row["metrics"]["costMicros"])
        claimed[day] = claimed.get(day, 0) + round(row["metrics"]["conversionsValue"] * 100)
    assert spent == {row["day"]: row["spend_minor"] * 10_000 for row in ledger}
    assert claimed == {row["day"]: row["claimed_value_minor"] for row in ledger}
    ads_spend = ads.stream(
        f"SELECT ad_group_ad.ad.id, metrics.cost_micros FROM ad_group_ad WHERE {all_days(clock)}"
    )
    without = [row for row in rows if row["campaign"]["advertisingChannelType"] == "PERFORMANCE_MAX"]
    rest = sum(spent.values()) - sum(int(row["metrics"]["costMicros"]) for row in without)
    assert sum(int(row["metrics"]["costMicros"]) for row in ads_spend) == rest


def test_conditions_order_and_limit_are_applied(ads, clock):
    rows = ads.stream(
        "SELECT campaign.name, segments.date, segments.ad_network_type, metrics.clicks FROM campaign"
        f" WHERE {all_days(clock)} AND campaign.status IN ('ENABLED') AND metrics.clicks > 0"
        " ORDER BY metrics.clicks DESC LIMIT 5"
    )
    clicks = [int(row["metrics"]["clicks"]) for row in rows]
    assert len(clicks) == 5
    assert clicks == sorted(clicks, reverse=True)


def test_pages_of_a_search_come_one_after_the_other_to_the_end(monkeypatch):
    monkeypatch.setattr(routes, "PAGE", 7)
    world = World(load_scenario("small", days=10, people=500))
    query = (
        f"SELECT campaign.id, segments.date, metrics.clicks FROM campaign WHERE {all_days(vars_of(world))}"
    )
    headers = {"Authorization": f"Bearer {issue_token(time.time() + 60)}"}

    async def read():
        transport = httpx.ASGITransport(build_app(world))
        async with httpx.AsyncClient(
            transport=transport, base_url="http://localhost", headers=headers
        ) as http:
            path = "/google_ads/v26/customers/4821093377/googleAds:"
            whole = (await http.post(f"{path}searchStream", json={"query": query})).json()
            pages, token = [], ""
            while token is not None:
                page = (await http.post(f"{path}search", json={"query": query, "pageToken": token})).json()
                pages.append(page["results"])
                token = page.get("nextPageToken")
            return [row for batch in whole for row in batch["results"]], pages

    rows, pages = asyncio.run(read())
    assert [row for page in pages for row in page] == rows
    assert {len(page) for page in pages[:-1]} == {7}
    assert len(pages) > 2


def vars_of(world):
    return {"first_day": world.first_day, "today": world.today}


def test_a_page_size_and_a_foreign_page_token_are_refused(ads, clock):
    query = f"SELECT campaign.id, segments.date, metrics.clicks FROM campaign WHERE {all_days(clock)}"
    assert "nextPageToken" not in ads.post("googleAds:search", {"query": query}).json()
    status, code = ads.refusal("googleAds:search", {"query": query, "pageSize": 5})
    assert (status, code) == (400, {"requestError": "PAGE_SIZE_NOT_SUPPORTED"})
    status, code = ads.refusal("googleAds:search", {"query": query, "pageToken": "nonsense"})
    assert code == {"requestError": "INVALID_PAGE_TOKEN"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT metrics.video_views FROM campaign", "UNRECOGNIZED_FIELD"),
        ("SELECT campaign.id, ad_group.id FROM campaign", "PROHIBITED_RESOURCE_TYPE_IN_SELECT_CLAUSE"),
        ("SELECT campaign.id, segments.date FROM campaign", "EXPECTED_FILTERS_ON_DATE_RANGE"),
        ("SELECT campaign.id FROM nothing", "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE"),
        ("SELECT campaign.id", "EXPECTED_FROM"),
        ("SELECT segments.date FROM campaign WHERE segments.date BETWEEN '2020-01-01' AND '2026-01-01'",
         "DATE_RANGE_TOO_WIDE"),
    ],
)  # fmt: skip
def test_a_wrong_query_is_refused_in_the_vendors_words(ads, query, code):
    assert ads.refusal("googleAds:searchStream", {"query": query}) == (400, {"queryError": code})


def test_a_query_is_read_with_strings_lists_and_ranges():
    query = parse_query(
        "SELECT a.b FROM c WHERE a.b NOT IN ('x', 'it\\'s') AND d LIKE '%y%' ORDER BY a.b DESC LIMIT 3"
    )
    assert query.where[0].values == ("x", "it's")
    assert query.order == (("a.b", True),)
    with pytest.raises(QueryError, match="unexpected"):
        parse_query("SELECT a FROM b WHERE c = 'open")


def test_a_campaign_with_budget_group_and_ad_is_made_in_one_request(ads):
    body = {
        "mutateOperations": campaign_operations("Launch [one]"),
        "partialFailure": False,
        "validateOnly": True,
    }
    ParseDict({**body, "customerId": "1"}, MutateGoogleAdsRequest.pb()())
    assert ads.post("googleAds:mutate", body).json() == {}
    find = (
        "SELECT campaign.id, campaign.status, campaign_budget.amount_micros"
        " FROM campaign WHERE campaign.name LIKE '%[one]%'"
    )
    assert ads.stream(find) == []
    made = ads.post("googleAds:mutate", {**body, "validateOnly": False}).json()
    ParseDict(made, MutateGoogleAdsResponse.pb()())
    names = [next(iter(one.values()))["resourceName"] for one in made["mutateOperationResponses"]]
    (row,) = ads.stream(find)
    assert row["campaign"]["status"] == "PAUSED"
    assert row["campaignBudget"]["amountMicros"] == "20000000"
    assert "~" in names[3]
    again = ads.post("googleAds:mutate", {**body, "validateOnly": False}).json()
    codes = [error["errorCode"] for error in again["error"]["details"][0]["errors"]]
    assert {"campaignError": "DUPLICATE_CAMPAIGN_NAME"} in codes
    assert {"campaignBudgetError": "DUPLICATE_NAME"} in codes
    budget = {"resourceName": names[0], "amountMicros": "30000000"}
    ads.post("campaignBudgets:mutate", {"operations": [{"update": budget, "updateMask": "amountMicros"}]})
    start = {"resourceName": names[1], "status": "ENABLED", "name": "not in the mask"}
    ads.post("campaigns:mutate", {"operations": [{"update": start, "updateMask": "status"}]})
    (row,) = ads.stream(find)
    assert (row["campaign"]["status"], row["campaignBudget"]["amountMicros"]) == ("ENABLED", "30000000")


def test_a_partial_failure_does_the_good_and_reports_the_bad(ads):
    good, bad = (
        {"create": {"name": f"part {i}", "amountMicros": amount}} for i, amount in enumerate(("5000000", "5"))
    )
    answer = ads.post("campaignBudgets:mutate", {"operations": [good, bad], "partialFailure": True}).json()
    assert answer["results"][1] == {}
    failure = answer["partialFailureError"]["details"][0]["errors"][0]
    assert failure["errorCode"] == {"campaignBudgetError": "NON_MULTIPLE_OF_MINIMUM_CURRENCY_UNIT"}
    assert failure["location"]["fieldPathElements"][0] == {"fieldName": "operations", "index": 1}


def test_the_statement_on_political_advertising_is_required(ads):
    operations = campaign_operations("No statement")
    del operations[1]["campaignOperation"]["create"]["containsEuPoliticalAdvertising"]
    _, code = ads.refusal("googleAds:mutate", {"mutateOperations": operations})
    assert code == {"mutateError": "EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED"}


def test_click_conversions_are_refused_to_newcomers(ads):
    answer = ads.http.post(f"{ads.path}:uploadClickConversions", json={"conversions": [{}]})
    code = answer.json()["error"]["details"][0]["errors"][0]["errorCode"]
    assert code == {"notAllowlistedError": "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE"}


@pytest.mark.parametrize(
    ("token", "code"),
    [
        (issue_token(time.time() - 1), "OAUTH_TOKEN_EXPIRED"),
        (issue_token(time.time() + LIFETIME_SECONDS)[:-1] + "x", "OAUTH_TOKEN_INVALID"),
    ],
    ids=["expired", "forged"],
)
def test_a_dead_token_is_refused(ads, token, code):
    headers = {"Authorization": f"Bearer {token}"}
    assert ads.refusal("googleAds:search", {"query": ""}, **headers) == (401, {"authenticationError": code})


def test_only_the_right_grant_gives_a_token(sandbox):
    url = f"{sandbox.url}/google_ads/token"
    wrong = httpx.post(url, data={**GRANT, "refresh_token": "other"})
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_grant")
    assert httpx.post(url, data={**GRANT, "client_id": "other"}).json()["error"] == "invalid_client"
    assert httpx.post(url, data=GRANT).json()["expires_in"] == LIFETIME_SECONDS


def test_other_customers_and_retired_versions_are_refused(ads):
    other = ads.http.post("/v26/customers/1112223333/googleAds:search", json={"query": ""})
    assert other.status_code == 403
    old = ads.http.post("/v22/customers/1112223333/googleAds:search", json={"query": ""}).json()
    assert old["error"]["details"][0]["errors"][0]["errorCode"] == {"requestError": "UNSUPPORTED_VERSION"}
    assert ads.http.get("/v23/customers:listAccessibleCustomers").status_code == 200


def test_operations_run_out_for_the_day(launch_sandbox):
    ads = Ads(launch_sandbox("--days", "2", "--people", "200").url)
    many = [{"update": {}, "updateMask": "x"}] * 9_999
    body = {"operations": many, "validateOnly": True, "partialFailure": True}
    ads.post("campaigns:mutate", body)
    status, code = ads.refusal("campaigns:mutate", body)
    ads.http.close()
    assert (status, code) == (429, {"quotaError": "RESOURCE_EXHAUSTED"})


def test_faults_come_in_the_vendors_envelope(ads):
    fault = {"X-Sandbox-Fault": "rate_limit:7"}
    answer = ads.post("googleAds:search", {"query": ""}, **fault)
    error = answer.json()["error"]["details"][0]["errors"][0]
    assert answer.status_code == 429
    assert error["details"]["quotaErrorDetails"]["retryDelay"] == "7s"
