"""The facts of every person as they stood at the end of a day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pyspark.sql import functions as fn
from pyspark.sql.window import Window

from transforms.spark.profile_events import Events

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

# Visits older than this say little about a person today.
RECENT_DAYS = 90
VISITS = {"visits": "true", "mail_visits": "is_mail", "paid_visits": "is_paid"}


def state_facts(events: Events, as_of_on: date) -> DataFrame:
    """Return one row a person seen by the end of that day.

    Columns: person_id, is_known, first_seen_on, days_known, acquired_channel, visits, mail_visits,
    paid_visits (days in the last 90 with such a visit), last_engaged_on, days_since_engaged, orders,
    first_order_on, last_order_on, days_since_order, last_gap_days (between the last two days with an
    order), revenue_micros, currency.
    """
    seen = (
        _until(events.visits, as_of_on)
        .groupBy("person_id")
        .agg(
            fn.min("day_on").alias("first_visit_on"),
            fn.max("day_on").alias("last_visit_on"),
            *(_recent_days(name, what, as_of_on) for name, what in VISITS.items()),
        )
    )
    bought = _state_orders(_until(events.orders, as_of_on))
    signed = _until(events.signs, as_of_on).groupBy("person_id").agg(fn.min("day_on").alias("first_sign_on"))
    facts = seen.join(bought, "person_id", "full").join(signed, "person_id", "full")
    facts = facts.join(_first_channel(_until(events.visits, as_of_on)), "person_id", "left")
    facts = facts.withColumns(
        {
            "orders": fn.coalesce("orders", fn.lit(0)),
            "revenue_micros": fn.coalesce("revenue_micros", fn.lit(0)),
            **{name: fn.coalesce(name, fn.lit(0)) for name in VISITS},
            "is_known": fn.coalesce("first_sign_on", "first_order_on").isNotNull(),
            "first_seen_on": fn.least("first_visit_on", "first_sign_on", "first_order_on"),
            "last_engaged_on": fn.greatest("last_visit_on", "last_order_on"),
        }
    )
    return state_ages(facts.drop("first_visit_on", "last_visit_on", "first_sign_on"), as_of_on)


def state_ages(facts: DataFrame, as_of_on: date) -> DataFrame:
    """Return the facts with the days from what they name to that day."""
    since = {
        "days_known": "first_seen_on",
        "days_since_order": "last_order_on",
        "days_since_engaged": "last_engaged_on",
    }
    day = fn.lit(as_of_on)
    return facts.withColumns({name: fn.datediff(day, on).cast("bigint") for name, on in since.items()})


def count_gaps(events: Events, as_of_on: date) -> dict[int, int]:
    """Return how often each number of days lay between two following days with an order of one person."""
    rows = (
        _order_days(_until(events.orders, as_of_on)).where("gap_days IS NOT NULL").groupBy("gap_days").count()
    )
    return {int(row[0]): int(row[1]) for row in rows.collect()}


def count_waits(events: Events, as_of_on: date) -> dict[int, int]:
    """Return how often each number of days has passed since the last order of a person: open gaps."""
    last = _until(events.orders, as_of_on).groupBy("person_id").agg(fn.max("day_on").alias("last_on"))
    wait = fn.datediff(fn.lit(as_of_on), "last_on").alias("wait_days")
    return {int(row[0]): int(row[1]) for row in last.select(wait).groupBy("wait_days").count().collect()}


def state_products(events: Events, as_of_on: date) -> DataFrame:
    """Return person_id, product_id, currency, orders, units, net_micros, last_order_on: what each bought."""
    return (
        _until(events.lines, as_of_on)
        .groupBy("person_id", "product_id", "currency")
        .agg(
            fn.countDistinct("path_id").alias("orders"),
            fn.sum("quantity").alias("units"),
            fn.sum("net_micros").alias("net_micros"),
            fn.max("day_on").alias("last_order_on"),
        )
    )


def _until(rows: DataFrame, as_of_on: date) -> DataFrame:
    return rows.where(fn.col("day_on") <= fn.lit(as_of_on))


def _recent_days(name: str, what: str, as_of_on: date) -> Column:
    recent = fn.datediff(fn.lit(as_of_on), fn.col("day_on")) < RECENT_DAYS
    return fn.countDistinct(fn.when(recent & fn.expr(what), fn.col("day_on"))).alias(name)


def _first_channel(visits: DataFrame) -> DataFrame:
    first = Window.partitionBy("person_id").orderBy("occurred_at", "event_id")
    ranked = visits.withColumn("nth", fn.row_number().over(first)).where("nth = 1")
    return ranked.select("person_id", fn.col("marketing_channel").alias("acquired_channel"))


def _order_days(orders: DataFrame) -> DataFrame:
    """Return each person's days with an order and the days since the one before."""
    days = orders.select("person_id", "day_on").distinct()
    before = fn.lag("day_on").over(Window.partitionBy("person_id").orderBy("day_on"))
    return days.withColumn("gap_days", fn.datediff(fn.col("day_on"), before))


def _state_orders(orders: DataFrame) -> DataFrame:
    """Return each person's orders; money in the currency of most of them, of two alike the first by name."""
    counts = orders.groupBy("person_id", "currency").agg(
        fn.count("*").alias("n"), fn.sum("value_micros").alias("revenue_micros")
    )
    most = Window.partitionBy("person_id").orderBy(fn.desc("n"), "currency")
    main = counts.withColumn("nth", fn.row_number().over(most)).where("nth = 1").drop("nth", "n")
    whole = orders.groupBy("person_id").agg(
        fn.count("*").alias("orders"),
        fn.min("day_on").alias("first_order_on"),
        fn.max("day_on").alias("last_order_on"),
    )
    last = Window.partitionBy("person_id").orderBy(fn.desc("day_on"))
    gaps = _order_days(orders).withColumn("nth", fn.row_number().over(last)).where("nth = 1")
    gaps = gaps.select("person_id", fn.col("gap_days").alias("last_gap_days"))
    return whole.join(main, "person_id").join(gaps, "person_id")
