"""Answers vendors were seen to give that no documentation shows, one section a kind."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
import pytest

from channels import facebook, google_ads, instagram, mailchimp, meta_ads, shopify, youtube
from channels.catalog import discover
from channels.connection import Answer, Connection
from channels.contract import Account, Gap, Span
from channels.paging import read_by_offset
from channels.records import read_frame, read_whole
from core.errors import MissingScope, NotFound, RateLimited, Rejected, SpreadersError, VendorDown
from core.time import Days, FixedClock

NOW = datetime(2026, 9, 10, 6, tzinfo=UTC)
DAY = date(2026, 9, 9)
ACT = Account("act_7", "Shop", "EUR", "Europe/Berlin")
PAGE = Account("1122", "Page", None, "America/Los_Angeles")
SHOP = Account("77", "Shop", "EUR", "Europe/Berlin")
AD_ROW = {
    "date_start": str(DAY),
    "date_stop": str(DAY),
    "account_currency": "EUR",
    "campaign_id": "1",
    "adset_id": "2",
    "ad_id": "31",
    "publisher_platform": "facebook",
    "impressions": "10",
    "clicks": "1",
    "spend": "1.00",
}


def say(body, status=200, **headers):
    return httpx.Response(status, json=body, headers=headers)


def refuse(code, message="No.", status=400, **more):
    return say({"error": {"message": message, "type": "OAuthException", "code": code, **more}}, status)


def read(channel, connection, stream, account, **span):
    pages = channel.stream(stream).pages(connection, account, Span(NOW, **span))
    return list(pages)


def records_of(pages):
    return [record for page in pages if not isinstance(page, Gap) for record in page]


# --- an error inside HTTP 200 --------------------------------------------------------------------
GOOGLE = {"client_id": "c", "client_secret": "s", "refresh_token": "r"}


def google(answer):
    def route(request):
        if request.url.path == "/token":
            return say({"access_token": "t", "expires_in": 3600})
        return answer(request)

    return route


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


# --- a list that moves --------------------------------------------------------------------------
@pytest.mark.case("connectors/10")
@pytest.mark.parametrize("moved", [[5], range(60), range(0, 1000, 2), [999], []])
def test_no_member_is_lost_when_others_change_meanwhile(play, moved):
    def answer(request):
        start, count = int(request.url.params["offset"]), int(request.url.params["count"])
        page = order[start : start + count]
        if not start:
            changed = [f"m{n}" for n in moved]
            order[:] = [m for m in order if m not in changed] + changed
        return say({"members": [{"id": m, "last_changed": "2026-09-10T00:00:00+00:00"} for m in page],
                    "total_items": len(order)})  # fmt: skip

    order = [f"m{n}" for n in range(2500)]
    connection = play(mailchimp.channel, answer, dc="us1")
    found = read(mailchimp.channel, connection, "members", SHOP, since=NOW, known=["L1"])
    assert {record["id"] for record in records_of(found)} == {f"m{n}" for n in range(2500)}


@pytest.mark.case("connectors/10")
def test_a_list_that_shrinks_while_it_is_read_loses_nobody():
    def ask(offset):
        page = people[offset : offset + 10]
        del people[:3]
        return page, None

    people = list(range(100))
    assert {one for page in read_by_offset(ask, 10, lambda n: n) for one in page} == set(range(100))


@pytest.mark.case("connectors/10")
def test_a_list_that_ends_before_its_end_is_not_whole():
    with pytest.raises(VendorDown):
        list(read_by_offset(lambda offset: ([] if offset else [1, 2], 50), 2, lambda n: n))


# --- nothing there ------------------------------------------------------------------------------
@pytest.mark.case("connectors/11")
@pytest.mark.parametrize("uploads", ["UU1", "", None])
def test_a_channel_that_never_uploaded_has_no_videos(play, uploads):
    def answer(request):
        if request.url.path.endswith("/channels"):
            return say({"items": [{"contentDetails": {"relatedPlaylists": {"uploads": uploads}}}]})
        return say({"error": {"code": 404, "errors": [{"reason": "playlistNotFound"}]}}, 404)

    assert records_of(read(youtube.channel, play(youtube.channel, google(answer)), "videos", PAGE)) == []


@pytest.mark.case("connectors/11")
def test_a_channel_that_is_gone_is_said(play):
    connection = play(youtube.channel, google(lambda _: say({"kind": "x", "pageInfo": {"totalResults": 0}})))
    with pytest.raises(NotFound):
        read(youtube.channel, connection, "videos", PAGE)


@pytest.mark.case("connectors/18")
def test_archived_and_deleted_ads_are_asked_for(play):
    asked = []

    def answer(request):
        asked.append(dict(request.url.params))
        return say({"data": []})

    connection = play(meta_ads.channel, answer)
    for stream in ("ad_insights", "campaigns", "adsets", "ads"):
        read(meta_ads.channel, connection, stream, ACT, days=Days.ending(DAY, 1))
    (filtering,) = json.loads(asked[0]["filtering"])
    assert {"ARCHIVED", "DELETED", "ACTIVE", "PAUSED"} <= set(filtering["value"])
    assert all({"ARCHIVED", "DELETED"} <= set(json.loads(one["effective_status"])) for one in asked[1:])


# --- lists without an end -----------------------------------------------------------------------
CIRCLE = {None: "A", "A": "B", "B": "C", "C": "A"}


def circle(request):
    if request.url.path.endswith("graphql.json"):
        asked = json.loads(request.content)["variables"]
        page = {"pageInfo": {"hasNextPage": True, "endCursor": CIRCLE[asked["after"]]}, "nodes": []}
        return say({"data": {"orders": page, "customers": page, "products": page}})
    if "graph" in request.url.host:
        after = CIRCLE[request.url.params.get("after")]
        return say(
            {"data": [], "paging": {"cursors": {"after": after}, "next": "https://graph.facebook.com"}}
        )
    return say({"items": [{"contentDetails": {"relatedPlaylists": {"uploads": "U"}}}],
                "nextPageToken": CIRCLE[request.url.params.get("pageToken")]})  # fmt: skip


@pytest.mark.case("connectors/19")
@pytest.mark.parametrize(
    ("channel", "stream"),
    [
        (meta_ads.channel, "campaigns"),
        (facebook.channel, "posts"),
        (instagram.channel, "media"),
        (shopify.channel, "orders"),
        (shopify.channel, "customers"),
        (shopify.channel, "products"),
        (youtube.channel, "videos"),
    ],
)
def test_a_list_that_leads_in_a_circle_ends_with_an_error(play, channel, stream):
    def answer(request):
        calls.append(request.url.path)
        assert len(calls) < 30
        return circle(request)

    calls = []
    with pytest.raises(VendorDown, match="same page twice"):
        read(channel, play(channel, google(answer)), stream, ACT, since=NOW)


@pytest.mark.case("connectors/22")
@pytest.mark.parametrize(
    "place",
    [
        "https://graph.facebook.com/v26.0/act_7/campaigns?limit=500&offset=500&access_token=x",
        "https://graph.facebook.com/v26.0/act_7/campaigns?__paging_token=abc&until=5",
    ],
)
def test_a_next_page_without_cursors_is_followed(play, place):
    def answer(request):
        is_next = "offset" in request.url.params or "until" in request.url.params
        assert "access_token" not in request.url.params
        return say({"data": [{"id": "2"}]} if is_next else {"data": [{"id": "1"}], "paging": {"next": place}})

    found = records_of(read(meta_ads.channel, play(meta_ads.channel, answer), "campaigns", ACT))
    assert [record["id"] for record in found] == ["1", "2"]


@pytest.mark.case("connectors/22")
@pytest.mark.parametrize(
    "place", ["https://evil.example/v26.0/act_7/campaigns?offset=5", "https://graph.facebook.com/x", "/y", 7]
)
def test_a_next_page_at_another_place_is_an_unfinished_read(play, place):
    hosts = set()

    def answer(request):
        hosts.add(request.url.host)
        return say({"data": [{"id": "1"}], "paging": {"next": place}})

    with pytest.raises(VendorDown, match="another place"):
        read(meta_ads.channel, play(meta_ads.channel, answer), "campaigns", ACT)
    assert hosts == {"graph.facebook.com"}


# --- headers ------------------------------------------------------------------------------------
@pytest.mark.case("connectors/20")
@pytest.mark.parametrize("name", ["X-App-Usage", "X-Business-Use-Case-Usage", "X-Ad-Account-Usage"])
@pytest.mark.parametrize(
    "value", ["null", "[]", '{"7":[null]}', '"80"', "80", '{"7":["x"]}', "{", '{"a":true}']
)
def test_a_usage_header_that_is_no_object_says_nothing(play, name, value):
    answer = lambda _: say({"data": [{"id": "1"}]}, **{name: value})  # noqa: E731
    assert len(records_of(read(meta_ads.channel, play(meta_ads.channel, answer), "campaigns", ACT))) == 1


@pytest.mark.case("connectors/21")
@pytest.mark.parametrize("name", discover())
@pytest.mark.parametrize(
    "told",
    ["99999999999999", "9" * 400, "1e400", "-5", "Fri, 31 Dec 9999 23:59:59 GMT", "nan", "soon", ""],
)
def test_a_wait_beyond_reason_is_bounded(play, waits, name, told):
    channel = discover()[name]
    headers = {"Retry-After": told, "Date": "Thu, 10 Sep 2026 06:00:00 GMT"}
    connection = play(channel, lambda _: say({"x": 1}, 429, **headers))
    with pytest.raises(SpreadersError) as caught:
        channel.accounts(connection)
    assert isinstance(caught.value, RateLimited)
    assert timedelta(0) <= caught.value.retry_after <= timedelta(days=1)


@pytest.mark.case("connectors/21")
@pytest.mark.parametrize("delay", ["99999999999999s", "inf", "nans", "", None, 7])
def test_a_quota_delay_beyond_reason_is_bounded(delay):
    failure = {"errorCode": {"quotaError": "RESOURCE_TEMPORARILY_EXHAUSTED"},
               "details": {"quotaErrorDetails": {"retryDelay": delay}}}  # fmt: skip
    body = json.dumps({"error": {"code": 429, "details": [{"errors": [failure]}]}}).encode()
    error = google_ads.check(Answer(429, {}, body, ""))
    assert timedelta(0) <= error.retry_after <= timedelta(days=1)


@pytest.mark.case("connectors/23")
def test_shopifys_status_430_is_waited_out(play, waits):
    def answer(request):
        calls.append(1)
        if len(calls) < 3:
            return say({"errors": "Security rejection"}, 430)
        return say({"data": {"customers": {"pageInfo": {"hasNextPage": False}, "nodes": [{"id": "1"}]}}})

    calls = []
    assert (
        len(records_of(read(shopify.channel, play(shopify.channel, answer), "customers", SHOP, since=NOW)))
        == 1
    )
    assert len(waits) == 2


# --- odd values ---------------------------------------------------------------------------------
@pytest.mark.case("connectors/24")
@pytest.mark.parametrize("stream", ["orders", "customers", "products"])
def test_a_null_among_nodes_is_put_aside(play, stream):
    def answer(_):
        nodes = [{"id": "1"}, None, {"id": "2"}]
        return say({"data": {stream: {"pageInfo": {"hasNextPage": False}, "nodes": nodes}}})

    found = records_of(read(shopify.channel, play(shopify.channel, answer), stream, SHOP, since=NOW))
    assert [record["id"] for record in found if record] == ["1", "2"]


@pytest.mark.case("connectors/27")
def test_a_mail_that_waits_has_no_report_and_an_empty_currency_is_none(play):
    reports = [
        {"id": "c2", "type": "rss", "list_id": "L1", "send_time": "", "emails_sent": 0},
        {"id": "c3", "list_id": "L1", "send_time": None, "emails_sent": 0},
        {"id": "c5", "list_id": "L1", "send_time": "2026-09-01T00:00:00+00:00", "emails_sent": 100,
         "ecommerce": {"total_orders": 0, "total_spent": 0, "currency_code": ""}},
    ]  # fmt: skip
    answer = lambda _: say({"reports": reports, "total_items": 3})  # noqa: E731
    found = records_of(
        read(mailchimp.channel, play(mailchimp.channel, answer, dc="us1"), "reports", SHOP, since=NOW)
    )
    assert [record["id"] for record in found] == ["c5"]
    stream = mailchimp.channel.stream("reports")
    (row,) = stream.silver["email_campaign"](read_frame(stream, found), SHOP).to_dicts()
    assert (row["sent"], row["currency"]) == (100, None)


def test_a_row_without_clicks_or_with_odd_claims_keeps_its_spend(play):
    odd = {k: v for k, v in AD_ROW.items() if k not in {"clicks", "impressions"}} | {"actions": {}}
    answer = lambda _: say({"data": [AD_ROW, odd]})  # noqa: E731
    found = records_of(
        read(meta_ads.channel, play(meta_ads.channel, answer), "ad_insights", ACT, days=Days.ending(DAY, 1))
    )
    stream = meta_ads.channel.stream("ad_insights")
    rows = stream.silver["ad_daily"](read_frame(stream, found), ACT)
    assert rows.select("clicks", "spend_micros").rows() == [(1, 1_000_000), (0, 1_000_000)]


def test_a_fraction_of_a_second_watched_is_a_number():
    stream = youtube.channel.stream("video_daily")
    record = {"_video_id": "v1", "day": str(DAY), "views": 3, "averageViewDuration": 61.5}
    assert stream.silver["post_daily"](read_frame(stream, [record]), PAGE)["views"].to_list() == [3]


@pytest.mark.case("connectors/02")
@pytest.mark.parametrize("name", discover())
@pytest.mark.parametrize("written", [rb"Sommer \ud83d", b"Sommer \xe9", rb"Sommer \u0000"])
def test_an_unreadable_character_costs_no_answer_of_any_channel(name, written):
    channel = discover()[name]
    body = b'{"data":{"name":"' + written + b'"},"items":[]}'
    connection = Connection(channel, {c.name: "x" for c in channel.credentials}, FixedClock(NOW))
    answer = Answer(200, {"Content-Type": "application/json"}, body, "")
    assert connection._judge(answer) is None
    assert answer.json()["data"]["name"] == "Sommer \ufffd"
    connection.close()


def test_an_error_nobody_described_is_said_once(play, waits):
    connection = play(meta_ads.channel, lambda _: say({"error": {"code": "odd", "message": ["?"]}}))
    with pytest.raises(Rejected):
        meta_ads.channel.accounts(connection)
