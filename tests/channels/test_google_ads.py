import json
from datetime import UTC, date, datetime, timedelta

import httpx
import polars as pl
import pytest

from channels.connection import Answer
from channels.contract import Account, Span
from channels.google_ads import channel, check, list_accounts, search
from channels.records import read_frame
from core.errors import (
    AuthExpired,
    BadInput,
    Conflict,
    MissingScope,
    NotFound,
    RateLimited,
    Rejected,
    VendorDown,
)
from core.time import Days, local_day

ACCOUNT = Account("111", "Shop", "EUR", "Europe/Berlin")
NOW = datetime(2026, 9, 1, tzinfo=UTC)
AUGUST = Days(date(2026, 8, 1), date(2026, 8, 31))
TOKEN = {"access_token": "ya29.first", "expires_in": 3599, "token_type": "Bearer"}


def failure(status, family, code, **more):
    error = {"errorCode": {family: code}, "message": "No.", **more}
    detail = {"@type": "type.googleapis.com/...GoogleAdsFailure", "errors": [error]}
    body = {
        "error": {"code": status, "message": "Request contains an invalid argument.", "details": [detail]}
    }
    return Answer(status, {}, json.dumps(body).encode(), "")


def test_errors_are_told_by_what_to_do_next():
    kinds = {
        ("authenticationError", "OAUTH_TOKEN_EXPIRED"): AuthExpired,
        ("authorizationError", "USER_PERMISSION_DENIED"): MissingScope,
        ("quotaError", "RESOURCE_EXHAUSTED"): RateLimited,
        ("internalError", "TRANSIENT_ERROR"): VendorDown,
        ("databaseError", "CONCURRENT_MODIFICATION"): Conflict,
        ("campaignError", "DUPLICATE_CAMPAIGN_NAME"): Conflict,
        ("requestError", "UNSUPPORTED_VERSION"): Rejected,
        ("queryError", "BAD_FIELD_NAME"): Rejected,
    }
    for (family, code), kind in kinds.items():
        error = check(failure(400, family, code))
        assert type(error) is kind
        assert code in error.message


def test_the_quota_says_itself_how_long_to_wait():
    details = {"quotaErrorDetails": {"rateScope": "DEVELOPER", "retryDelay": "42s"}}
    told = check(failure(429, "quotaError", "RESOURCE_TEMPORARILY_EXHAUSTED", details=details))
    assert told.retry_after == timedelta(seconds=42)
    daily = check(failure(429, "quotaError", "RESOURCE_EXHAUSTED"))
    assert daily.retry_after == timedelta(hours=1)


def test_a_refused_stream_sends_its_error_in_a_list():
    answer = failure(401, "authenticationError", "OAUTH_TOKEN_INVALID")
    listed = Answer(401, {}, b"[" + answer.body + b"]", "")
    assert isinstance(check(listed), AuthExpired)


def test_a_refused_consent_asks_to_connect_again():
    body = b'{"error":"invalid_grant","error_description":"Token has been expired or revoked."}'
    assert isinstance(check(Answer(400, {}, body, "")), AuthExpired)


def test_an_expired_access_token_is_renewed_once_and_the_call_repeated(play):
    tokens, calls = [], []

    def answer(request):
        if request.url.path == "/token":
            tokens.append(request.content)
            return httpx.Response(200, json={**TOKEN, "access_token": f"ya29.number{len(tokens)}"})
        calls.append(request.headers["authorization"])
        if len(calls) == 1:
            return httpx.Response(401, json={"error": {"code": 401, "status": "UNAUTHENTICATED"}})
        return httpx.Response(200, json=[{"results": [{"campaign": {"id": "1"}}]}])

    pages = list(search(play(channel, answer), "111", "SELECT campaign.id FROM campaign"))
    assert pages == [[{"campaign": {"id": "1"}}]]
    assert calls == ["Bearer ya29.number1", "Bearer ya29.number2"]
    assert b"grant_type=refresh_token" in tokens[0]
    assert b"refresh_token=test-refresh_token" in tokens[0]


def clients(*rows):
    keys = ("id", "manager", "status")
    full = {"descriptiveName": "Shop", "currencyCode": "EUR", "timeZone": "Europe/Berlin", "level": "0"}
    found = [{"customerClient": {**full, **dict(zip(keys, row, strict=True))}} for row in rows]
    return httpx.Response(200, json=[{"results": found}])


def test_managers_are_opened_and_their_accounts_read_through_them(play):
    def answer(request):
        path = request.url.path
        if path == "/token":
            return httpx.Response(200, json=TOKEN)
        if path.endswith(":listAccessibleCustomers"):
            return httpx.Response(200, json={"resourceNames": [f"customers/{n}" for n in (9, 5, 4)]})
        if "/customers/9/" in path:
            return clients(
                ("9", True, "ENABLED"),
                ("5", False, "ENABLED"),
                ("6", False, "ENABLED"),
                ("7", False, "CANCELED"),
            )
        if "/customers/4/" in path:
            return httpx.Response(
                403, content=failure(403, "authorizationError", "CUSTOMER_NOT_ENABLED").body
            )
        if "FROM customer_client" in request.content.decode():
            return clients(("5", False, "ENABLED"))
        logins[path.split("/")[3]] = request.headers.get("login-customer-id")
        return httpx.Response(200, json=[])

    logins = {}
    connection = play(channel, answer)
    found = list_accounts(connection)
    assert [account.id for account in found] == ["5", "6"]
    for account in found:
        list(channel.stream("account_performance").pages(connection, account, Span(NOW, days=AUGUST)))
    assert logins == {"5": None, "6": "9"}
    with pytest.raises(NotFound):
        channel.handler("ads.getPerformance")(connection, "404", AUGUST, None)


