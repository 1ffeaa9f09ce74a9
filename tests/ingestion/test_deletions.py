"""What a vendor deletes without telling leaves silver, and only after a read that was complete."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from channels.contract import Gap
from core.errors import VendorDown
from ingestion.runner import load_channel
from lake.delta import Lake
from tests.ingestion.vendor import KEY, TODAY, WORKSPACE, clock, filled, make_channel


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


def load(lake, vendor, missing, day=TODAY, gap=None):
    channel = make_channel(vendor)

    def pages(connection, account, span):
        yield from orders.pages(connection, account, span)
        if gap is not None:
            yield gap

    orders = channel.stream("orders")
    changed = replace(orders, missing=missing, pages=pages)
    channel.streams = tuple(changed if one.name == "orders" else one for one in channel.streams)
    results = load_channel(
        lake, channel, None, workspace=WORKSPACE, clock=clock(day), days=60, hash_key=KEY, streams=["orders"]
    )
    return next(one for one in results if one.stream == "orders")


def orders_of(lake):
    return set(lake.read("silver", "order", WORKSPACE)["order_id"])


@pytest.mark.case("connectors/16")
def test_a_deleted_order_leaves_silver_and_may_come_back(lake):
    vendor, tomorrow = filled(), TODAY + timedelta(days=1)
    load(lake, vendor, lambda *_: [])
    every = orders_of(lake)
    result = load(lake, vendor, lambda _, __, known: [key for key in known if key == "o35"], tomorrow)
    assert result.deleted == 1
    assert result.error is None
    assert orders_of(lake) == every - {"o35"}
    assert "o35" not in set(lake.read("silver", "order_line", WORKSPACE)["order_id"])
    again = load(lake, vendor, lambda _, __, known: [key for key in known if key == "o35"], tomorrow)
    assert again.deleted == 0


@pytest.mark.case("connectors/16")
@pytest.mark.parametrize("gap", [Gap("some orders were not read"), None])
def test_a_read_with_a_gap_or_a_failing_look_takes_nothing_back(lake, gap):
    def fail(*_):
        if gap is None:
            raise VendorDown("The list of ids broke off.")
        return ["o35"]

    vendor = filled()
    load(lake, vendor, lambda *_: [])
    every = orders_of(lake)
    result = load(lake, vendor, fail, TODAY + timedelta(days=1), gap)
    assert result.deleted == 0
    assert orders_of(lake) == every
