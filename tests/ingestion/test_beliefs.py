"""What was believed of a day's spend stays readable: every version, restated and taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from ingestion.asof import as_of
from ingestion.beliefs import write_beliefs
from ingestion.runner import load_channel
from lake.changes import Changed
from lake.delta import Lake
from lake.memory import remember
from tests.ingestion.vendor import KEY, TODAY, WORKSPACE, ads_to_rows, clock, filled, make_channel

TOLD = ["day_on", "currency", "spend_micros", "claimed_conversions", "claimed_value_micros", "claim_window"]
DAY = TODAY - timedelta(days=5)


def totals(rows, account):
    numbers = ["record_key", "impressions", "clicks", "claim_model", *TOLD]
    return ads_to_rows(rows, account).select(numbers)


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


@pytest.fixture
def vendor():
    return filled(days=20, ads=1)


@pytest.fixture
def channel(vendor):
    made = make_channel(vendor)
    ads = replace(made.stream("ads"), silver={"spend_daily": totals})
    made.streams = tuple(ads if stream.name == "ads" else stream for stream in made.streams)
    return made


def load(lake, channel, day):
    load_channel(lake, channel, None, workspace=WORKSPACE, clock=clock(day), days=20, hash_key=KEY)
    return write_beliefs(lake, [channel], WORKSPACE)


def beliefs(lake, day=DAY):
    rows = lake.read("gold", "spend_belief", WORKSPACE).filter(pl.col("day_on") == day).sort("load_seq")
    return rows.select("spend_micros", "is_taken_back", "believed_at").rows()


def test_a_restated_and_a_taken_back_day_keep_their_earlier_beliefs(lake, channel, vendor):
    load(lake, channel, TODAY - timedelta(days=2))
    ((first, _, first_at),) = beliefs(lake)
    vendor.ads["acc1", DAY][0]["spend"] = "77.00"
    load(lake, channel, TODAY - timedelta(days=1))
    vendor.ads["acc1", DAY] = []
    load(lake, channel, TODAY)
    told = beliefs(lake)
    assert [row[:2] for row in told] == [(first, False), (77_000_000, False), (None, True)]
    assert told[0][2] == first_at < told[1][2] < told[2][2]


def test_the_belief_of_an_instant_is_what_as_of_makes_again(lake, channel, vendor):
    load(lake, channel, TODAY - timedelta(days=2))
    vendor.ads["acc1", DAY][0]["spend"] = "77.00"
    load(lake, channel, TODAY)
    for at in (clock(TODAY - timedelta(days=1)).now(), clock(TODAY + timedelta(days=1)).now()):
        then = lake.read("gold", "spend_belief", WORKSPACE).filter(pl.col("believed_at") <= at)
        last = then.sort("load_seq").unique("day_on", keep="last").filter(~pl.col("is_taken_back"))
        silver = as_of(lake, [channel], "spend_daily", workspace=WORKSPACE, at=at)
        assert last.select(TOLD).sort("day_on").equals(silver.select(TOLD).sort("day_on"))


@pytest.mark.parametrize("is_forgotten", [False, True])
def test_nothing_new_writes_nothing_and_another_workspace_keeps_its_beliefs(lake, channel, is_forgotten):
    changed = load(lake, channel, TODAY)
    assert changed == Changed(inserted=20)
    version = lake.open("gold", "spend_belief").version()
    if is_forgotten:
        remember(lake, WORKSPACE, spend_belief="made from other inputs")
    assert write_beliefs(lake, [channel], WORKSPACE) == Changed()
    assert write_beliefs(lake, [channel], "another") == Changed()
    assert lake.open("gold", "spend_belief").version() == version
    assert lake.read("gold", "spend_belief", WORKSPACE).height == changed.inserted
