import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest

from channels import meta, meta_ads
from channels.connection import Answer, Connection
from channels.contract import Account, Span
from channels.records import read_frame, read_whole
from core.context import Context
from core.errors import (
    AuthExpired,
    Conflict,
    MissingScope,
    NotFound,
    RateLimited,
    Rejected,
    Unsupported,
    VendorDown,
)
from core.operation import REGISTRY
from core.time import Days, FixedClock

ACCOUNT = Account("act_1", "Shop", "EUR", "Europe/Berlin")
CLOCK = FixedClock(datetime(2026, 8, 1, tzinfo=UTC))
ROW = {
    "date_start": "2026-08-01",
    "date_stop": "2026-08-01",
    "account_currency": "EUR",
    "campaign_id": "1",
    "adset_id": "2",
    "ad_id": "3",
    "publisher_platform": "facebook",
    "impressions": "900",
    "clicks": "31",
    "spend": "12.34",
}


def pairs(**values):
    return [{"action_type": name.replace("__", "."), "value": value} for name, value in values.items()]


def to_row(**changes):
    frame = read_frame(meta_ads.channel.stream("ad_insights"), [{**ROW, **changes}])
    return meta_ads.to_ad_daily(frame, ACCOUNT).to_dicts()[0]


# --- rows --------------------------------------------------------------------------------------
def test_overlapping_purchases_are_never_added():
    same = {"omni_purchase": "3", "purchase": "3", "offsite_conversion__fb_pixel_purchase": "2"}
    worth = {"purchase": "170.00", "omni_purchase": "180.00"}
    row = to_row(actions=pairs(link_click="18", **same), action_values=pairs(**worth))
    assert (row["claimed_conversions"], row["claimed_value_micros"]) == (3.0, 180_000_000)
    assert row["claim_action"] == "omni_purchase"


def test_one_fallback_is_taken_with_its_own_value():
    row = to_row(actions=pairs(purchase="2"), action_values=pairs(omni_purchase="1.00", purchase="9.99"))
    assert (row["claimed_conversions"], row["claimed_value_micros"]) == (2.0, 9_990_000)
    assert row["claim_action"] == "purchase"


def test_a_row_without_purchases_claims_none():
    row = to_row(actions=pairs(link_click="5"))
    assert (row["claimed_conversions"], row["claimed_value_micros"]) == (0.0, 0)
    assert (row["claim_window"], row["claim_model"]) == ("7d_click_1d_view", "meta_unified")


def test_the_window_a_row_names_is_kept():
    assert to_row(attribution_setting="1d_click")["claim_window"] == "1d_click"


@pytest.mark.parametrize(
    ("spend", "expected"),
    [
        ("12.34", 12_340_000),
        ("0.1", 100_000),
        ("2000", 2_000_000_000),
        ("1,5", None),
        ("", None),
        ("0.07", 70_000),
    ],
)
def test_spend_is_exact_or_null(spend, expected):
    assert to_row(spend=spend)["spend_micros"] == expected


# --- errors ------------------------------------------------------------------------------------
def refusal(code, subcode=None, *, headers=MappingProxyType({}), **more):
    error = {"message": "no", "code": code, **({"error_subcode": subcode} if subcode else {}), **more}
    return Answer(400, httpx.Headers(headers), json.dumps({"error": error}).encode(), "")


@pytest.mark.parametrize(
    ("code", "subcode", "error"),
    [
        (190, 463, AuthExpired),
        (102, None, AuthExpired),
        (10, None, MissingScope),
        (294, None, MissingScope),
        (17, 2446079, RateLimited),
        (80000, None, RateLimited),
        (4, 2207051, Rejected),
        (9, 2207042, RateLimited),
        (2, 1504038, VendorDown),
        (2, 1504041, Rejected),
        (-2, 2490547, VendorDown),
        (100, 33, NotFound),
        (100, 1885650, Rejected),
        (506, None, Conflict),
        (368, None, Rejected),
        (2635, None, Rejected),
    ],
)
def test_a_code_becomes_the_error_that_says_what_to_do(code, subcode, error):
    assert type(meta.check(refusal(code, subcode))) is error


def test_a_transient_mark_makes_an_unknown_code_worth_a_retry():
    assert type(meta.check(refusal(999_999, is_transient=True))) is VendorDown


def test_a_refusal_inside_http_200_is_one():
    body = b'{"error":{"message":"no","code":190}}'
    assert type(meta.check(Answer(200, {}, body, ""))) is AuthExpired


