"""Only a complete read takes anything back; a fault costs its object, account or stream alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from channels.contract import Account, AccountList, Gap, LeftOut
from channels.objects import read_accounts, read_objects
from core.errors import AuthExpired, MissingScope, NotFound, RateLimited, VendorDown
from ingestion.runner import load_channel
from lake.delta import Lake
from tests.ingestion.vendor import KEY, TODAY, WORKSPACE, clock, filled, make_channel

YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


def load(lake, channel, day=TODAY, days=20):
    results = load_channel(
        lake, channel, None, workspace=WORKSPACE, clock=clock(day), days=days, hash_key=KEY
    )
    return {(one.stream, one.account_id): one for one in results}


def with_pages(channel, name, pages):
    streams = tuple(replace(s, pages=pages) if s.name == name else s for s in channel.streams)
    channel.streams = streams
    return channel


def rows_of(lake, table):
    return lake.read("silver", table, WORKSPACE)


def dropped(vendor):
    """Take an ad of a re-read day away and return the vendor."""
    del vendor.ads["acc1", YESTERDAY][0]
    return vendor


def gap_after(pages, gap):
    def read(connection, account, span):
        yield from pages(connection, account, span)
        yield gap

    return read


@pytest.mark.case("connectors/01")
@pytest.mark.parametrize("is_lasting", [False, True])
def test_a_read_with_a_gap_takes_nothing_back_and_says_so(lake, is_lasting):
    vendor = filled(days=20)
    load(lake, make_channel(vendor))
    gap = Gap("Page 2 did not come.", is_lasting=is_lasting)
    dropped(vendor)
    result = load(lake, with_pages(make_channel(vendor), "ads", gap_after(vendor.ad_pages, gap)))[
        "ads", "acc1"
    ]
    assert (result.deleted, result.notes) == (0, ["Page 2 did not come."])
    assert rows_of(lake, "ad_daily").height == 80
    assert load(lake, make_channel(vendor))["ads", "acc1"].deleted == 1


def test_a_gap_that_a_later_read_may_fill_keeps_the_watermark(lake):
    vendor = filled(days=20)
    short = with_pages(make_channel(vendor), "ads", lambda *_: iter([Gap("Nothing came.")]))
    load(lake, short)
    again = load(lake, make_channel(vendor))["ads", "acc1"]
    assert again.new == 80
    lasting = Gap("Nothing will come.", is_lasting=True)
    vendor.asked.clear()
    load(lake, with_pages(make_channel(vendor), "orders", gap_after(vendor.order_pages, lasting)), days=90)
    load(lake, make_channel(vendor), days=90)
    first, second = [span for stream, span in vendor.asked if stream == "orders"]
    assert first.since < second.since


@pytest.mark.case("connectors/24")
def test_a_record_without_shape_takes_no_other_for_gone(lake):
    vendor = filled(days=20)
    load(lake, make_channel(vendor))
    vendor.ads["acc1", YESTERDAY][0] = None
    result = load(lake, make_channel(vendor))["ads", "acc1"]
    assert (result.deleted, result.quarantined) == (0, 1)
    assert rows_of(lake, "ad_daily").height == 80
    assert "without a key" in result.notes[0]


@pytest.mark.case("connectors/12")
def test_a_parent_that_is_gone_keeps_its_history(lake):
    vendor = filled(days=5)
    stats = day_by_day(vendor)
    load(lake, with_pages(make_channel(vendor), "post_stats", stats), day=YESTERDAY)
    vendor.posts = vendor.posts[1:]
    results = load(lake, with_pages(make_channel(vendor), "post_stats", stats))
    assert results["posts", "acc1"].deleted == 1
    assert results["post_stats", "acc1"].deleted == 0
    assert (days_of(lake, "p0"), days_of(lake, "p1")) == (20, 21)


def day_by_day(vendor, failing=()):
    """Return pages of `post_stats` with a row for each day and object asked for."""

    def read(connection, account, span):
        vendor.asked.append(("post_stats", span))

        def days(key):
            if key in failing:
                raise failing[key]
            length = len(span.days)
            yield [
                {"post": key, "day": str(span.days.first + timedelta(days=n)), "views": 1}
                for n in range(length)
            ]

        yield from read_objects(span.known, days)

    return read


def days_of(lake, post):
    return rows_of(lake, "post_daily").filter(post_id=post).height


def test_an_object_found_late_gets_its_whole_history(lake):
    vendor = filled(days=5)
    stats = day_by_day(vendor)
    load(lake, with_pages(make_channel(vendor), "post_stats", stats), day=YESTERDAY)
    vendor.posts.append({"id": "late", "title": "Found later"})
    vendor.asked.clear()
    load(lake, with_pages(make_channel(vendor), "post_stats", stats))
    assert (days_of(lake, "late"), days_of(lake, "p1")) == (20, 21)
    asked = {
        key: len(span.days) for stream, span in vendor.asked if stream == "post_stats" for key in span.known
    }
    assert (asked["late"], asked["p1"]) == (20, 3)
    vendor.asked.clear()
    load(lake, with_pages(make_channel(vendor), "post_stats", stats), day=TODAY + timedelta(days=1))
    assert {len(span.days) for stream, span in vendor.asked if stream == "post_stats"} == {3}


def test_an_object_that_failed_is_read_from_where_it_stood(lake):
    vendor = filled(days=5)

    def run(day, **failing):
        stats = day_by_day(vendor, failing)
        return load(lake, with_pages(make_channel(vendor), "post_stats", stats), day=day)[
            "post_stats", "acc1"
        ]

    first = TODAY - timedelta(days=9)
    run(first)
    for later in range(1, 6):
        result = run(first + timedelta(days=later), p2=VendorDown("Not now."))
        assert (result.error, result.notes) == (None, ["p2: Not now."])
    assert (days_of(lake, "p2"), days_of(lake, "p1")) == (20, 25)
    run(first + timedelta(days=6))
    assert (days_of(lake, "p2"), days_of(lake, "p1")) == (26, 26)


def test_an_object_that_was_off_the_list_for_a_while_has_no_hole(lake):
    vendor = filled(days=5)
    whole = list(vendor.posts)
    for later in range(10):
        vendor.posts = whole[1:] if 2 <= later <= 7 else list(whole)
        day = TODAY + timedelta(days=later)
        load(lake, with_pages(make_channel(vendor), "post_stats", day_by_day(vendor)), day=day)
    assert (days_of(lake, "p0"), days_of(lake, "p1")) == (29, 29)


def test_a_load_cut_short_goes_on_for_every_object(lake):
    vendor = filled(days=5)

    def stopping(connection, account, span):
        if span.days.last == YESTERDAY:
            raise VendorDown("Gone.")
        yield from day_by_day(vendor)(connection, account, span)

    channel = make_channel(vendor)
    with_pages(channel, "post_stats", stopping)
    load(lake, channel, days=60)
    held = days_of(lake, "p1")
    assert 0 < held < 60
    vendor.asked.clear()
    load(lake, with_pages(make_channel(vendor), "post_stats", day_by_day(vendor)), days=60)
    assert days_of(lake, "p1") == 60
    asked = sum(len(span.days) for stream, span in vendor.asked if stream == "post_stats")
    assert asked <= 60 - held + 2


def test_one_object_costs_itself_unless_all_meet_the_same():
    def read(key):
        errors = {"gone": NotFound("No."), "odd": KeyError("x"), "down": VendorDown("Not now.")}
        if key in errors:
            raise errors[key]
        yield [{"id": key}]

    pieces = list(read_objects(["a", "gone", "odd", "down", "b"], read))
    assert [piece if isinstance(piece, list) else (piece.of, piece.is_lasting) for piece in pieces] == [
        [{"id": "a"}],
        ("gone", True),
        ("odd", False),
        ("down", False),
        [{"id": "b"}],
    ]

    def refuse(error):
        def read(key):
            raise error
            yield

        return read

    for error in (AuthExpired("x"), RateLimited("x", timedelta(1)), MissingScope("x"), VendorDown("x")):
        with pytest.raises(type(error)):
            list(read_objects(["a", "b", "c"], refuse(error)))


@pytest.mark.case("connectors/03")
@pytest.mark.case("connectors/04")
def test_one_odd_account_is_left_out_and_named():
    def read(record):
        if record["id"] == "600":
            raise MissingScope("Not yours.")
        return Account(record["id"], record["name"], record["currency"], record["zone"])

    good = {"id": "500", "name": "A", "currency": "EUR", "zone": "UTC"}
    records = [good, {"id": "600"}, {"id": "700", "name": "B", "zone": "UTC"}]
    accounts = read_accounts(records, read, lambda record: str(record["id"]))
    assert accounts == [Account("500", "A", "EUR", "UTC")]
    assert [left.id for left in accounts.left_out] == ["600", "700"]
    assert "currency" in accounts.left_out[1].because
    with pytest.raises(MissingScope):
        read_accounts(records[1:2], read, lambda record: str(record["id"]))


@pytest.mark.case("connectors/03")
def test_the_accounts_that_are_whole_load_beside_the_others(lake):
    vendor = filled(days=5, accounts=("acc1", "acc2"))
    channel = make_channel(vendor)
    whole = channel.accounts(None)
    odd = replace(whole[1], timezone=None)
    channel.accounts = lambda _: AccountList([odd, whole[0]], [LeftOut("acc9", "it has no currency.")])
    results = load(lake, channel)
    assert results["ads", "acc1"].new == 20
    assert results["account", "acc9"].notes == ["acc9 is left out: it has no currency."]
    assert "time zone None is unknown" in results["account", "acc2"].notes[0]
    assert not [one.error for one in results.values() if one.error]


@pytest.mark.parametrize("error", [OverflowError("days"), KeyError("x"), RuntimeError("secret-token")])
@pytest.mark.case("connectors/21")
def test_any_exception_is_one_sentence_of_its_stream(lake, error, caplog):
    vendor = filled(days=5)

    def fail(*_):
        raise error
        yield

    results = load(lake, with_pages(make_channel(vendor), "ads", fail))
    assert results["ads", "acc1"].error
    assert "secret-token" not in results["ads", "acc1"].error
    assert [name for (name, _), one in results.items() if one.error] == ["ads"]
    assert lake.read("ops", "load", WORKSPACE).filter(stream="ads")["error"].is_not_null().all()
    assert type(error).__name__ in caplog.text
    channel = make_channel(vendor)
    channel.accounts = fail_now(error)
    with pytest.raises(VendorDown, match="unknown shape"):
        load(lake, channel)


def fail_now(error):
    def fail(_):
        raise error

    return fail


@pytest.mark.parametrize("error", [RateLimited("Slow.", timedelta(hours=1)), VendorDown("Not whole JSON.")])
def test_what_was_given_up_for_a_moment_is_tried_again_after_the_others(lake, error):
    vendor = filled(days=5)
    calls = []

    def once(connection, account, span):
        calls.append("posts")
        if len(calls) == 1:
            raise error
        yield from vendor.post_pages(connection, account, span)

    results = load(lake, with_pages(make_channel(vendor), "posts", once))
    assert not [one.error for one in results.values() if one.error]
    assert rows_of(lake, "post").height == 5
    assert rows_of(lake, "post_daily").height == 5  # read for these objects, hence once more too
    assert [stream for stream, _ in vendor.asked].count("ads") == 3  # slices, each once
