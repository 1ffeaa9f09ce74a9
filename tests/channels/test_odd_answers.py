"""Answers vendors were seen to give that no documentation shows, one section a kind."""

from __future__ import annotations

import json
from datetime import date
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from channels import facebook, google_ads, instagram, mailchimp, meta_ads, youtube
from channels.contract import Account, Gap
from channels.records import read_whole
from core.errors import MissingScope, RateLimited, VendorDown
from core.time import Days
from tests.channels.odd import (
    ACT,
    AD_ROW,
    DAY,
    PAGE,
    SHOP,
    google,
    read,
    records_of,
    refuse,
    say,
)


@pytest.mark.case("connectors/01")
@pytest.mark.parametrize(
    ("last", "kind"),
    [
        ({"error": {"code": 503, "status": "UNAVAILABLE", "message": "down"}}, VendorDown),
        ({"error": {"code": 13, "message": "internal"}}, VendorDown),
        ({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}, RateLimited),
        ({"error": "cut"}, VendorDown),
        (None, VendorDown),
    ],
)
def test_a_stream_that_breaks_off_is_a_failed_read(play, waits, last, kind):
    def answer(request):
        calls.append(request.url.path)
        return say([{"results": [{"campaign": {"id": "11"}}]}, last])

    calls = []
    connection = play(google_ads.channel, google(answer))
    connection.memo["reach"] = {"500": (Account("500", "A", "EUR", "Europe/Berlin"), "")}
    with pytest.raises(kind):
        read(google_ads.channel, connection, "ad_performance", Account("500", "A", "EUR", "UTC"),
             days=Days.ending(DAY, 2))  # fmt: skip
    assert calls


@pytest.mark.case("connectors/01")
def test_a_list_of_clients_that_breaks_off_loses_no_account_in_silence(play, waits):
    broken = [{"results": [{"customerClient": {"id": "500"}}]}, {"error": {"code": 503}}]
    connection = play(google_ads.channel, google(lambda _: say(broken)), login_customer_id="1")
    with pytest.raises(VendorDown):
        google_ads.channel.accounts(connection)


@pytest.mark.case("connectors/01")
@pytest.mark.parametrize("body", [{}, {"type": "x", "title": "Internal", "status": 500}, {"lists": None}])
def test_a_mailchimp_answer_without_its_list_is_no_empty_list(play, waits, body):
    connection = play(mailchimp.channel, lambda _: say(body), dc="us1")
    with pytest.raises(VendorDown):
        read(mailchimp.channel, connection, "lists", SHOP)


# --- one odd account ----------------------------------------------------------------------------
@pytest.mark.case("connectors/03")
@pytest.mark.parametrize(
    "odd",
    [
        {"id": "act_8", "account_status": 101},
        {"id": "act_8", "name": "A", "currency": "", "timezone_name": "Europe/Berlin"},
        {"id": "act_8", "name": "A", "currency": "EUR", "timezone_name": "Nowhere/At_all"},
        {"id": "act_8", "name": "A", "currency": "EUR", "timezone_name": None},
    ],
)
def test_an_unfinished_ad_account_is_left_out_and_named(play, odd):
    good = {"id": "act_7", "name": "Shop", "currency": "EUR", "timezone_name": "Europe/Berlin"}
    connection = play(meta_ads.channel, lambda _: say({"data": [odd, good]}))
    accounts = meta_ads.channel.accounts(connection)
    assert list(accounts) == [ACT]
    assert [one.id for one in accounts.left_out] == ["act_8"]


@pytest.mark.case("connectors/03")
def test_a_name_that_is_missing_is_no_reason(play):
    pages = [{"id": "1122", "access_token": "t"}, None]
    (account,) = facebook.channel.accounts(play(facebook.channel, lambda _: say({"data": pages})))
    assert (account.id, account.name) == ("1122", "1122")


