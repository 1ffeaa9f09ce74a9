"""Touches are put in order before their conversions; the same rows on Sail and on JVM Spark."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import polars as pl
import pytest

from lake.delta import Lake
from tests.transforms.spark.rows import (
    GOOGLE,
    MAIL,
    META,
    NOON,
    NOWHERE,
    OURS,
    SEARCH,
    THEIRS,
    before,
    order,
    purchase,
    put,
    visit,
)  # fmt: skip
from transforms.spark.job import Work
from transforms.spark.paths import build_paths
from transforms.spark.tables import Tables

NOW = datetime(2026, 9, 1, tzinfo=UTC)
Read = Callable[[str], list[tuple[object, ...]]]


def fill(lake: Lake) -> None:
    visits = [
        # Two browsers of Ada, who logs in with both; the order knows her by her mail address.
        visit("ada1", "ada-phone", before(3), META),
        visit("ada2", "ada-phone", before(3, seconds=-60), NOWHERE),
        visit("ada3", "ada-laptop", before(1), SEARCH),
        visit("ada-login", "ada-phone", before(2), NOWHERE, kind="identify", person_key="person:ada"),
        visit("ada4", "ada-laptop", before(0, seconds=600), NOWHERE, person_key="person:ada"),
        purchase("ada-buys", "ada-laptop", NOON, "ada-1", person_key="person:ada"),
        # Bob at the edges of the window: exactly 30 days and the same instant count, a second more does not.
        visit("bob0", "bob", before(30, seconds=1), MAIL),
        visit("bob1", "bob", before(30), META),
        visit("bob2", "bob", NOON, GOOGLE),
        visit("bob3", "bob", before(0, seconds=-1), SEARCH),
        purchase("bob-buys", "bob", NOON, "bob-1"),
        # Cem's visits of one instant go by their event ids.
        visit("cem-b", "cem", before(2), GOOGLE),
        visit("cem-a", "cem", before(2), META),
        purchase("cem-buys", "cem", NOON, "cem-1"),
        # Dora came straight, and the shop knows no better; the shop knows more of Eve.
        visit("dora1", "dora", before(1), NOWHERE),
        purchase("dora-buys", "dora", NOON, "dora-1"),
        visit("eve1", "eve", before(1), NOWHERE),
        purchase("eve-buys", "eve", NOON, "eve-1"),
        # Gil buys twice: what led to the first order led to the second as well.
        visit("gil1", "gil", before(9), MAIL),
        visit("gil2", "gil", before(2), META),
        purchase("gil-buys", "gil", before(5), "gil-1"),
        purchase("gil-again", "gil", NOON, "gil-2"),
        # Hal never buys; his second path begins after a gap longer than the window.
        visit("hal1", "hal", before(80), MAIL),
        visit("hal2", "hal", before(75), META),
        visit("hal3", "hal", before(44), SEARCH),
        visit("ivy-import", "ivy", before(1), META, stream="report_import"),
    ]
    put(lake, "touch", visits)
    put(lake, "order", [
        order("ada-1", NOON, person_key="person:ada", customer_id="7", refunded_micros=10_000_000),
        order("bob-1", NOON), order("cem-1", NOON), order("dora-1", NOON),
        order("eve-1", NOON, last_utm_source="google", last_utm_medium="cpc", last_utm_campaign="c9"),
        order("fay-1", NOON, last_utm_source="newsletter", last_utm_medium="email"),
        order("fay-2", NOON), order("gil-1", before(5)), order("gil-2", NOON),
        order("test-1", NOON, is_test=True), order("off-1", NOON, is_cancelled=True),
        order("bob-1", NOON, updated_at=before(1), total_micros=1, month="2026-07"),
    ])  # fmt: skip
    put(lake, "touch", [visit("bob9", "bob", before(1), MAIL)], THEIRS)


@pytest.fixture(scope="module")
def lake(session, tmp_path_factory) -> Lake:
    made = Lake(tmp_path_factory.mktemp("paths") / "lake")
    fill(made)
    build_paths(Work(Tables(session, made, OURS), NOW, windows=(7, 30)))
    return made


@pytest.fixture(scope="module")
def paths(lake) -> pl.DataFrame:
    return lake.read("gold", "path_touch", OURS).filter(pl.col("window_days") == 30)


def steps(paths: pl.DataFrame, path_id: str) -> list[tuple[str | None, str]]:
    mine = paths.filter(pl.col("path_id") == f"shopify|1|{path_id}").sort("position")
    assert mine["position"].to_list() == list(range(1, mine.height + 1))
    assert mine["touches"].to_list() == [mine.height] * mine.height
    return list(mine.select("event_id", "marketing_channel").iter_rows())


def test_a_persons_browsers_meet_and_a_page_view_within_half_an_hour_is_the_same_visit(paths):
    assert steps(paths, "ada-1") == [("ada1", "meta_ads"), ("ada3", "organic_search"), ("ada4", "direct")]
    ada = paths.filter(pl.col("path_id") == "shopify|1|ada-1")
    assert set(ada["person_id"]) == {"person:ada"}
    assert set(ada["value_micros"]) == {20_000_000}
    assert ada.sort("position").select("campaign", "ad").row(0) == ("c1", "a1")


def test_both_edges_of_the_window_count_and_nothing_beyond(paths):
    assert steps(paths, "bob-1") == [("bob1", "meta_ads"), ("bob2", "google_ads")]


def test_only_the_latest_word_on_an_order_counts(paths):
    assert set(paths.filter(pl.col("path_id") == "shopify|1|bob-1")["value_micros"]) == {30_000_000}


def test_visits_of_one_instant_go_by_their_ids(paths):
    assert steps(paths, "cem-1") == [("cem-a", "meta_ads"), ("cem-b", "google_ads")]


def test_a_conversion_without_any_touch_is_direct_unless_the_shop_saw_more(paths):
    assert steps(paths, "fay-2") == [(None, "direct")]
    assert steps(paths, "fay-1") == [(None, "mailchimp")]


def test_what_the_shop_saw_comes_last_where_no_visit_tells(paths):
    assert steps(paths, "dora-1") == [("dora1", "direct")]
    assert steps(paths, "eve-1") == [("eve1", "direct"), (None, "google_ads")]


def test_a_visit_can_lead_to_several_orders(paths):
    assert steps(paths, "gil-1") == [("gil1", "mailchimp")]
    assert steps(paths, "gil-2") == [("gil1", "mailchimp"), ("gil2", "meta_ads")]


def test_visits_that_led_to_nothing_are_kept_and_a_long_gap_begins_a_new_path(paths):
    lost = paths.filter(~pl.col("is_conversion") & (pl.col("person_id") == "hal")).sort("occurred_at")
    assert lost.select("event_id", "position", "touches", "day_on").rows() == [
        ("hal1", 1, 2, date(2026, 6, 17)),
        ("hal2", 2, 2, date(2026, 6, 17)),
        ("hal3", 1, 1, date(2026, 7, 18)),
    ]
    assert lost["path_id"].n_unique() == 2
    assert lost["converted_at"].null_count() == 3


def test_what_lies_outside_every_window_is_a_path_without_conversion(paths):
    lost = paths.filter(~pl.col("is_conversion"))
    assert set(lost["event_id"]) == {"bob0", "bob3", "hal1", "hal2", "hal3"}


def test_tests_cancelled_orders_imports_and_neighbours_are_in_no_path(paths, lake):
    assert not paths["path_id"].str.contains("test-1|off-1").any()
    assert not paths["event_id"].is_in(["bob9", "ivy-import"]).any()
    assert lake.read("gold", "path_touch", THEIRS).is_empty()


def test_a_shorter_window_sees_less(lake):
    week = lake.read("gold", "path_touch", OURS).filter(pl.col("window_days") == 7)
    assert steps(week, "bob-1") == [("bob2", "google_ads")]
    assert steps(week, "gil-2") == [("gil2", "meta_ads")]


def test_building_again_changes_no_row_and_leaves_the_neighbours_alone(lake, session):
    before_it = lake.read("gold", "path_touch", OURS)
    build_paths(Work(Tables(session, lake, THEIRS), NOW, windows=(30,)))
    build_paths(Work(Tables(session, lake, OURS), NOW, windows=(30,)))
    columns = before_it.columns
    assert lake.read("gold", "path_touch", OURS).sort(columns).equals(before_it.sort(columns))
    assert lake.read("gold", "path_touch", THEIRS)["event_id"].to_list() == ["bob9"]


def test_with_identities_a_path_follows_the_person_across_browsers(lake, session, tmp_path):
    known = Lake(tmp_path / "lake")
    put(known, "touch", [visit("x1", "phone", before(2), META), visit("x2", "laptop", before(1), SEARCH)])
    put(known, "order", [order("x-1", NOON, customer_id="7")])
    keys = [("browser", "phone"), ("browser", "laptop"), ("customer", "shopify|1|7")]
    links = pl.DataFrame(keys, schema=["key_kind", "key"], orient="row")
    owner = {"workspace_id": OURS, "person_id": "p-1", "method": "deterministic"}
    known.append("gold", "person_key", links.with_columns(**{k: pl.lit(v) for k, v in owner.items()}))
    build_paths(Work(Tables(session, known, OURS), NOW))
    found = known.read("gold", "path_touch", OURS)
    assert steps(found, "x-1") == [("x1", "meta_ads"), ("x2", "organic_search")]
    assert set(found["person_id"]) == {"p-1"}
