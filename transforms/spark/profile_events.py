"""Who did what on which day: visits, orders and first signs of every person, for the profiles."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as fn

from transforms.build import PROJECT

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from transforms.spark.tables import Tables

RULES = PROJECT / "seeds" / "channel_rules.csv"
ORIGIN = ("source", "medium", "click_id_kind", "referrer_host")
PAID_MEDIUM = re.compile(r"(.*[_-])?(cp[acmv]|ppc|paid|ads?|display)([_ -].*)?")
PAID_CLICKS = frozenset(
    {"gclid", "gbraid", "wbraid", "dclid", "msclkid", "ttclid", "twclid", "li_fat_id", "epik"}
)
MAIL_MEDIUM = re.compile(r"e-?mail|newsletter")


@dataclass(frozen=True)
class Events:
    """What is known of persons, in three tables; a person is the same text in all.

    Attributes:
        visits: person_id, day_on, occurred_at, event_id, marketing_channel, is_paid, is_mail, is_known.
        orders: person_id, day_on, ordered_at, order_key, currency, value_micros (less refunds).
        lines: person_id, order_key, day_on, product_id, quantity, net_micros, currency.
        signs: person_id, day_on, is_known: every other sign of a person, such as a sign-up.
    """

    visits: DataFrame
    orders: DataFrame
    lines: DataFrame
    signs: DataFrame


def read_events(tables: Tables) -> Events:
    """Return the workspace's events by person.

    Persons are those of `person_key` once it is there. Until then a browser in which one person
    alone logged in is that person, and a customer is the hash of the mail address.
    """
    touches, orders = tables.read("silver", "touch"), tables.read("silver", "order")
    keys = tables.read("gold", "person_key")
    visits = _name(keys, _known_browsers(touches), "browser", "anonymous_id", "person_key")
    customer = fn.concat_ws(
        "|", "channel", "account_id", fn.coalesce("customer_id", fn.concat(fn.lit("order:"), "order_id"))
    )
    sold = orders.where("NOT is_test AND NOT is_cancelled")
    sold = _name(keys, sold.withColumn("customer_key", customer), "customer", "customer_key", "person_key")
    sold = sold.select(
        "person_id",
        "day_on",
        "ordered_at",
        _order_key().alias("order_key"),
        "currency",
        (fn.col("total_micros") - fn.coalesce("refunded_micros", fn.lit(0))).alias("value_micros"),
    )
    lines = tables.read("silver", "order_line").select(
        _order_key().alias("order_key"), "product_id", "quantity", "net_micros"
    )
    lines = lines.where("product_id IS NOT NULL").join(
        sold.select("order_key", "person_id", "day_on", "currency"), "order_key"
    )
    return Events(_with_channel(visits), sold, lines, _signs(tables, keys))


def _order_key() -> Column:
    return fn.concat_ws("|", "channel", "account_id", "order_id")


def _name(keys: DataFrame, rows: DataFrame, kind: str, key: str, hashed: str) -> DataFrame:
    """Return the rows with their `person_id`: by the hash, by the key, else the hash or the key itself."""
    by_hash = keys.where("key_kind = 'person'").select(
        fn.col("key").alias(hashed), fn.col("person_id").alias("by_hash")
    )
    by_key = keys.where(fn.col("key_kind") == kind).select(
        fn.col("key").alias(key), fn.col("person_id").alias("by_key")
    )
    named = rows.join(by_hash, hashed, "left").join(by_key, key, "left")
    return named.withColumn("person_id", fn.coalesce("by_hash", "by_key", hashed, key)).drop(
        "by_hash", "by_key"
    )


def _known_browsers(touches: DataFrame) -> DataFrame:
    """Return the touches, those of a browser in which one person alone was known with that person's hash."""
    alone = touches.groupBy("anonymous_id").agg(
        fn.min("person_key").alias("one"), fn.max("person_key").alias("other")
    )
    alone = alone.where("one = other").select("anonymous_id", "one")
    known = touches.join(alone, "anonymous_id", "left")
    return known.withColumn("person_key", fn.coalesce("person_key", "one")).drop("one")


def _signs(tables: Tables, keys: DataFrame) -> DataFrame:
    """Return sign-ups in the shop, and everyone identity knows by more than a browser."""
    customers = tables.read("silver", "customer")
    customers = customers.withColumn(
        "customer_key", fn.concat_ws("|", "channel", "account_id", "customer_id")
    )
    signed = _name(keys, customers, "customer", "customer_key", "person_key").select(
        "person_id", fn.to_date("created_at").alias("day_on"), fn.expr("true").alias("is_known")
    )
    known = keys.where("key_kind <> 'browser'").select(
        "person_id", fn.to_date("linked_at").alias("day_on"), fn.expr("true").alias("is_known")
    )
    return signed.unionByName(known)


def _with_channel(touches: DataFrame) -> DataFrame:
    """Return the visits with the marketing channel they came through, by the rules that the marts use."""
    visits = touches.where("kind NOT IN ('purchase', 'identify')").withColumns(
        {
            "source": fn.coalesce(fn.lower(fn.trim("utm_source")), fn.lit("")),
            "medium": fn.coalesce(fn.lower(fn.trim("utm_medium")), fn.lit("")),
            "click_id_kind": fn.coalesce(fn.lower("click_id_kind"), fn.lit("")),
            "referrer_host": fn.coalesce(
                fn.when(
                    fn.col("referrer_host") != fn.col("page_host"),
                    fn.regexp_replace(fn.lower("referrer_host"), r"^www\.", ""),
                ),
                fn.lit(""),
            ),
        }
    )
    # A site has few distinct origins, so the rules are applied to them here, once each.
    origins = [tuple(row) for row in visits.select(*ORIGIN).distinct().collect()]
    named = [(*origin, *_judge(*origin)) for origin in sorted(origins)]
    types = ", ".join(f"{name} string" for name in (*ORIGIN, "marketing_channel"))
    channels = visits.sparkSession.createDataFrame(named, f"{types}, is_paid boolean, is_mail boolean")
    return visits.join(channels, list(ORIGIN)).select(
        "person_id",
        "day_on",
        "occurred_at",
        "event_id",
        "marketing_channel",
        "is_paid",
        "is_mail",
        fn.col("person_key").isNotNull().alias("is_known"),
    )


def _judge(source: str, medium: str, click_id_kind: str, referrer_host: str) -> tuple[str, bool, bool]:
    """Return the channel of an origin, whether it was paid for, and whether it came from a mail."""
    is_paid = bool(PAID_MEDIUM.fullmatch(medium)) or click_id_kind in PAID_CLICKS
    return (
        _channel(source, medium, click_id_kind, referrer_host),
        is_paid,
        bool(MAIL_MEDIUM.fullmatch(medium)),
    )


def _channel(*origin: str) -> str:
    for rule in _read_rules():
        if all(re.fullmatch(rule[name] or ".*", value) for name, value in zip(ORIGIN, origin, strict=True)):
            return rule["channel"]
    return "direct"


def _read_rules() -> list[dict[str, str]]:
    with RULES.open(encoding="utf-8", newline="") as file:
        return sorted(csv.DictReader(file), key=lambda rule: int(rule["priority"]))