@pytest.mark.case("connectors/03")
def test_a_client_without_currency_is_left_out_and_suspended_ones_are_read(play):
    clients = [
        {"id": "500", "status": "ENABLED", "currencyCode": "EUR", "timeZone": "Europe/Berlin"},
        {"id": "501", "manager": False, "status": "ENABLED", "level": "1"},
        {"id": "502", "status": "SUSPENDED", "currencyCode": "EUR", "timeZone": "Europe/Berlin"},
        {"id": "503", "status": "CANCELED", "currencyCode": "EUR", "timeZone": "Europe/Berlin"},
        {"id": "1", "manager": True},
    ]
    rows = [{"results": [{"customerClient": client} for client in clients] + [{}]}]
    connection = play(google_ads.channel, google(lambda _: say(rows)), login_customer_id="1")
    accounts = google_ads.channel.accounts(connection)
    assert [account.id for account in accounts] == ["500", "502"]
    assert [one.id for one in accounts.left_out] == ["501", "503", "an account without an id"]


@pytest.mark.case("connectors/04")
@pytest.mark.parametrize(
    ("family", "code", "status"),
    [
        ("authorizationError", "USER_PERMISSION_DENIED", 403),
        ("authorizationError", "CUSTOMER_NOT_ENABLED", 403),
        ("authenticationError", "NOT_ADS_USER", 401),
        ("requestError", "INVALID_CUSTOMER_ID", 400),
    ],
)
def test_a_denied_customer_costs_itself(play, family, code, status):
    def answer(request):
        if request.method == "GET":
            return say({"resourceNames": ["customers/600", "customers/500"]})
        if "/600/" in request.url.path:
            failure = {"errors": [{"errorCode": {family: code}, "message": "No."}]}
            return say([{"error": {"code": status, "details": [failure]}}], status)
        client = {"id": "500", "status": "ENABLED", "currencyCode": "EUR", "timeZone": "Europe/Berlin"}
        return say([{"results": [{"customerClient": client}]}])

    accounts = google_ads.channel.accounts(play(google_ads.channel, google(answer)))
    assert [account.id for account in accounts] == ["500"]
    assert [one.id for one in accounts.left_out] == ["600"]


# --- one refused object -------------------------------------------------------------------------
NOT_ENOUGH = (10, {"message": "(#10) Not enough viewers for the media to show insights"})
BEFORE = (100, {"error_subcode": 2108006, "error_user_msg": "The media was posted before ..."})
NO_VIEWS = (100, {"message": "(#100) The Media Insights API does not support the views metric for this."})


def media_of(pages, refusals):
    """Instagram media in pages; `refusals(medium, names)` gives `(code, more)` or None."""

    def answer(request):
        if request.method == "GET":
            if request.url.path.endswith("/me/accounts"):
                return say({"data": [{"id": "p", "instagram_business_account": {"id": "1784"}}]})
            at = int(request.url.params.get("after", 0))
            nodes = [{"id": m, "timestamp": "2026-09-01T00:00:00+0000"} for m in pages[at]]
            more = {"cursors": {"after": str(at + 1)}, "next": "https://graph.facebook.com/x"}
            return say({"data": nodes, "paging": more if at + 1 < len(pages) else {}})
        parts = []
        for call in json.loads(parse_qs(request.content.decode())["batch"][0]):
            address = urlsplit(call["relative_url"])
            names = unquote(parse_qs(address.query)["metric"][0]).split(",")
            refused = refusals(address.path.split("/")[1], names)
            if refused:
                code, more = refused
                body = {"error": {"message": "Invalid parameter", "code": code, **more}}
            else:
                body = {"data": [{"name": name, "values": [{"value": 11}]} for name in names]}
            parts.append({"code": 400 if refused else 200, "body": json.dumps(body)})
        return say(parts)

    return answer


def views_of(play, pages, refusals):
    connection = play(instagram.channel, media_of(pages, refusals))
    found = read(instagram.channel, connection, "media_insights", Account("1784", "a", None, "UTC"))
    assert not [page for page in found if isinstance(page, Gap)]
    return {record["id"]: record.get("views") for record in records_of(found)}


