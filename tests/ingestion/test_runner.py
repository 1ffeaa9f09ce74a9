"""What a load promises: nothing twice, nothing lost, the vendor's present view in silver."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from channels.contract import Account, Stream
from core.errors import RateLimited, VendorDown
from ingestion import runner
from ingestion.asof import as_of
from ingestion.runner import load_channel, load_stream, order_streams
from lake.delta import Lake
from lake.layout import Layer
from lake.schemas import SILVER
from tests.ingestion.vendor import KEY, OTHER, TODAY, WORKSPACE, ad, clock, filled, make_channel, order

YESTERDAY = TODAY - timedelta(days=1)
ACCOUNT = Account("acc1", "Account acc1", "EUR", "Europe/Berlin")


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


def load(lake, vendor, day=TODAY, workspace=WORKSPACE, days=60, **options):
    return load_channel(
        lake,
        make_channel(vendor),
        None,
        workspace=workspace,
        clock=clock(day),
        days=days,
        hash_key=KEY,
        **options,
    )


def result_of(results, stream):
    return next(result for result in results if result.stream == stream)


def versions(lake):
    layers: tuple[Layer, ...] = ("bronze", "silver")
    return {(layer, name): lake.version(layer, name) for layer in layers for name in lake.tables(layer)}


def ads(lake, workspace=WORKSPACE):
    return lake.read("silver", "ad_daily", workspace).sort("day_on", "ad_id")


def expected_ads(vendor, account="acc1"):
    rows = [row for (owner, _), rows in vendor.ads.items() if owner == account for row in rows]
    return sorted((r["date_start"], r["ad_id"], round(float(r["spend"]) * 1_000_000)) for r in rows)


def stored_ads(lake):
    return [
        (str(day), ad_id, spend) for day, ad_id, spend in ads(lake)["day_on", "ad_id", "spend_micros"].rows()
    ]


def test_first_load_brings_every_record_and_its_counts_add_up(lake):
    vendor = filled()
    results = load(lake, vendor)
    assert {r.stream: (r.received, r.new) for r in results} == {
        "account": (1, 1),
        "ads": (240, 240),
        "orders": (9, 9),  # the others changed before the 60 days
        "posts": (5, 5),
        "post_stats": (10, 10),
    }
    assert all(r.received == r.loaded + r.quarantined and r.error is None for r in results)
    assert stored_ads(lake) == expected_ads(vendor)
    ledger = lake.read("ops", "load", WORKSPACE)
    assert sorted(ledger["load_id"]) == sorted(r.load_id for r in results)


def test_second_load_writes_no_row_and_no_version(lake):
    vendor = filled()
    load(lake, vendor)
    before = versions(lake)
    again = load(lake, vendor)
    assert versions(lake) == before
    assert all((r.new, r.changed, r.deleted, r.quarantined) == (0, 0, 0, 0) for r in again)
    assert result_of(again, "ads").loaded == 28 * 4


def test_small_batches_store_the_same_as_one(tmp_path, monkeypatch):
    one, many = Lake(tmp_path / "one"), Lake(tmp_path / "many")
    load(one, filled())
    monkeypatch.setattr(runner, "BATCH", 10)
    monkeypatch.setattr(runner, "LARGEST_BATCH", 10)
    load(many, filled())
    for name in one.tables("silver"):
        left, right = (
            side.read("silver", name, WORKSPACE).drop("load_id").sort(SILVER[name].full_key)
            for side in (one, many)
        )
        assert_frame_equal(left, right)


def test_restated_days_go_up_down_and_away_in_silver(lake):
    vendor = filled()
    load(lake, vendor)
    up, down, gone = (YESTERDAY - timedelta(days=back) for back in (2, 5, 9))
    vendor.ads["acc1", up][0]["spend"] = "999.99"
    vendor.ads["acc1", down][1]["spend"] = "0.01"
    vendor.ads["acc1", gone] = vendor.ads["acc1", gone][:2]
    old = YESTERDAY - timedelta(days=40)
    vendor.ads["acc1", old][0]["spend"] = "1.00"  # outside the days that are read again
    result = result_of(load(lake, vendor), "ads")
    assert (result.new, result.changed, result.deleted) == (0, 2, 2)
    expected = expected_ads(vendor)
    expected[expected.index((str(old), "a0", 1_000_000))] = (str(old), "a0", stored(lake, old, "a0"))
    assert stored_ads(lake) == expected


def stored(lake, day, ad_id):
    return ads(lake).filter(pl.col("day_on") == day, pl.col("ad_id") == ad_id)["spend_micros"].item()


def test_days_outside_the_reread_window_keep_their_files(lake):
    vendor = filled()
    load(lake, vendor)
    before = set(lake.open("silver", "ad_daily").file_uris([("month", "=", "2026-01")]))
    vendor.ads["acc1", YESTERDAY][0]["spend"] = "5.00"
    load(lake, vendor)
    assert before
    assert set(lake.open("silver", "ad_daily").file_uris([("month", "=", "2026-01")])) == before


def test_a_record_that_comes_back_is_there_again(lake):
    vendor = filled()
    load(lake, vendor)
    kept = vendor.ads["acc1", YESTERDAY]
    vendor.ads["acc1", YESTERDAY] = []
    assert result_of(load(lake, vendor), "ads").deleted == 4
    vendor.ads["acc1", YESTERDAY] = kept
    assert result_of(load(lake, vendor), "ads").new == 4
    assert stored_ads(lake) == expected_ads(vendor)


def test_as_of_returns_the_earlier_belief_and_now_equals_silver(lake):
    vendor = filled()
    load(lake, vendor, TODAY - timedelta(days=3))
    believed = ads(lake)
    vendor.ads["acc1", TODAY - timedelta(days=5)][0]["spend"] = "77.00"
    vendor.orders.append(order(41, lines=1))
    load(lake, vendor)
    channel = make_channel(vendor)
    then = clock(TODAY - timedelta(days=2)).now()
    assert_frame_equal(
        as_of(lake, [channel], "ad_daily", workspace=WORKSPACE, at=then), believed, check_row_order=False
    )
    for table in ("ad_daily", "order", "order_line", "post", "post_daily", "account"):
        now = as_of(lake, [channel], table, workspace=WORKSPACE, at=clock().now())
        assert_frame_equal(now, lake.read("silver", table, WORKSPACE).sort(SILVER[table].full_key))


def test_an_order_that_loses_a_line_loses_its_row(lake):
    vendor = filled()
    load(lake, vendor)
    vendor.orders[35] = order(35, seed=3, lines=1)
    result = result_of(load(lake, vendor), "orders")
    assert (result.new, result.changed) == (0, 1)
    lines = lake.read("silver", "order_line", WORKSPACE).filter(pl.col("order_id") == "o35")
    assert lines["line_id"].to_list() == ["l0"]
    assert (
        lake.read("silver", "order", WORKSPACE).filter(pl.col("order_id") == "o35")["total_micros"].item()
        == 45_030_000
    )


def test_an_order_whose_day_moves_to_another_month_stays_one(lake):
    vendor = filled()
    load(lake, vendor)
    vendor.orders[35] |= {
        "created_at": "2026-02-03T00:00:00+00:00",
        "updated_at": "2026-03-01T00:00:00+00:00",
    }
    load(lake, vendor)
    moved = lake.read("silver", "order", WORKSPACE).filter(pl.col("order_id") == "o35")
    assert moved["month"].to_list() == ["2026-02"]
    assert lake.read("silver", "order_line", WORKSPACE).filter(pl.col("order_id") == "o35").height == 2


def test_changes_are_read_from_the_watermark_less_the_overlap(lake):
    vendor = filled()
    load(lake, vendor)
    vendor.asked.clear()
    load(lake, vendor)
    newest = max(o["updated_at"] for o in vendor.orders)
    [span] = [span for stream, span in vendor.asked if stream == "orders"]
    assert span.since.isoformat() == "2026-01-21T08:50:00+00:00"
    assert newest == "2026-01-21T09:00:00+00:00"


def test_a_later_call_for_more_days_brings_the_older_ones(lake):
    vendor = filled()
    load(lake, vendor, days=30)
    assert ads(lake)["day_on"].n_unique() == 30
    load(lake, vendor, days=60)
    assert stored_ads(lake) == expected_ads(vendor)
    before = versions(lake)
    load(lake, vendor, days=60)
    assert versions(lake) == before


def test_a_long_pause_leaves_no_gap(lake):
    vendor = filled()
    load(lake, vendor, TODAY - timedelta(days=40), days=10)
    load(lake, vendor, days=10)
    assert ads(lake)["day_on"].n_unique() == 50


def test_pages_shuffled_and_repeated_change_nothing(lake):
    vendor = filled()
    load(lake, vendor)
    before = versions(lake)
    for rows in vendor.ads.values():
        rows.reverse()
        rows.append({key: rows[0][key] for key in reversed(rows[0])})
    result = result_of(load(lake, vendor), "ads")
    assert versions(lake) == before
    assert result.received == result.loaded == 28 * 5


def test_streams_come_after_the_one_they_are_read_for():
    vendor = filled()
    names = [stream.name for stream in order_streams(make_channel(vendor).streams)]
    assert names.index("posts") < names.index("post_stats")


def test_streams_that_wait_for_each_other_are_refused():
    one = Stream("one", "snapshot", ("id",), {}, lambda *_: iter(()), per="two")
    two = Stream("two", "snapshot", ("id",), {}, lambda *_: iter(()), per="one")
    with pytest.raises(ValueError, match="wait for each other"):
        order_streams([one, two])


def test_a_failing_stream_keeps_what_came_before_and_stops_no_other(lake):
    vendor = filled()

    def fail(stream, span, number):
        if stream == "ads" and span.days.last == YESTERDAY:
            raise RateLimited("Wait an hour.", timedelta(hours=1))

    vendor.before_page = fail
    results = load(lake, vendor)
    failed = result_of(results, "ads")
    assert failed.error == "Wait an hour."
    assert failed.new == 54 * 4
    assert failed.received == failed.loaded  # of both tries
    assert [r.error for r in results if r.stream != "ads"] == [None] * 4
    assert lake.read("ops", "load", WORKSPACE).drop_nulls("error")["error"].to_list() == ["Wait an hour."] * 2
    vendor.before_page = None
    assert result_of(load(lake, vendor), "ads").new == 6 * 4
    assert stored_ads(lake) == expected_ads(vendor)


def test_a_snapshot_cut_short_takes_nothing_back(lake):
    vendor = filled()
    vendor.page = 2
    load(lake, vendor)

    def fail(stream, span, number):
        if stream == "posts" and number == 1:
            raise KeyError("data")

    vendor.before_page = fail
    result = result_of(load(lake, vendor), "posts")
    assert (result.received, result.deleted) == (4, 0)  # two tries
    assert "in a shape the vendor does not document" in result.error
    assert lake.read("silver", "post", WORKSPACE).height == 5


def test_load_stream_raises_what_stopped_it(lake):
    vendor = filled()
    vendor.before_page = lambda *_: (_ for _ in ()).throw(VendorDown("Gone."))
    channel = make_channel(vendor)
    with pytest.raises(VendorDown, match="Gone"):
        load_stream(
            lake,
            None,
            channel,
            channel.stream("ads"),
            ACCOUNT,
            workspace=WORKSPACE,
            clock=clock(),
            days=9,
            hash_key=KEY,
        )


def test_every_row_says_whose_it_is_and_no_one_else_sees_it(lake):
    load(lake, filled(accounts=("acc1", "acc2")))
    load(lake, filled(days=10), workspace=OTHER)
    layers: tuple[Layer, ...] = ("bronze", "silver", "ops")
    for layer in layers:
        for name in lake.tables(layer):
            everything = pl.DataFrame(pl.read_delta(str(lake.folder(layer, name))))
            mine, theirs = lake.read(layer, name, WORKSPACE), lake.read(layer, name, OTHER)
            assert mine.height + theirs.height == everything.height
            assert set(mine["workspace_id"]) == {WORKSPACE}
            assert set(theirs["workspace_id"]) <= {OTHER}
            assert lake.read(layer, name, "00000000-0000-4000-8000-00000000000c").is_empty()
    assert ads(lake, OTHER).height == 40


def test_two_accounts_of_a_channel_stay_apart(lake):
    vendor = filled(accounts=("acc1", "acc2"))
    load(lake, vendor)
    vendor.ads["acc1", YESTERDAY] = []
    load(lake, vendor)
    counts = ads(lake).group_by("account_id").len().sort("account_id")["len"].to_list()
    assert counts == [236, 240]


def test_progress_reports_slices_and_records(lake):
    steps = []
    load(lake, filled(), streams=["ads"], progress=steps.append)
    assert [(s.stream, s.done, s.total, s.received) for s in steps][-1] == ("ads", 7, 7, 240)


def test_fields_kept_whole_in_bronze_nested_ones_too(lake):
    load(lake, filled())
    payloads = lake.read("bronze", "fake__ads", WORKSPACE, columns=["payload"])["payload"]
    assert all('"action_type":"link_click"' in payload for payload in payloads)
    assert ad(YESTERDAY, 0, seed=1)["spend"] in "".join(payloads)
