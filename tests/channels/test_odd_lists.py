"""Lists that move, end oddly or never, and odd headers and values, as vendors were seen to answer."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from channels import facebook, google_ads, instagram, mailchimp, meta_ads, shopify, youtube
from channels.catalog import discover
from channels.connection import Answer, Connection
from channels.paging import read_by_offset
from channels.records import read_frame
from core.errors import NotFound, RateLimited, Rejected, SpreadersError, VendorDown
from core.time import Days, FixedClock
from tests.channels.odd import (
    ACT,
    AD_ROW,
    DAY,
    NOW,
    PAGE,
    SHOP,
    google,
    read,
    records_of,
    say,
)


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
