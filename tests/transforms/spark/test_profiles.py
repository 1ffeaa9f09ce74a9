"""Profiles of a small shop agree with scores, stages and shares worked out by hand."""

from __future__ import annotations

import json
from datetime import date

import polars as pl
import pytest
from pyspark.sql import functions as fn

from lake.audiences.profile import STAGE
from lake.schemas import SILVER
from tests.transforms.spark.shop import AS_OF, ORIGIN, Shop, back, instant
from transforms.spark import profiles
from transforms.spark.profile_events import read_all
from transforms.spark.profile_rules import read_profiles

MAIL = {"utm_source": "mailchimp", "utm_medium": "email"}
PAID = {"utm_source": "google", "utm_medium": "cpc"}


def read(work, table="person_profile", key="person_id"):
    if table == "person_profile":
        rows = pl.DataFrame(read_profiles(work.tables).toArrow())
    else:
        rows = work.tables.lake.read("gold", table, work.tables.workspace)
    return {row[key]: row for row in rows.to_dicts()}


def five_customers() -> Shop:
    """p1 is worst and p5 best in recency; p1..p3 ordered once, p4 twice, p5 three times; all spend more."""
    shop = Shop()
    for number, days in ((1, 50), (2, 40), (3, 30), (4, 20), (5, 0)):
        shop.order(f"p{number}", days, 10 * number, product="rug" if number == 5 else "mug")
    shop.order("p4", 60, 100)
    shop.order("p5", 10, 20)
    shop.order("p5", 70, 20)
    return shop


def test_the_three_scores_are_fifths_and_equals_are_equal(work, lake):
    five_customers().write(lake, str(work.tables.workspace))
    profiles.run(work)
    people = read(work)
    scores = {
        p: tuple(row[f"{s}_score"] for s in ("recency", "frequency", "monetary")) for p, row in people.items()
    }
    # Money: 10, 20, 30, 140, 90. Orders: 1, 1, 1, 2, 3: three share the first place, so 2 has three below.
    assert scores == {"p1": (1, 1, 1), "p2": (2, 1, 2), "p3": (3, 1, 3), "p4": (4, 4, 5), "p5": (5, 5, 4)}
    segments = {p: row["rfm_segment"] for p, row in people.items()}
    assert segments == {
        "p1": "lost", "p2": "about_to_sleep", "p3": "need_attention", "p4": "champions", "p5": "champions",
    }  # fmt: skip
    assert {row["as_of_on"] for row in people.values()} == {AS_OF}


def test_money_orders_and_days_are_those_of_the_orders(work, lake):
    shop = five_customers()
    shop.order("p1", 5, 999, is_cancelled=True)
    shop.order("p1", 5, 999, is_test=True)
    shop.order("p2", 1, 50, refunded_micros=20_000_000)
    shop.order("p2", 1, 7, currency="USD")
    shop.write(lake, str(work.tables.workspace))
    profiles.run(work)
    one, two = read(work)["p1"], read(work)["p2"]
    assert (one["orders"], one["revenue_micros"], one["days_since_order"]) == (1, 10_000_000, 50)
    # Two of three orders are in EUR: 20 and 50 less 20.
    assert (two["orders"], two["revenue_micros"], two["currency"]) == (3, 50_000_000, "EUR")
    assert (two["first_order_on"], two["last_order_on"]) == (back(40), back(1))


def test_the_main_product_is_where_most_of_the_money_went(work, lake):
    five_customers().write(lake, str(work.tables.workspace))
    profiles.run(work)
    five = read(work)["p5"]
    assert (five["top_product_id"], five["top_product_share"]) == ("rug", pytest.approx(50 / 90))
    bought = work.tables.lake.read("gold", "person_product", work.tables.workspace)
    mine = {row["product_id"]: row for row in bought.to_dicts() if row["person_id"] == "p5"}
    assert (mine["mug"]["orders"], mine["mug"]["units"], mine["mug"]["net_micros"]) == (2, 2, 40_000_000)
    assert mine["mug"]["last_order_on"] == back(10)