def usage(**values):
    told = {"type": "ads_insights", "call_count": 1, "estimated_time_to_regain_access": 0, **values}
    return {"X-Business-Use-Case-Usage": json.dumps({"1900": [told]}), "X-App-Usage": '{"call_count":3}'}


def test_a_rate_limit_tells_the_vendors_minutes():
    error = meta.check(refusal(80000, headers=usage(estimated_time_to_regain_access=7)))
    assert error.retry_after == timedelta(minutes=7)


@pytest.mark.parametrize(
    ("percent", "minutes", "seconds"), [(10, 0, 0), (75, 0, 0), (85, 0, 2.5), (95, 4, 240), (100, 0, 3600)]
)
def test_calls_slow_down_from_75_and_stop_at_95_percent(percent, minutes, seconds):
    headers = usage(call_count=percent, estimated_time_to_regain_access=minutes)
    assert meta.pace(Answer(200, httpx.Headers(headers), b"{}", "")) == seconds


# --- reports -----------------------------------------------------------------------------------
class Reports:
    """A vendor whose reports of more than `most` days fail, and who answers nothing big at once."""

    def __init__(self, most):
        self.most, self.runs, self.asked = most, {}, Counter()

    def __call__(self, request):
        method, address, _, body = request
        path, query = urlsplit(address).path, parse_qs(urlsplit(address).query)
        self.asked[method] += 1
        if method == "POST":
            run = str(9000 + len(self.runs))
            self.runs[run] = self._days(parse_qs(body.decode()))
            return self._say({"report_run_id": run})
        node = path.split("/")[3]
        if node == "act_1":
            return refusal_body(100, 1504018) if len(self._days(query)) > 2 else self._rows(self._days(query))
        if path.endswith("/insights"):
            return self._rows(self.runs[node])
        failed = len(self.runs[node]) > self.most
        done = {"async_status": "Job Completed", "async_percent_completion": 100}
        return self._say({"async_status": "Job Failed", "async_percent_completion": 0} if failed else done)

    def _days(self, asked):
        told = json.loads(asked["time_range"][0])
        return Days(date.fromisoformat(told["since"]), date.fromisoformat(told["until"]))

    def _rows(self, days):
        rows = [{**ROW, "date_start": str(one.first)} for one in days.split(1)]
        return self._say({"data": rows, "paging": {"cursors": {"after": "MQ"}}})

    def _say(self, content):
        return 200, {}, json.dumps(content).encode()


def refusal_body(code, subcode):
    return 400, {}, refusal(code, subcode, is_transient=True).body


@pytest.fixture
def connect_to(vendor):
    connections = []

    def connect_to(reports):
        vendor.script = [reports]
        fields = {"access_token": "tok-en", "app_secret": "sec-ret"}
        connections.append(Connection(meta_ads.channel, fields, CLOCK, vendor.url))
        connections[-1].sleep = lambda _: None
        return connections[-1]

    yield connect_to
    for connection in connections:
        connection.close()


def read_days(connection, count):
    days = Days.ending(date(2026, 7, 31), count)
    pages = meta_ads.read_ad_days(connection, ACCOUNT, Span(CLOCK.at, days=days))
    return [row["date_start"] for row in read_whole(pages)], [str(d.first) for d in days.split(1)]


def test_a_short_range_is_read_at_once(connect_to):
    reports = Reports(most=31)
    got, expected = read_days(connect_to(reports), 2)
    assert got == expected
    assert not reports.runs


def test_a_range_too_big_to_answer_becomes_a_report(connect_to, waits):
    reports = Reports(most=31)
    got, expected = read_days(connect_to(reports), 5)
    assert got == expected
    assert len(reports.runs) == 1


def test_a_failed_report_is_asked_again_in_halves(connect_to):
    reports = Reports(most=8)
    got, expected = read_days(connect_to(reports), 31)
    assert got == expected
    assert sorted(len(days) for days in reports.runs.values()) == [7, 8, 8, 8, 15, 16, 31]


def test_a_report_that_fails_to_the_last_eighth_is_vendor_down(connect_to):
    with pytest.raises(VendorDown, match="could not make the report"):
        read_days(connect_to(Reports(most=1)), 31)


def test_a_report_that_never_ends_is_given_up(connect_to, monkeypatch):
    monkeypatch.setattr(meta_ads, "REPORT_SECONDS", 30)

    def never(request):
        running = {"async_status": "Job Running", "async_percent_completion": 40}
        return 200, {}, json.dumps({"report_run_id": "1"} if request[0] == "POST" else running).encode()

    with pytest.raises(VendorDown, match="half an hour"):
        read_days(connect_to(never), 31)


