import json
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from channels import facebook, meta
from channels.connection import Connection
from channels.contract import Account, Span
from channels.meta_metrics import Question, day_before, read_metrics, starts_at
from core.context import Context
from core.errors import MissingScope, NotFound, RateLimited, Rejected, Unsupported, VendorDown
from core.operation import REGISTRY
from core.time import Days, FixedClock, local_day

CLOCK = FixedClock(datetime(2026, 10, 5, tzinfo=UTC))
PAGE = Account("1122", "Shop", None, meta.TIMEZONE)
DAYS = Days(date(2026, 10, 1), date(2026, 10, 2))


def error_part(code, **more):
    return {
        "code": 400,
        "body": json.dumps({"error": {"message": "(#100) not a valid metric", "code": code, **more}}),
    }


class Pages:
    """A vendor with one page; a batch is answered part by part by `answer(path, query)`."""

    def __init__(self, answer):
        self.answer, self.batches = answer, []

    def __call__(self, request):
        method, _, headers, body = request
        if method == "GET":
            page = {"id": "1122", "name": "Shop", "access_token": "page-tok-en"}
            return 200, {}, json.dumps({"data": [page]}).encode()
        calls = json.loads(parse_qs(body.decode())["batch"][0])
        self.batches.append([urlsplit(call["relative_url"]) for call in calls])
        self.token = headers["Authorization"]
        parts = [self.answer(url.path, parse_qs(url.query)) for url in self.batches[-1]]
        return 200, {}, json.dumps(parts).encode()


def give(data):
    return {"code": 200, "body": json.dumps({"data": data})}


def series(name, *values):
    return {"name": name, "period": "day", "values": [{"value": v, "end_time": t} for v, t in values]}


FIRST, SECOND, THIRD = (f"2026-10-0{n}T07:00:00+0000" for n in (2, 3, 4))


@pytest.fixture
def connect_to(vendor):
    connections = []

    def connect_to(pages):
        vendor.script = [pages]
        fields = {"access_token": "tok-en", "app_secret": "sec-ret"}
        connections.append(Connection(facebook.channel, fields, CLOCK, vendor.url))
        return connections[-1]

    yield connect_to
    for connection in connections:
        connection.close()


def read_days(connection):
    return [r for page in facebook.read_page_days(connection, PAGE, Span(CLOCK.at, days=DAYS)) for r in page]


# --- days --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("end_time", "day"),
    [
        ("2026-07-02T07:00:00+0000", date(2026, 7, 1)),
        ("2026-12-02T08:00:00+0000", date(2026, 12, 1)),
        ("2026-12-02T07:00:00+0000", date(2026, 12, 1)),
        ("2026-07-02T08:00:00+0000", date(2026, 7, 1)),
    ],
)
def test_a_value_belongs_to_the_day_before_its_end(end_time, day):
    assert day_before(end_time) == day


def test_vendor_days_begin_at_pacific_midnight_in_summer_and_winter():
    assert starts_at(date(2026, 7, 1)) == datetime(2026, 7, 1, 7, tzinfo=UTC).timestamp()
    assert starts_at(date(2026, 12, 1)) == datetime(2026, 12, 1, 8, tzinfo=UTC).timestamp()


def test_series_become_one_record_a_day_and_days_not_asked_for_are_left_out(connect_to):
    data = [
        series("page_media_view", (5, FIRST), (6, SECOND), (7, THIRD)),
        series("page_follows", (100, FIRST), (101, SECOND)),
    ]
    pages = Pages(lambda *_: give(data))
    assert read_days(connect_to(pages)) == [
        {"_day": "2026-10-01", "end_time": FIRST, "page_media_view": 5, "page_follows": 100},
        {"_day": "2026-10-02", "end_time": SECOND, "page_media_view": 6, "page_follows": 101},
    ]
    assert pages.token == "Bearer page-tok-en"


# --- withdrawn metrics -------------------------------------------------------------------------
def refuse_views(path, query):
    names = query["metric"][0].split(",")
    return error_part(100) if "page_views_total" in names else give([series(n, (1, FIRST)) for n in names])


def test_a_withdrawn_metric_drops_out_and_the_rest_arrives(connect_to):
    pages = Pages(refuse_views)
    connection = connect_to(pages)
    (record,) = read_days(connection)
    assert record.keys() == {"_day", "end_time", *facebook.PAGE_METRICS} - {"page_views_total"}
    before = len(pages.batches)
    read_days(connection)
    assert len(pages.batches) == before + 1  # it is not asked for again


def test_an_object_without_any_metric_is_empty_and_spoils_no_other(connect_to):
    def answer(path, query):
        return error_part(100) if "/2/" in path else give([{"name": query["metric"][0], "values": []}])

    asked = [Question(n, str(n)) for n in (1, 2, 3)]
    found = dict(read_metrics(connect_to(Pages(answer)), asked, ["a", "b"], "post"))
    assert found[2] == []
    assert [len(found[1]), len(found[3])] == [1, 1]


def test_a_post_that_is_gone_has_no_numbers(connect_to):
    pages = Pages(lambda *_: error_part(100, error_subcode=33))
    assert list(read_metrics(connect_to(pages), [Question(1, "1")], ["a"], "post")) == [(1, [])]