def test_a_visitor_a_lead_and_a_customer_are_told_apart_and_engagement_has_bands(work, lake):
    shop = five_customers()
    for days in (3, 3, 9, 100):
        shop.visit("stranger", days, **PAID)
    shop.visit("reader", 20, **MAIL)
    shop.visit("reader", 25, person="person:reader", hour=9)
    shop.visit("old", 95)
    shop.visit("b5", 80, person="p5", **MAIL)
    shop.write(lake, str(work.tables.workspace))
    profiles.run(work)
    people = read(work)
    stranger, reader, five = people["stranger"], people["person:reader"], people["p5"]
    assert (stranger["lifecycle_stage"], stranger["is_known"], stranger["engagement_band"]) == (
        "visitor",
        False,
        "hot",
    )
    # Days with a visit in the last 90, not page views.
    assert (stranger["visits"], stranger["paid_visits"], stranger["mail_visits"]) == (2, 2, 0)
    assert (reader["lifecycle_stage"], reader["visits"], reader["mail_visits"]) == ("lead", 2, 1)
    assert (reader["engagement_band"], reader["acquired_channel"]) == ("warm", "direct")
    assert people["old"]["engagement_band"] == "cold"
    assert (five["acquired_channel"], five["first_seen_on"], five["last_engaged_on"]) == (
        "mailchimp",
        back(80),
        AS_OF,
    )
    assert five["rfm_segment"] == "champions"
    assert (stranger["rfm_segment"], stranger["recency_score"], stranger["revenue_micros"]) == (None, None, 0)


def test_identities_join_what_browser_and_shop_know(work, lake):
    shop = five_customers()
    shop.visit("b1", 2)
    shop.visit("b2", 4)
    workspace = str(work.tables.workspace)
    shop.write(lake, workspace)
    keys = [("browser", "b1", "i1"), ("browser", "b2", "i1"), ("person", "p5", "i1")]
    rows = [(k, v, i, "deterministic", 1.0, "2026-03-01") for k, v, i in keys]
    frame = work.tables.spark.createDataFrame(
        rows,
        "key_kind string, key string, person_id string, method string, probability double, linked_at string",
    )
    work.tables.replace("person_key", frame)
    profiles.run(work)
    people = read(work)
    assert set(people) >= {"i1", "p1"}
    assert not {"b1", "b2", "p5"} & set(people)
    assert (people["i1"]["orders"], people["i1"]["visits"], people["i1"]["is_known"]) == (3, 2, True)


@pytest.mark.parametrize(
    ("orders", "days", "gap", "known", "stage"),
    [
        (0, None, None, False, "visitor"),
        (0, None, None, True, "lead"),
        (1, 40, None, True, "new"),
        (1, 41, None, True, "at_risk"),
        (1, 80, None, True, "at_risk"),
        (1, 81, None, True, "lapsed"),
        (2, 40, 80, True, "active"),
        (2, 40, 81, True, "won_back"),
        (2, 41, 81, True, "at_risk"),
        (9, 81, 5, True, "lapsed"),
    ],
)
def test_a_stage_begins_the_day_after_its_threshold(sail, orders, days, gap, known, stage):  # noqa: PLR0917
    columns = "orders bigint, days_since_order bigint, last_gap_days int, is_known boolean"
    facts = sail.createDataFrame([(orders, days, gap, known)], columns).withColumn(
        "days_since_engaged", fn.lit(1)
    )
    days = {"at_risk_days": fn.lit(40), "lapsed_days": fn.lit(80)}
    (row,) = facts.withColumns(days).withColumn("lifecycle_stage", fn.expr(STAGE)).collect()
    assert row["lifecycle_stage"] == stage


def test_models_that_cannot_be_made_say_why_and_nothing_is_made_up(work, lake):
    five_customers().write(lake, str(work.tables.workspace))
    profiles.run(work)
    told = read(work, "profile_model", "model")
    assert "Only 0 of" in told["propensity"]["told"] or "50 are needed" in told["propensity"]["told"]
    assert (told["propensity"]["auc"], told["likeness"]["auc"]) == (None, None)
    assert told["clusters"]["told"].startswith("No groups")
    assert json.loads(told["lifecycle"]["settings"]) == {"at_risk_days": 90, "lapsed_days": 180}
    people = read(work).values()
    assert {row["propensity"] for row in people} == {row["cluster"] for row in people} == {None}


