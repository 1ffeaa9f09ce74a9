import json
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from channels import instagram, meta
from channels.connection import Connection
from channels.contract import Account, Span
from channels.meta_metrics import starts_at
from channels.records import read_frame
from core.context import Context
from core.errors import NotFound
from core.operation import REGISTRY
from core.time import Days, FixedClock, local_day

CLOCK = FixedClock(datetime(2026, 10, 5, tzinfo=UTC))
ACCOUNT = Account("1784", "shop", None, meta.TIMEZONE)
DAYS = Days(date(2026, 10, 1), date(2026, 10, 3))
REELS_ONLY = instagram.WATCH_TIME


class Accounts:
    """A vendor with one account, silent on the second day; `dead` names are withdrawn."""

    def __init__(self, dead=()):
        self.dead, self.requests, self.reads = set(dead), 0, []

    def __call__(self, request):
        method, address, _, body = request
        self.requests += 1
        if method == "POST":
            calls = json.loads(parse_qs(body.decode())["batch"][0])
            return 200, {}, json.dumps([self._part(call["relative_url"]) for call in calls]).encode()
        path = urlsplit(address).path
        if path.endswith("/media"):
            media = [{"id": "1", "media_product_type": "REELS"}, {"id": "2", "media_product_type": "FEED"}]
            return 200, {}, json.dumps({"data": media}).encode()
        page = {
            "id": "1",
            "name": "p",
            "access_token": "tk-page",
            "instagram_business_account": {"id": "1784"},
        }
        return 200, {}, json.dumps({"data": [page]}).encode()

    def _part(self, address):
        url = urlsplit(address)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        names = query["metric"].split(",")
        self.reads.append((url.path, names))
        if self.dead & set(names) or ("/2/" in url.path and REELS_ONLY in names):
            return {"code": 400, "body": '{"error":{"message":"(#100) metric[0] is none","code":100}}'}
        return {"code": 200, "body": json.dumps({"data": self._data(names, query)})}

    def _data(self, names, query):
        if "metric_type" not in query:
            return [{"name": n, "values": [{"value": 9}]} for n in names]
        if query["metric_type"] == "time_series":
            ends = ["2026-10-02T07:00:00+0000", "2026-10-04T07:00:00+0000"]
            return [{"name": "reach", "values": [{"value": 7, "end_time": end} for end in ends]}]
        if int(query["since"]) == starts_at(date(2026, 10, 2)):
            return []
        if query.get("breakdown"):
            results = [
                {"dimension_values": ["NON_FOLLOWER"], "value": 2},
                {"dimension_values": ["FOLLOWER"], "value": 5},
            ]
            return [{"name": names[0], "total_value": {"breakdowns": [{"results": results}]}}]
        return [{"name": n, "total_value": {"value": 11}} for n in names]


@pytest.fixture
def connect_to(vendor):
    connections = []

    def connect_to(accounts):
        vendor.script = [accounts]
        fields = {"access_token": "tok-en", "app_secret": "sec-ret"}
        connections.append(Connection(instagram.channel, fields, CLOCK, vendor.url))
        return connections[-1]

    yield connect_to
    for connection in connections:
        connection.close()


def read(connection, stream, **span):
    pages = instagram.channel.stream(stream).pages(connection, ACCOUNT, Span(CLOCK.at, **span))
    return [record for page in pages for record in page]


def test_a_day_joins_totals_reach_and_the_follow_split(connect_to):
    records = read(connect_to(Accounts()), "account_daily", days=DAYS)
    rows = instagram.to_account_daily(read_frame(instagram.channel.stream("account_daily"), records), ACCOUNT)
    told = rows.select("day_on", "views", "reach", "engagements", "follows", "unfollows").rows()
    assert told == [(date(2026, 10, 1), 11, 7, 11, 5, 2), (date(2026, 10, 3), 11, 7, 11, 5, 2)]


def test_a_day_the_vendor_is_silent_about_is_left_out_and_not_zero(connect_to):
    records = read(connect_to(Accounts()), "account_daily", days=DAYS)
    assert "2026-10-02" not in {record["_day"] for record in records}


def test_a_month_of_totals_takes_few_requests(connect_to):
    vendor = Accounts()
    read(connect_to(vendor), "account_daily", days=Days.ending(date(2026, 10, 3), 29))
    assert vendor.requests <= 4
    assert len(vendor.reads) == 59


