"""A vendor that changes its fields is noticed once, and no load breaks silently."""

from __future__ import annotations

from datetime import timedelta

from ingestion.runner import load_channel
from lake.delta import Lake
from tests.ingestion.vendor import KEY, TODAY, WORKSPACE, clock, filled, make_channel

YESTERDAY = TODAY - timedelta(days=1)


def load(lake, vendor):
    return load_channel(
        lake,
        make_channel(vendor),
        None,
        workspace=WORKSPACE,
        clock=clock(),
        days=5,
        hash_key=KEY,
        streams=["ads"],
    )[-1]


def drift(lake):
    rows = lake.read("ops", "drift", WORKSPACE).sort("field", "kind")
    return rows["stream", "field", "kind", "expected", "seen"].rows()


def test_new_missing_and_retyped_fields_are_recorded_once(tmp_path):
    lake, vendor = Lake(tmp_path), filled(days=5)
    rows = vendor.ads["acc1", YESTERDAY]
    rows[0]["reach"] = 5
    del rows[1]["campaign_id"]
    rows[2]["clicks"] = 12
    del rows[3]["actions"]  # optional, so not drift
    first = load(lake, vendor)
    expected = [
        ("ads", "campaign_id", "missing", "string", None),
        ("ads", "clicks", "changed_type", "string", "number"),
        ("ads", "reach", "new", None, "number"),
    ]
    assert drift(lake) == expected
    assert (first.loaded, first.quarantined) == (19, 1)  # the key column of a row cannot be absent
    rows[0]["reach"] = 6
    rows[2]["clicks"] = 13
    load(lake, vendor)
    assert drift(lake) == expected


def test_a_retyped_value_that_can_be_cast_is_loaded_exactly(tmp_path):
    lake, vendor = Lake(tmp_path), filled(days=5)
    vendor.ads["acc1", YESTERDAY][2]["clicks"] = 12
    load(lake, vendor)
    silver = lake.read("silver", "ad_daily", WORKSPACE).sort("day_on", "ad_id")
    assert silver["clicks"][-2] == 12
    assert silver.height == 20


def test_a_vendor_without_drift_leaves_no_entry(tmp_path):
    lake = Lake(tmp_path)
    load(lake, filled(days=5))
    assert drift(lake) == []