@pytest.mark.case("connectors/05")
@pytest.mark.case("connectors/06")
@pytest.mark.parametrize("refusal", [NOT_ENOUGH, BEFORE])
def test_a_refused_medium_stays_without_numbers(play, refusal):
    views = views_of(play, [["m1", "m2", "m3"]], lambda medium, _: refusal if medium == "m1" else None)
    assert views == {"m1": None, "m2": 11, "m3": 11}


@pytest.mark.case("connectors/05")
def test_if_every_medium_is_refused_the_permission_is_missing(play):
    with pytest.raises(MissingScope):
        views_of(play, [["m1"], ["m2"]], lambda *_: NOT_ENOUGH)


@pytest.mark.case("connectors/06")
def test_an_account_whose_media_are_all_older_has_no_error(play):
    assert views_of(play, [["m1"], ["m2"]], lambda *_: BEFORE) == {"m1": None, "m2": None}


@pytest.mark.case("connectors/07")
@pytest.mark.parametrize("odd", [{"m1"}, {"m2"}, {"m1", "m2", "m3"}, {"m2", "m5"}])
def test_a_metric_one_medium_lacks_is_read_of_the_others(play, odd):
    pages = [["m1", "m2", "m3"], ["m4", "m5", "m6"]]
    views = views_of(play, pages, lambda m, names: NO_VIEWS if m in odd and "views" in names else None)
    assert views == {m: None if m in odd else 11 for page in pages for m in page}


@pytest.mark.case("connectors/07")
def test_a_withdrawn_metric_costs_few_calls(play):
    asked = []

    def refusals(medium, names):
        asked.append(names)
        return NO_VIEWS if "views" in names else None

    media = [[f"m{n}" for n in range(60)], [f"n{n}" for n in range(60)]]
    assert set(views_of(play, media, refusals).values()) == {None}
    assert len(asked) < 4 * 120


@pytest.mark.case("connectors/05")
def test_a_video_that_is_refused_costs_itself(play):
    def answer(request):
        if "video==v2" in request.url.params["filters"]:
            return say({"error": {"code": 403, "errors": [{"reason": "forbidden"}]}}, 403)
        return say({"columnHeaders": [{"name": "day"}, {"name": "views"}], "rows": [[str(DAY), 3]]})

    connection = play(youtube.channel, google(answer))
    found = read(youtube.channel, connection, "video_daily", PAGE, days=Days.ending(DAY, 1),
                 known=["v1", "v2", "v3"])  # fmt: skip
    assert [record["_video_id"] for record in records_of(found)] == ["v1", "v3"]
    assert [page.of for page in found if isinstance(page, Gap)] == ["v2"]


def test_a_refused_account_metric_leaves_the_other_columns(play):
    def refusals(_, names):
        return (10, {"message": "(#10) no"}) if "follows_and_unfollows" in names else None

    def answer(request):
        response = media_of([[]], refusals)(request)
        if request.method == "GET":
            return response
        parts = response.json()
        for part in parts:
            body = json.loads(part["body"])
            for metric in body.get("data", []):
                metric.update(total_value={"value": 11}, values=[])
            part["body"] = json.dumps(body)
        return say(parts)

    found = read(instagram.channel, play(instagram.channel, answer), "account_daily",
                 Account("1784", "a", None, "America/Los_Angeles"), days=Days.ending(DAY, 1))  # fmt: skip
    assert [record["views"] for record in records_of(found)] == [11]


# --- less at once -------------------------------------------------------------------------------
REDUCE = "Please reduce the amount of data you're asking for, then retry your request"
LISTS = [
    (meta_ads.channel, "ad_insights", ACT),
    (meta_ads.channel, "campaigns", ACT),
    (meta_ads.channel, "ads", ACT),
    (facebook.channel, "posts", PAGE),
    (instagram.channel, "media", PAGE),
]