def test_a_withdrawn_total_drops_out_and_the_rest_arrives(connect_to):
    records = read(connect_to(Accounts(dead={"reposts"})), "account_daily", days=DAYS)
    assert {"views", "shares"} <= records[0].keys()
    assert "reposts" not in records[0]


def test_each_kind_of_medium_is_asked_for_its_own_metrics(connect_to):
    vendor = Accounts()
    by_id = {record["id"]: record for record in read(connect_to(vendor), "media_insights")}
    assert by_id["1"][REELS_ONLY] == 9
    assert REELS_ONLY not in by_id["2"]
    assert by_id["2"]["reach"] == 9
    assert len(vendor.reads) == 2  # nothing was refused


def test_watch_time_is_seconds(connect_to):
    stream = instagram.channel.stream("media_insights")
    record = {"id": "1", "_day": "2026-10-01", REELS_ONLY: 61_999}
    rows = instagram.to_post_daily(read_frame(stream, [record]), ACCOUNT)
    assert rows["watch_seconds"].to_list() == [61]


def test_a_hashtag_comes_with_averages_over_its_popular_posts(connect_to):
    def answer(request):
        posts = [{"id": "1", "like_count": 10, "comments_count": 1}, {"id": "2", "like_count": 20}]
        found = posts if "top_media" in request[1] else [{"id": "17"}]
        return 200, {}, json.dumps({"data": found}).encode()

    connection = connect_to(answer)
    ctx = Context(uuid4(), "tester", frozenset("*"), CLOCK, {"connect": lambda _: connection})
    found = call(ctx, "instagram.searchHashtags", account_id="1784", query="coke")
    assert (found.hashtag_id, found.average_likes, found.average_comments) == ("17", 15.0, 1.0)


# --- against the twin --------------------------------------------------------------------------
@pytest.fixture
def ctx(open_channel, market_now):
    return Context(uuid4(), "tester", frozenset("*"), FixedClock(market_now), {"connect": open_channel})


@pytest.fixture
def account(open_channel):
    return instagram.list_accounts(open_channel("instagram"))[0]


@pytest.fixture
def best(open_channel, market_now, account):
    """The medium with the most comments."""
    connection = open_channel("instagram")
    pages = instagram.read_media_numbers(connection, account, Span(market_now))
    return max((record for page in pages for record in page), key=lambda r: r["comments_count"])


def call(ctx, name, **arguments):
    return REGISTRY.get(name).fn(ctx, **arguments)


def test_insights_are_one_row_a_day_with_every_number(ctx, market_now, account):
    days = Days.ending(local_day(market_now, account.timezone) - timedelta(days=1), 4)
    found = call(ctx, "instagram.getInsights", account_id=account.id, first_on=days.first, last_on=days.last)
    assert [row.day_on for row in found] == [one.first for one in days.split(1)]
    assert all(None not in row.model_dump().values() for row in found)


def test_comments_come_newest_first_and_no_more_than_asked(ctx, best):
    found = call(ctx, "instagram.getComments", media_id=best["id"])
    assert len(found) == best["comments_count"] > 0
    assert found == sorted(found, key=lambda comment: comment.commented_at, reverse=True)
    assert call(ctx, "instagram.getComments", media_id=best["id"], limit=1) == found[:1]


def test_engagement_is_interactions_per_person_reached(ctx, best):
    found = call(ctx, "instagram.getEngagement", media_id=best["id"])
    assert found.interactions == best["total_interactions"]
    assert found.engagement_rate == pytest.approx(best["total_interactions"] / best["reach"])


def test_followers_are_a_number_and_never_a_list(ctx, account):
    found = call(ctx, "instagram.getFollowers", account_id=account.id)
    assert found.followers_count > 0
    assert found.follows_4_weeks >= 0
    assert found.list_of_followers == "unsupported_by_vendor"


def test_a_hashtag_can_be_looked_up(ctx, account):
    found = call(ctx, "instagram.searchHashtags", account_id=account.id, query="#Outdoor")
    assert found.name == "outdoor"
    assert found.hashtag_id.isdigit()


@pytest.mark.parametrize("name", ["instagram.getComments", "instagram.getEngagement"])
def test_a_medium_that_is_not_there_is_not_found(ctx, name):
    with pytest.raises(NotFound):
        call(ctx, name, media_id="5")


def test_an_account_that_is_not_there_is_not_found(ctx):
    with pytest.raises(NotFound):
        call(ctx, "instagram.getFollowers", account_id="5")