def test_a_missing_permission_is_said(connect_to):
    pages = Pages(lambda *_: error_part(200))
    with pytest.raises(MissingScope):
        list(read_metrics(connect_to(pages), [Question(1, "1")], ["a"], "post"))


# --- batches -----------------------------------------------------------------------------------
def test_many_reads_travel_fifty_to_a_request(connect_to):
    pages = Pages(lambda *_: give([]))
    addresses = [f"{n}/insights" for n in range(120)]
    assert [address for address, _ in meta.read_batch(connect_to(pages), addresses)] == addresses
    assert [len(batch) for batch in pages.batches] == [50, 50, 20]


def test_a_read_not_done_in_time_is_asked_again(connect_to):
    late = {"/v26.0/1/insights"}

    def answer(path, query):
        if f"/{path}" in late:
            late.clear()
            return None
        return give([path])

    pages = Pages(answer)
    found = dict(meta.read_batch(connect_to(pages), ["1/insights", "2/insights"]))
    assert [body["data"] for body in found.values()] == [["v26.0/1/insights"], ["v26.0/2/insights"]]
    assert [len(batch) for batch in pages.batches] == [2, 1]


def test_a_read_that_never_gets_done_is_vendor_down(connect_to):
    with pytest.raises(VendorDown, match="unanswered"):
        list(meta.read_batch(connect_to(Pages(lambda *_: None)), ["1/insights"]))


def test_a_rate_limit_inside_a_batch_stops_it(connect_to, waits):
    with pytest.raises(RateLimited):
        list(meta.read_batch(connect_to(Pages(lambda *_: error_part(32))), ["1/insights"]))


# --- against the twin --------------------------------------------------------------------------
@pytest.fixture
def ctx(open_channel, market_now):
    return Context(uuid4(), "tester", frozenset("*"), FixedClock(market_now), {"connect": open_channel})


def call(ctx, name, **arguments):
    return REGISTRY.get(name).fn(ctx, **arguments)


def test_page_insights_are_those_of_the_stream(ctx, open_channel, market_now):
    connection = open_channel("facebook")
    page = facebook.list_accounts(connection)[0]
    days = Days.ending(local_day(market_now, page.timezone) - timedelta(days=1), 5)
    found = call(ctx, "facebook.getPageInsights", page_id=page.id, first_on=days.first, last_on=days.last)
    records = [r for p in facebook.read_page_days(connection, page, Span(market_now, days=days)) for r in p]
    assert [(str(d.day_on), d.views, d.followers) for d in found.days] == [
        (r["_day"], r["page_media_view"], r["page_follows"]) for r in records
    ]
    assert len(records) == 5
    assert found.followers_count >= 0


def test_post_engagement_is_that_of_the_stream(ctx, open_channel, market_now):
    connection = open_channel("facebook")
    page = facebook.list_accounts(connection)[0]
    stream = facebook.channel.stream("post_insights")
    posts = [r for p in stream.pages(connection, page, Span(market_now)) for r in p]
    post = max(posts, key=lambda r: r.get("post_media_view", 0))
    found = call(ctx, "facebook.getPostEngagement", post_id=post["id"])
    assert (found.views, found.clicks) == (post["post_media_view"], post["post_clicks"])
    assert found.reactions == post["reactions"]["summary"]["total_count"]


def test_ad_performance_is_that_of_the_ad_channel(ctx, open_channel, market_now):
    connection = open_channel("meta_ads")
    account = connection.channel.accounts(connection)[0]
    day = market_now.date() - timedelta(days=2)
    asked = {"account_id": account.id, "first_on": day, "last_on": day}
    found = call(ctx, "facebook.getAdPerformance", **asked)
    assert found
    assert found == call(ctx, "ads.getPerformance", channel="meta_ads", **asked)


def test_a_page_or_post_that_is_not_there_is_not_found(ctx, market_now):
    day = market_now.date()
    with pytest.raises(NotFound):
        call(ctx, "facebook.getPageInsights", page_id="5", first_on=day, last_on=day)
    with pytest.raises(NotFound):
        call(ctx, "facebook.getPostEngagement", post_id="5_6")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("facebook.createEvent", {"page_id": "1", "title": "Sale", "start_at": CLOCK.at}),
        ("facebook.updateEvent", {"event_id": "1"}),
        ("facebook.postToGroup", {"group_id": "1", "message": "hi"}),
    ],
)
def test_what_the_vendor_does_not_offer_is_refused_with_its_source(ctx, name, arguments):
    with pytest.raises(Unsupported) as caught:
        call(ctx, name, **arguments)
    assert caught.value.source.startswith("https://developers.facebook.com/")


def test_a_range_the_vendor_refuses_is_an_error_and_not_an_empty_answer(open_channel):
    """Error 100 stands for a withdrawn metric and for a bad range; only the first may be left out."""
    connection = open_channel("facebook")
    page = connection.get(f"/{meta.VERSION}/me/accounts").json()["data"][0]["id"]
    year = {"period": "day", "since": "2025-01-01", "until": "2025-12-31"}
    question = Question("year", page, year)
    with pytest.raises(Rejected, match="90 days"):
        list(read_metrics(connection, [question], ["page_media_view"], "page"))
