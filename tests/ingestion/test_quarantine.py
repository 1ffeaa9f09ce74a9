"""Whatever comes in: received = loaded + quarantined, every bad record with its reason, no exception."""

from __future__ import annotations

import copy
import random
from datetime import timedelta

import polars as pl
import pytest

from ingestion.runner import load_channel
from lake.delta import Lake
from tests.ingestion.vendor import KEY, TODAY, WORKSPACE, ad, clock, filled, make_channel

YESTERDAY = TODAY - timedelta(days=1)
MUTATED = 2_000
ODD = [
    None,
    "",
    "x",
    "-5",
    -1,
    1.5,
    10**30,
    True,
    [],
    {},
    [None],
    [[1]],
    {"a": 1},
    "9" * 40,
    "2026-13-45",
    "\u2028|\\",
]


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


def load(lake, vendor, stream="ads", days=60):
    results = load_channel(
        lake,
        make_channel(vendor),
        None,
        workspace=WORKSPACE,
        clock=clock(),
        days=days,
        hash_key=KEY,
        streams=[stream],
    )
    return results[-1]


def mutate(record, dice):
    kind = dice.randrange(6)
    if kind == 0:
        return dice.choice([None, 7, "text", [], [record], True])
    record = copy.deepcopy(record)
    name = dice.choice(list(record))
    if kind == 1:
        del record[name]
    elif kind == 2:
        record[f"extra_{dice.randrange(3)}"] = dice.choice(ODD)
    elif kind == 3:
        nested = "actions" if "actions" in record else "lines"
        record[nested] = [dice.choice(ODD), *record[nested]]
    else:
        record[name] = dice.choice(ODD)
    return record


def test_mutated_records_are_all_accounted_for(lake):
    dice = random.Random(5)
    vendor = filled(days=40, ads=MUTATED // 40)
    vendor.page = 97
    for key, rows in vendor.ads.items():
        vendor.ads[key] = [mutate(row, dice) for row in rows]
    result = load(lake, vendor)
    assert result.error is None
    assert result.received == MUTATED == result.loaded + result.quarantined
    bronze = lake.read("bronze", "fake__ads", WORKSPACE)
    good, bad = (
        bronze.filter(pl.col("quarantined_because").is_null() == is_good) for is_good in (True, False)
    )
    assert good.height == lake.read("silver", "ad_daily", WORKSPACE).height == result.new
    assert 400 < good.height < MUTATED
    assert bad["quarantined_because"].str.len_chars().min() > 0
    version = lake.version("bronze", "fake__ads")
    again = load(lake, vendor)
    assert (again.new, again.changed, again.deleted) == (0, 0, 0)
    assert again.received == 28 * (MUTATED // 40) == again.loaded + again.quarantined
    assert again.quarantined > 400
    assert lake.version("bronze", "fake__ads") == version


def test_mutated_orders_are_all_accounted_for_and_no_address_is_stored(lake):
    dice = random.Random(6)
    vendor = filled(orders=300)
    vendor.orders = [mutate(row, dice) for row in vendor.orders]
    result = load(lake, vendor, "orders", days=600)
    assert result.error is None
    assert result.received == 300 == result.loaded + result.quarantined
    assert "example.com" not in "".join(lake.read("bronze", "fake__orders", WORKSPACE)["payload"]).lower()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"spend": "about 5"}, "ad_daily.spend_micros is empty or unreadable"),
        ({"clicks": "-4"}, "ad_daily.clicks is negative"),
        ({"ad_id": None}, "the key is missing"),
        ({"date_start": "soon"}, "the day cannot be read"),
        (
            {"actions": "none"},
            "actions is a string, not list<item: struct<action_type: string, value: string>>",
        ),
    ],
)
def test_a_bad_record_says_why_and_its_neighbours_are_loaded(lake, change, reason):
    vendor = filled(days=3)
    vendor.ads["acc1", YESTERDAY][0] |= change
    result = load(lake, vendor)
    assert (result.received, result.loaded, result.quarantined) == (12, 11, 1)
    bad = lake.read("bronze", "fake__ads", WORKSPACE).drop_nulls("quarantined_because")
    assert bad["quarantined_because"].to_list() == [reason]
    assert lake.read("silver", "ad_daily", WORKSPACE).height == 11


def test_a_bad_record_that_is_mended_is_loaded(lake):
    vendor = filled(days=3)
    vendor.ads["acc1", YESTERDAY][0]["spend"] = "?"
    load(lake, vendor)
    vendor.ads["acc1", YESTERDAY][0]["spend"] = "4.00"
    result = load(lake, vendor)
    assert (result.changed, result.quarantined, result.loaded) == (1, 0, 12)
    assert lake.read("silver", "ad_daily", WORKSPACE).height == 12


def test_a_good_row_stays_while_its_record_is_bad(lake):
    vendor = filled(days=3)
    load(lake, vendor)
    before = lake.read("silver", "ad_daily", WORKSPACE).sort("record_key")
    vendor.ads["acc1", YESTERDAY][0]["spend"] = "?"
    assert load(lake, vendor).quarantined == 1
    assert lake.read("silver", "ad_daily", WORKSPACE).sort("record_key").equals(before)


def test_two_records_of_one_row_do_not_both_enter(lake):
    vendor = filled(days=1)
    channel = make_channel(vendor)
    stream = channel.stream("ads")
    channel.streams = (
        type(stream)(**{**{f: getattr(stream, f) for f in stream.__slots__}, "key": ("spend",)}),
    )
    twin = ad(YESTERDAY, 0) | {"spend": "1.23"}
    vendor.ads["acc1", YESTERDAY] = [ad(YESTERDAY, 0), twin]
    [_, result] = load_channel(lake, channel, None, workspace=WORKSPACE, clock=clock(), days=5, hash_key=KEY)
    assert (result.loaded, result.quarantined) == (1, 1)


def test_a_connector_that_fails_on_everything_is_said_so(lake):
    vendor = filled(days=40, ads=4)
    channel = make_channel(vendor)
    stream = channel.stream("ads")
    fields = {name: getattr(stream, name) for name in stream.__slots__}

    def broken(rows, account):
        return rows.select("no_such_column")

    channel.streams = (type(stream)(**fields | {"silver": {"ad_daily": broken}}),)
    [_, result] = load_channel(lake, channel, None, workspace=WORKSPACE, clock=clock(), days=60, hash_key=KEY)
    assert result.error == (
        "The connector cannot turn ads into ad_daily; mend it and load again, nothing is lost."
    )
    assert lake.version("bronze", "fake__ads") is None
