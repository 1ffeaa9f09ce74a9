"""Whose visit and whose order: by the identities found, or by browser and log-in while there are none."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as fn

# What joins orders to visits: a key both have, and which known persons of that browser are meant (null: all).
MEETING = ("meeting_key", "only_persons")


def name_persons(
    keys: DataFrame, events: DataFrame, visits: DataFrame, orders: DataFrame
) -> tuple[DataFrame, DataFrame, DataFrame]:
    """Return visits with `person_id` and `meeting_key`, orders with `person_id`, and orders by MEETING.

    `keys` are rows of `person_key`. The last has a row per order and meeting key. With identities a person
    is the key; without, a visit belongs to its browser and to everyone who was ever known in that browser,
    as in dbt's last touch.
    """
    keys = keys.select("key_kind", "key", "person_id")
    purchases = events.where("kind = 'purchase' AND order_id IS NOT NULL").select(
        "order_id", "anonymous_id", "person_key"
    )
    if keys.limit(1).count():
        return _by_identity(keys, visits, orders, purchases)
    return _by_browser(events, visits, orders, purchases)


def _by_identity(
    keys: DataFrame, visits: DataFrame, orders: DataFrame, purchases: DataFrame
) -> tuple[DataFrame, DataFrame, DataFrame]:
    def named(kind: str, column: str, result: str) -> DataFrame:
        mine = keys.where(keys["key_kind"] == kind)
        return mine.select(fn.col("key").alias(column), fn.col("person_id").alias(result))

    logged_in = named("person", "person_key", "by_person")
    browser = named("browser", "anonymous_id", "by_browser")
    customer = named("customer", "customer", "by_customer")
    seen = logged_in.join(browser.join(visits, "anonymous_id", "right"), "person_key", "right")
    whose = fn.coalesce("by_person", "by_browser", "person_key", "anonymous_id")
    seen = (
        seen.withColumn("person_id", whose).withColumn("meeting_key", whose).drop("by_person", "by_browser")
    )
    bought = purchases.join(browser, "anonymous_id", "left").join(logged_in, "person_key", "left")
    buyer = bought.groupBy("order_id").agg(
        fn.coalesce(
            fn.min("by_person"), fn.min("by_browser"), fn.min("person_key"), fn.min("anonymous_id")
        ).alias("by_purchase")
    )
    owned = orders.join(customer, "customer", "left").join(logged_in, "person_key", "left")
    owned = owned.join(buyer, "order_id", "left").withColumn(
        "person_id", fn.coalesce("by_customer", "by_person", "by_purchase", "person_key", "path_id")
    )
    owned = owned.drop("by_customer", "by_person", "by_purchase")
    everyone = fn.lit(None).cast("array<string>").alias("only_persons")
    return seen, owned, owned.select("path_id", fn.col("person_id").alias("meeting_key"), everyone)


def _by_browser(
    events: DataFrame, visits: DataFrame, orders: DataFrame, purchases: DataFrame
) -> tuple[DataFrame, DataFrame, DataFrame]:
    known = events.where("person_key IS NOT NULL").select("anonymous_id", "person_key").distinct()
    usual = known.groupBy("anonymous_id").agg(fn.min("person_key").alias("usual_person"))
    whose = fn.coalesce("person_key", "usual_person", "anonymous_id")
    seen = usual.join(visits, "anonymous_id", "right").withColumn("person_id", whose).drop("usual_person")
    seen = seen.withColumn("meeting_key", fn.col("anonymous_id"))
    bought = purchases.join(usual, "anonymous_id", "left").groupBy("order_id")
    buyer = bought.agg(
        fn.coalesce(fn.min("person_key"), fn.min("usual_person"), fn.min("anonymous_id")).alias("buyer")
    )
    owned = orders.join(buyer, "order_id", "left")
    owned = owned.withColumn("person_id", fn.coalesce("person_key", "buyer", "path_id")).drop("buyer")
    return seen, owned, _browsers_of(orders, purchases, known)


def _browsers_of(orders: DataFrame, purchases: DataFrame, known: DataFrame) -> DataFrame:
    """Return the browsers whose visits may have led to each order."""
    ids = orders.select("path_id", "order_id")
    nobody = fn.lit(None).cast("string").alias("person_key")
    bought_in = ids.join(purchases, "order_id").select("path_id", "anonymous_id", nobody)
    buyers = (
        ids.join(purchases, "order_id").select("path_id", "person_key")
        .union(orders.select("path_id", "person_key"))
        .where("person_key IS NOT NULL").distinct()
    )  # fmt: skip
    known_in = buyers.join(known, "person_key").select("path_id", "anonymous_id", "person_key")
    browsers = bought_in.union(known_in).groupBy("path_id", "anonymous_id")
    # A browser the order was made in counts whole, whoever is known in it.
    is_whole = fn.max(fn.col("person_key").isNull())
    return browsers.agg(
        fn.when(~is_whole, fn.collect_set("person_key")).alias("only_persons"),
    ).select("path_id", fn.col("anonymous_id").alias("meeting_key"), "only_persons")
