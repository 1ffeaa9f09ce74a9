"""Damaged tables are named, stop nothing else and are made again; quarantine is judged anew."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from core.errors import BadInput, NotFound
from ingestion.csv.kinds import ADS
from ingestion.csv.store import make_stream
from ingestion.repairing import rebuild, repair
from ingestion.runner import load_channel, load_stream
from lake.delta import Lake
from tests.ingestion.vendor import KEY, WORKSPACE, ads_to_rows, clock, filled, make_channel

AT = clock().now()


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


@pytest.fixture
def vendor():
    return filled(days=20)


def load(lake, channel):
    results = load_channel(lake, channel, None, workspace=WORKSPACE, clock=clock(), days=400, hash_key=KEY)
    return {one.stream: one for one in results}


def content(lake, table):
    return lake.read("silver", table, WORKSPACE).sort("record_key")


def log_of(lake, layer, name, which):
    return sorted(lake.folder(layer, name).glob("_delta_log/*.json"))[which]


def cut(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def zero(file):
    file.write_bytes(bytes(file.stat().st_size))


def live(lake, layer, name):
    paths = pl.DataFrame(lake.open(layer, name).get_add_actions(flatten=True))["path"]
    return lake.folder(layer, name) / paths[0]


DAMAGES = {
    "last log cut": lambda lake, layer, name: cut(log_of(lake, layer, name, -1)),
    "first log zeros": lambda lake, layer, name: zero(log_of(lake, layer, name, 0)),
    "file cut": lambda lake, layer, name: cut(live(lake, layer, name)),
    "file missing": lambda lake, layer, name: live(lake, layer, name).unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize(("layer", "name"), [("silver", "ad_daily"), ("bronze", "fake__ads")])
def test_a_damaged_table_is_named_stops_nothing_else_and_is_made_again(lake, vendor, layer, name, damage):
    channel = make_channel(vendor)
    load(lake, channel)
    whole = content(lake, "ad_daily")
    DAMAGES[damage](lake, layer, name)
    results = load(lake, channel)
    assert f"{layer}.{name} is damaged (" in results["ads"].error
    assert ".parquet" in results["ads"].error or ".json" in results["ads"].error
    assert [one.stream for one in results.values() if one.error] == ["ads"]
    [done] = repair(lake, [channel], None, workspace=WORKSPACE, at=AT)
    assert done.table == f"{layer}.{name}"
    assert (lake.path / done.put_aside).is_dir()
    again = load(lake, channel)
    assert not [one.error for one in again.values() if one.error]
    same = ["day_on", "ad_id", "spend_micros", "clicks"]
    assert content(lake, "ad_daily").select(same).equals(whole.select(same))
    assert lake.read("bronze", "fake__ads", WORKSPACE)["record_key"].n_unique() == whole.height
    assert repair(lake, [channel], None, workspace=WORKSPACE, at=AT) == []


def test_bytes_changed_inside_a_file_are_found_by_repair(lake, vendor):
    channel = make_channel(vendor)
    load(lake, channel)
    zero(live(lake, "silver", "ad_daily"))
    [done] = repair(lake, [channel], "silver.ad_daily", workspace=WORKSPACE, at=AT)
    assert "cannot be read" in done.damage
    assert content(lake, "ad_daily").height == 80


def test_bronze_of_imported_files_is_said_to_need_them_again(lake, vendor):
    channel = make_channel(vendor)
    load(lake, channel)
    imported = make_stream(ADS, lambda *_: iter([[{"key": "k"}]]))
    [account] = channel.accounts(None)
    options = {"workspace": WORKSPACE, "clock": clock(), "days": 1, "hash_key": KEY}
    load_stream(lake, None, channel, imported, account, **options)
    cut(live(lake, "bronze", f"fake__{ADS.stream}"))
    [done] = repair(lake, [channel], None, workspace=WORKSPACE, at=AT)
    assert "import them again" in done.then


def test_a_table_is_named_by_layer_and_name(lake, vendor):
    load(lake, make_channel(vendor))
    with pytest.raises(BadInput, match=r"silver\.ad_daily"):
        repair(lake, [], "ad_daily", workspace=WORKSPACE, at=AT)
    with pytest.raises(NotFound, match="has no table"):
        repair(lake, [], "silver.touch", workspace=WORKSPACE, at=AT)
    with pytest.raises(NotFound, match="Bronze holds nothing of nobody"):
        rebuild(lake, [], workspace=WORKSPACE, at=AT, only="nobody")


def refusing(rows, account):
    made = ads_to_rows(rows, account)
    return made.with_columns(clicks=pl.when(pl.col("ad_id") != "a1").then(pl.col("clicks")).otherwise(-1))


def with_silver(channel, to_rows):
    channel.streams = tuple(
        replace(s, silver={"ad_daily": to_rows}) if s.name == "ads" else s for s in channel.streams
    )
    return channel


def test_quarantine_is_judged_again_when_the_connector_changes(lake, vendor):
    load(lake, with_silver(make_channel(vendor), refusing))
    assert content(lake, "ad_daily").height == 60
    options = {"workspace": WORKSPACE, "at": AT, "only": "fake", "stream": "ads"}
    [done] = rebuild(lake, [make_channel(vendor)], **options)
    assert (done.records, done.released, done.refused, done.quarantined) == (80, 20, 0, 0)
    assert content(lake, "ad_daily").height == 80
    version = lake.version("bronze", "fake__ads")
    [again] = rebuild(lake, [make_channel(vendor)], **options)
    assert (again.released, lake.version("bronze", "fake__ads")) == (0, version)
    result = load(lake, make_channel(vendor))["ads"]
    assert (result.new, result.changed, result.deleted, result.quarantined) == (0, 0, 0, 0)
    [back] = rebuild(lake, [with_silver(make_channel(vendor), refusing)], **options)
    assert (back.refused, back.quarantined) == (20, 20)
    assert content(lake, "ad_daily").height == 60


def test_rebuilding_orders_hashes_no_person_twice(lake, vendor):
    channel = make_channel(vendor)
    load(lake, channel)
    before = content(lake, "order")
    done = rebuild(lake, [channel], workspace=WORKSPACE, at=AT, only="fake")
    assert {one.error for one in done} == {None}
    assert content(lake, "order").equals(before)