def test_an_empty_lake_makes_no_profiles(work, lake):
    profiles.run(work)
    assert read(work) == {}


def write_keys(work, *keys, linked_on="2026-03-31"):
    rows = [(kind, key, person, "deterministic", 1.0, linked_on) for kind, key, person in keys]
    columns = (
        "key_kind string, key string, person_id string, method string, probability double, linked_at string"
    )
    work.tables.replace("person_key", work.tables.spark.createDataFrame(rows, columns))


def foresee(work, days_ago):
    rows, did = profiles.foresee(work.tables, read_all(work.tables), back(days_ago), days_ago)
    return dict(zip(rows["person_id"], rows.with_columns(did=did).to_dicts(), strict=True))


def facts_of(work, days_ago):
    people = foresee(work, days_ago).values()
    return sorted((row["orders"], row["visits"], row["revenue_micros"]) for row in people)


def test_a_link_learnt_later_changes_no_fact_of_an_earlier_day(work, lake):
    shop = Shop()
    shop.order("p1", 50, 10)
    shop.visit("b1", 45)
    shop.visit("b1", 42)
    write_keys(work, ("browser", "b1", "i2"), ("person", "p1", "i1"))
    shop.write(lake, str(work.tables.workspace))
    before = facts_of(work, 40)
    assert before == [(0, 2, 0), (1, 0, 10_000_000)]
    # Ten days ago the browser logs in as p1 and buys: today they are one person, 40 days ago they were not.
    later = Shop()
    later.visit("b1", 10, person="p1")
    later.order("p1", 9, 70)
    for number, row in enumerate(later.rows["touch"] + later.rows["order"] + later.rows["order_line"]):
        row.update({name: f"later-{number}" for name in ("event_id", "order_id", "line_id") if name in row})
    later.write(lake, str(work.tables.workspace))
    write_keys(work, ("browser", "b1", "i1"), ("person", "p1", "i1"))
    assert facts_of(work, 40) == before
    assert {row["did"] for row in foresee(work, 40).values()} == {True}
    assert facts_of(work, 5) == [(2, 3, 80_000_000)]


def test_a_refund_is_taken_off_from_its_own_day_on(work, lake):
    shop = Shop()
    shop.order("p1", 50, 100, refunded_micros=30_000_000)
    workspace = str(work.tables.workspace)
    shop.write(lake, workspace)
    write_keys(work, ("person", "p1", "i1"))
    own = {
        "workspace_id": workspace,
        "record_key": "1",
        "channel": "shopify",
        "account_id": "a",
        "stream": "s",
    }
    refund = {
        "order_id": "0", "refund_id": "r", "refunded_at": instant(back(20)), "day_on": back(20),
        "amount_micros": 30_000_000, "currency": "EUR",
    }  # fmt: skip
    rows = pl.DataFrame([{**own, **ORIGIN, **refund}], schema=SILVER["refund"].schema)
    month = {"month": pl.col("day_on").dt.strftime("%Y-%m")} if SILVER["refund"].day else {}
    lake.append("silver", "refund", rows.with_columns(**month))
    assert facts_of(work, 21) == [(1, 0, 100_000_000)]
    assert facts_of(work, 20) == [(1, 0, 70_000_000)]


def test_a_horizon_is_the_median_gap_and_leaves_half_the_history_to_learn_from():
    first = date(2026, 1, 1)
    assert profiles.choose_horizon(20, first, AS_OF) == 20
    assert profiles.choose_horizon(None, date(2025, 1, 1), AS_OF) == 30
    assert profiles.choose_horizon(2, first, AS_OF) == 7
    assert profiles.choose_horizon(200, first, AS_OF) == 22
    assert profiles.choose_horizon(20, AS_OF, AS_OF) == 1