@pytest.mark.case("connectors/08")
@pytest.mark.parametrize(("channel", "stream", "account"), LISTS)
@pytest.mark.parametrize(
    ("code", "more"),
    [(1, {"message": REDUCE, "status": 500}), (100, {"error_subcode": 1487534}), (2, {"message": REDUCE})],
)
@pytest.mark.parametrize("most", [50, 3])
def test_a_list_that_is_too_much_is_asked_for_in_smaller_pages(  # noqa: PLR0917
    play, waits, channel, stream, account, code, more, most
):
    def answer(request):
        if request.url.path.endswith("/me/accounts"):
            return say({"data": []})
        sizes.append(int(request.url.params["limit"]))
        return say({"data": [AD_ROW]}) if sizes[-1] <= most else refuse(code, **more)

    sizes = []
    found = read(channel, play(channel, answer), stream, account, days=Days.ending(DAY, 1))
    assert len(records_of(found)) == 1
    assert sizes[-1] <= most < sizes[-2]
    assert not waits


@pytest.mark.case("connectors/08")
def test_insights_that_stay_too_much_go_to_the_report_queue(play):
    def answer(request):
        if request.method == "POST":
            return say({"report_run_id": "9"})
        if request.url.path.endswith("/act_7/insights"):
            return refuse(100, error_subcode=1487534)
        if request.url.path.endswith("/9"):
            return say({"async_status": "Job Completed", "async_percent_completion": 100})
        return say({"data": [AD_ROW]})

    found = read(
        meta_ads.channel, play(meta_ads.channel, answer), "ad_insights", ACT, days=Days.ending(DAY, 1)
    )
    assert records_of(found) == [AD_ROW]


# --- reports ------------------------------------------------------------------------------------
@pytest.mark.case("connectors/09")
@pytest.mark.parametrize("stuck", [("Job Running", 99), ("Job Completed", 99), ("Job Started", 0)])
@pytest.mark.parametrize("length", [1, 20])
def test_a_report_that_stands_still_is_asked_for_again(play, stuck, length):
    def answer(request):
        if request.method == "POST":
            runs.append(str(101 + len(runs)))
            return say({"report_run_id": runs[-1]})
        node = request.url.path.split("/")[2]
        if request.url.path.endswith("/act_7/insights"):
            return refuse(100, error_subcode=1504018)
        if request.url.path.endswith("/insights"):
            return say({"data": [AD_ROW]})
        status, percent = stuck if node == "101" else ("Job Completed", 100)
        return say({"async_status": status, "async_percent_completion": percent})

    runs, slept = [], []
    connection = play(meta_ads.channel, answer)
    connection.sleep = slept.append
    found = read(meta_ads.channel, connection, "ad_insights", ACT, days=Days.ending(DAY, length))
    assert records_of(found) == [AD_ROW]
    assert sum(slept) < 600


@pytest.mark.case("connectors/09")
def test_days_without_a_report_are_a_gap_and_the_others_arrive(play):
    def answer(request):
        if request.method == "POST":
            form = parse_qs(request.content.decode())
            runs.append(json.loads(form["time_range"][0]))
            return say({"report_run_id": str(len(runs))})
        run = request.url.path.split("/")[2]
        is_first = runs[int(run) - 1]["since"] == "2026-08-20"
        if request.url.path.endswith("/insights"):
            return say({"data": [{**AD_ROW, "date_start": runs[int(run) - 1]["since"]}]})
        return say(
            {"async_status": "Job Failed" if is_first else "Job Completed", "async_percent_completion": 100}
        )

    runs = []
    found = read(meta_ads.channel, play(meta_ads.channel, answer), "ad_insights", ACT,
                 days=Days(date(2026, 8, 20), date(2026, 9, 4)))  # fmt: skip
    assert [page.because[:44] for page in found if isinstance(page, Gap)] == [
        "Meta could not make the report of 2026-08-20"
    ]
    assert [record["date_start"] for record in records_of(found)] == [
        "2026-08-22",
        "2026-08-24",
        "2026-08-28",
    ]
    with pytest.raises(VendorDown):
        read_whole(found)