def record(**changes):
    plain = {
        "campaign": {"id": "2", "name": "Brand", "advertisingChannelType": "SEARCH"},
        "adGroup": {"id": "3", "name": "A"},
        "adGroupAd": {"ad": {"id": "4"}},
        "segments": {"date": "2026-08-01", "adNetworkType": "SEARCH"},
        "metrics": {
            "impressions": "900",
            "clicks": "12",
            "costMicros": "9007199254740993",
            "conversions": 3.5,
            "conversionsValue": 180.07,
        },
    }
    return {**plain, **changes}


def test_cost_stays_exact_to_the_micro_and_value_is_rounded_once():
    stream = channel.stream("ad_performance")
    value = {"metrics": {**record()["metrics"], "conversionsValue": 0.1 + 0.2}}
    rows = stream.silver["ad_daily"](read_frame(stream, [record(), record(**value)]), ACCOUNT)
    assert rows["spend_micros"].to_list() == [9007199254740993] * 2  # beyond what a float holds
    assert rows["claimed_value_micros"].to_list() == [180_070_000, 300_000]
    assert rows.row(0, named=True)["ad_name"] is None


def test_unreadable_numbers_become_null_not_a_guess():
    stream = channel.stream("ad_performance")
    broken = {"metrics": {**record()["metrics"], "clicks": "many", "costMicros": ""}}
    row = stream.silver["ad_daily"](read_frame(stream, [record(**broken)]), ACCOUNT).row(0, named=True)
    assert (row["clicks"], row["spend_micros"], row["impressions"]) == (None, None, 900)


def test_campaigns_without_ads_are_kept_and_those_with_ads_not_counted_twice():
    stream = channel.stream("campaign_performance")
    kinds = ["SEARCH", "PERFORMANCE_MAX", "DEMAND_GEN"]
    records = [
        record(campaign={"id": str(n), "name": kind, "advertisingChannelType": kind})
        for n, kind in enumerate(kinds)
    ]
    rows = stream.silver["ad_daily"](read_frame(stream, records), ACCOUNT)
    assert rows.select("campaign_id", "ad_set_id", "ad_id").rows() == [("1", "", "")]


def test_an_unknown_network_is_refused_before_the_vendor_is_asked(play):
    def answer(request):
        if request.url.path == "/token":
            return httpx.Response(200, json=TOKEN)
        return clients(("5", False, "ENABLED"))

    connection = play(channel, answer, login_customer_id="5")
    with pytest.raises(BadInput, match="YOUTUBE"):
        channel.handler("ads.getPerformance")(connection, "5", AUGUST, "x' OR 1=1")


# --- against the sandbox -------------------------------------------------------------------------------


def rows_of(connection, account, days, *streams):
    def read(name):
        stream = channel.stream(name)
        span = Span(NOW, days=days)
        records = [record for page in stream.pages(connection, account, span) for record in page]
        (to_rows,) = stream.silver.values()
        return to_rows(read_frame(stream, records), account)

    return pl.concat([read(name) for name in streams])


def test_ads_and_campaigns_without_ads_add_up_to_the_account_to_the_micro(open_channel, sandbox, market_now):
    connection = open_channel("google_ads")
    account = channel.accounts(connection)[0]
    days = Days.ending(local_day(market_now, account.timezone) - timedelta(days=1), 60)
    counts = ["impressions", "clicks", "spend_micros"]
    ads = rows_of(connection, account, days, "ad_performance", "campaign_performance")
    totals = rows_of(connection, account, days, "account_performance").select("day_on", *counts)
    assert ads.group_by("day_on").agg(pl.col(counts).sum()).sort("day_on").equals(totals.sort("day_on"))
    assert ads.filter(pl.col("ad_id") == "")["spend_micros"].sum() > 0
    ledger = pl.DataFrame(httpx.get(f"{sandbox.url}/_ledger/google_ads").json())
    known = ledger.filter(pl.col("day") <= str(days.last))
    assert totals["spend_micros"].sum() == known["spend_minor"].sum() * 10_000 > 0


def test_a_network_can_be_asked_for_alone(open_channel, market_now):
    connection = open_channel("google_ads")
    account = channel.accounts(connection)[0]
    days = Days.ending(local_day(market_now, account.timezone) - timedelta(days=1), 14)
    ask = channel.handler("ads.generateReport")
    everything = ask(connection, account.id, days, None)
    search_only = ask(connection, account.id, days, "search")
    assert {row.network for row in search_only} == {"search"}
    assert len(search_only) == sum(row.network == "search" for row in everything) < len(everything)
