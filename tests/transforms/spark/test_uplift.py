"""The data-driven credit of a lake made by hand."""

from __future__ import annotations

import pytest

from tests.transforms.spark.rows import MAIL, META, OURS, before, order, purchase, put, visit
from transforms.spark.job import Work
from transforms.spark.paths import build_paths
from transforms.spark.tables import Tables
from transforms.spark.uplift import build_uplift


@pytest.fixture
def ours(sail, lake, work):
    return Work(Tables(sail, lake, OURS), work.now_at)


def buy(lake, number, origin, **more):
    browser, name = f"b{number}", str(number)
    at = before(number % 28, seconds=number)
    if origin is not None:
        put(lake, "touch", [visit(f"v{number}", browser, before(number % 28 + 2, seconds=number), origin)])
    put(lake, "touch", [purchase(f"p{number}", browser, at, name)])
    put(lake, "order", [order(name, at, **more)])


def learn(work):
    build_paths(work)
    build_uplift(work)
    rows = work.tables.lake.read("gold", "channel_uplift", work.tables.workspace)
    return {(row["marketing_channel"], row["currency"]): row for row in rows.iter_rows(named=True)}


def test_all_orders_and_their_worth_are_shared_out_per_currency(ours, lake):
    for number in range(12):
        buy(lake, number, META if number % 3 else MAIL, total_micros=(number + 1) * 1_000_000)
    buy(lake, 50, META, currency="USD")
    rows = learn(ours)
    euro = [row for (_, currency), row in rows.items() if currency == "EUR"]
    assert sum(row["conversions"] for row in euro) == pytest.approx(12)
    assert sum(row["value_micros"] for row in euro) == pytest.approx(78_000_000)
    assert sum(row["share"] for row in euro) == pytest.approx(1)
    assert rows["meta_ads", "USD"]["conversions"] == pytest.approx(1, abs=0.2)


def test_orders_nobody_was_seen_before_are_thought_to_have_come_like_the_others(ours, lake):
    for number in range(8):
        buy(lake, number, META if number % 2 else MAIL)
    seen = learn(ours)
    shop = {"last_utm_source": "google", "last_utm_medium": "cpc"}
    put(lake, "order", [order(f"unseen{n}", before(n), **shop) for n in range(4)])
    rows = learn(ours)
    assert ("google_ads", "EUR") not in rows
    for key, row in rows.items():
        assert row["share"] == pytest.approx(seen[key]["share"])
        assert row["conversions"] == pytest.approx(seen[key]["conversions"] * 12 / 8)


def test_every_share_has_an_interval_that_narrows_with_the_orders(ours, lake):
    widths = []
    for first, last in ((0, 30), (30, 120)):
        for number in range(first, last):
            buy(lake, number, META if number % 3 else MAIL)
        rows = learn(ours)
        shown = [row for row in rows.values() if row["share"] > 0]
        assert all(row["share_low"] <= row["share"] <= row["share_high"] for row in shown)
        widths.append(rows["meta_ads", "EUR"]["share_high"] - rows["meta_ads", "EUR"]["share_low"])
    assert widths[1] / widths[0] == pytest.approx(1 / 2, abs=0.15)


def test_a_shop_without_any_visit_has_everything_direct(ours, lake):
    put(lake, "order", [order("1", before(1))])
    rows = learn(ours)
    assert [(key, row["share"]) for key, row in rows.items()] == [(("direct", "EUR"), 1.0)]