def test_the_same_page_twice_is_not_followed_for_ever(connect_to):
    page = json.dumps({"data": [ROW], "paging": {"cursors": {"after": "MQ"}, "next": "https://x"}}).encode()
    with pytest.raises(VendorDown, match="same page twice"):
        read_days(connect_to(lambda _: (200, {}, page)), 2)


def test_the_token_travels_in_a_header_with_its_proof(connect_to, vendor):
    read_days(connect_to(Reports(most=31)), 1)
    _, address, headers, _ = vendor.seen[0]
    assert headers["Authorization"] == "Bearer tok-en"
    assert "tok-en" not in address
    assert len(parse_qs(urlsplit(address).query)["appsecret_proof"][0]) == 64


# --- against the twin --------------------------------------------------------------------------
@pytest.fixture
def live(open_channel):
    connection = open_channel("meta_ads")
    return connection, meta_ads.list_accounts(connection)[0]


@pytest.fixture
def ctx(open_channel, market_now):
    services = {"connect": open_channel}
    return Context(uuid4(), "tester", frozenset("*"), FixedClock(market_now), services)


def sum_days(rows):
    total = Counter()
    for row in rows:
        total[str(row["day_on"]), "spend"] += row["spend_micros"]
        total[str(row["day_on"]), "impressions"] += row["impressions"]
        total[str(row["day_on"]), "claimed"] += row["claimed_conversions"]
        total[str(row["day_on"]), "value"] += row["claimed_value_micros"]
    return {key: value for key, value in total.items() if value}


@pytest.mark.parametrize("stream_name", ["ad_insights", "account_insights"])
def test_days_add_up_to_the_twins_ledger_to_the_minor_unit(live, sandbox, market_now, stream_name):
    connection, account = live
    stream = meta_ads.channel.stream(stream_name)
    days = Days.ending(market_now.date() - timedelta(days=1), 20)
    pages = stream.pages(connection, account, Span(market_now, days=days))
    frame = read_frame(stream, [row for page in pages for row in page])
    (to_rows,) = stream.silver.values()
    asked = {"first": str(days.first), "last": str(days.last)}
    ledger = httpx.get(f"{sandbox.url}/_ledger/meta_ads", params=asked).json()
    assert sum_days(to_rows(frame, account).to_dicts()) == {
        key: value
        for line in ledger
        for key, value in {
            (line["day"], "spend"): line["spend_minor"] * 10_000,
            (line["day"], "impressions"): line["impressions"],
            (line["day"], "claimed"): line["claimed_conversions"],
            (line["day"], "value"): line["claimed_value_minor"] * 10_000,
        }.items()
        if value
    }


def test_a_retired_version_says_so(live, monkeypatch):
    monkeypatch.setattr(meta, "VERSION", "v20.0")
    with pytest.raises(Rejected, match=r"retired version v20\.0"):
        meta_ads.list_accounts(live[0])


def test_the_networks_of_an_ad_add_up_to_the_whole(ctx, live, market_now):
    last = market_now.date() - timedelta(days=1)
    asked = {
        "channel": "meta_ads",
        "account_id": live[1].id,
        "first_on": last - timedelta(days=2),
        "last_on": last,
    }
    ask = REGISTRY.get("ads.getPerformance").fn
    whole, parts = ask(ctx, **asked), [ask(ctx, **asked, network=n) for n in ("facebook", "instagram")]
    assert all(parts)
    assert sum(r.spend_micros for r in whole) == sum(r.spend_micros for part in parts for r in part)
    assert REGISTRY.get("ads.generateReport").fn(ctx, **asked) == whole


def test_an_account_the_token_does_not_read_is_not_found(ctx, market_now):
    day = market_now.date() - timedelta(days=1)
    ask = REGISTRY.get("ads.getPerformance").fn
    with pytest.raises(NotFound):
        ask(ctx, channel="meta_ads", account_id="act_5", first_on=day, last_on=day)


def test_a_page_has_no_ads(ctx, market_now):
    day = market_now.date()
    with pytest.raises(Unsupported) as caught:
        REGISTRY.get("ads.getPerformance").fn(
            ctx, channel="facebook", account_id="1", first_on=day, last_on=day
        )
    assert caught.value.source.startswith("https://")
