"""A row found bad after its load leaves silver, stands in quarantine, and comes back once restated."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from ingestion.checkpoints import Place
from ingestion.runner import load_channel
from ingestion.setting_aside import set_aside
from lake.asof import select_versions
from lake.delta import Lake
from tests.ingestion.vendor import KEY, OTHER, TODAY, WORKSPACE, clock, filled, make_channel

YESTERDAY = TODAY - timedelta(days=1)
AT = clock().now()
WHY = "ad_daily.clicks is not as expected"


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


@pytest.fixture
def vendor():
    return filled(days=5)


def load(lake, vendor, stream="ads", workspace=WORKSPACE):
    results = load_channel(
        lake,
        make_channel(vendor),
        None,
        workspace=workspace,
        clock=clock(),
        days=400,
        hash_key=KEY,
        streams=[stream],
    )
    return results[-1]


def place(stream="ads", workspace=WORKSPACE):
    return Place(workspace, "fake", "acc1", stream)


def key_of(lake, ad="a0", day=YESTERDAY):
    rows = lake.read("silver", "ad_daily", WORKSPACE, pl.col("ad_id") == ad, pl.col("day_on") == day)
    return rows["record_key"].item()


def refuse(lake, *keys, where=None):
    reasons = pl.DataFrame({"record_key": keys, "reason": [WHY] * len(keys)})
    return set_aside(lake, where or place(), reasons, run_id="check-1", at=AT)


def test_the_row_leaves_silver_and_the_record_stands_in_quarantine_with_the_reason(lake, vendor):
    load(lake, vendor)
    key = key_of(lake)
    assert refuse(lake, key) == 1
    silver = lake.read("silver", "ad_daily", WORKSPACE)
    assert silver.height == 19
    assert key not in silver["record_key"].to_list()
    bad = lake.read("bronze", "fake__ads", WORKSPACE).drop_nulls("quarantined_because")
    assert bad.select("record_key", "quarantined_because", "load_id").rows() == [(key, WHY, "check-1")]
    assert bad["payload"].null_count() == 0


def test_no_later_reading_believes_the_row_and_every_earlier_one_still_does(lake, vendor):
    load(lake, vendor)
    key = key_of(lake)
    set_aside(
        lake, place(), pl.DataFrame({"record_key": [key], "reason": [WHY]}), run_id="c", at=AT + timedelta(1)
    )
    now = select_versions(lake, "fake", "ads", WORKSPACE).filter(~pl.col("is_deleted"))
    before = select_versions(lake, "fake", "ads", WORKSPACE, at=AT).filter(~pl.col("is_deleted"))
    assert (now.height, before.height) == (19, 20)


def test_the_same_record_again_is_counted_as_quarantined_and_stays_out(lake, vendor):
    load(lake, vendor)
    refuse(lake, key_of(lake))
    again = load(lake, vendor)
    assert (again.received, again.loaded, again.quarantined) == (20, 19, 1)
    assert (again.new, again.changed, again.deleted) == (0, 0, 0)
    assert lake.read("silver", "ad_daily", WORKSPACE).height == 19


def test_a_restated_record_comes_back(lake, vendor):
    load(lake, vendor)
    refuse(lake, key_of(lake))
    vendor.ads["acc1", YESTERDAY][0] |= {"clicks": "1", "impressions": "9"}
    mended = load(lake, vendor)
    assert (mended.received, mended.loaded, mended.quarantined, mended.changed) == (20, 20, 0, 1)
    assert (
        lake.read("silver", "ad_daily", WORKSPACE, pl.col("record_key") == key_of(lake))["clicks"].item() == 1
    )


def test_a_record_of_two_tables_leaves_both(lake):
    vendor = filled(orders=10)
    load(lake, vendor, "orders")
    key = lake.read("silver", "order", WORKSPACE)["record_key"][0]
    refuse(lake, key, where=place("orders"))
    for table, left in (("order", 9), ("order_line", 18)):
        rows = lake.read("silver", table, WORKSPACE)
        assert (rows.height, key in rows["record_key"].to_list()) == (left, False)


def test_only_known_records_are_set_aside_and_only_of_the_own_workspace(lake, vendor):
    load(lake, vendor)
    load(lake, vendor, workspace=OTHER)
    key = key_of(lake)
    assert refuse(lake, key, "no such record") == 1
    assert refuse(lake, key, where=Place(WORKSPACE, "fake", "nobody", "ads")) == 0
    assert lake.read("silver", "ad_daily", OTHER).height == 20


def test_a_crash_before_silver_is_caught_up_by_the_next_load(lake, vendor, monkeypatch):
    load(lake, vendor)
    key = key_of(lake)

    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("ingestion.deletions.apply_change", die)
        with pytest.raises(KeyboardInterrupt):
            refuse(lake, key)
    assert lake.read("silver", "ad_daily", WORKSPACE).height == 20
    again = load(lake, vendor)
    assert (again.loaded, again.quarantined) == (19, 1)
    assert lake.read("silver", "ad_daily", WORKSPACE).height == 19


def test_an_older_version_that_stands_in_for_a_bad_one_leaves_too(lake, vendor):
    load(lake, vendor)
    key = key_of(lake)
    vendor.ads["acc1", YESTERDAY][0]["spend"] = "?"
    load(lake, vendor)
    assert key in lake.read("silver", "ad_daily", WORKSPACE)["record_key"].to_list()
    refuse(lake, key)
    assert key not in lake.read("silver", "ad_daily", WORKSPACE)["record_key"].to_list()
    alive = select_versions(lake, "fake", "ads", WORKSPACE).filter(~pl.col("is_deleted"))
    assert key not in alive["record_key"].to_list()
