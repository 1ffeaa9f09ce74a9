"""Who did what on which day: visits, orders and first signs of every person, for the profiles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as fn

from transforms.spark.identity import name_as_of
from transforms.spark.persons import name_persons
from transforms.spark.tables import Tables
from transforms.spark.visits import ORIGIN, name_channels, read_events, read_orders, read_visits

CUSTOMER = ("channel", "account_id", "customer_id")
ORDER = ("channel", "account_id", "order_id")


@dataclass(frozen=True)
class Events:
    """What is known of persons; `person_id` means the same in all of them.

    Attributes:
        visits: person_id, day_on, occurred_at, event_id, marketing_channel, is_paid, is_mail.
        orders: person_id, day_on, path_id, currency, value_micros (less refunds).
        lines: person_id, day_on, path_id, currency, product_id, quantity, net_micros.
        signs: person_id, day_on of every log-in and sign-up: signs that a name stands behind the visits.
    """

    visits: DataFrame
    orders: DataFrame
    lines: DataFrame
    signs: DataFrame


def read_all(tables: Tables) -> Events:
    """Return the workspace's events by person, each visit with the channel it came through."""
    keys = tables.read("gold", "person_key")
    return _read(tables, keys, read_events(tables), read_orders(tables))


def read_as_of(tables: Tables, as_of_on: date) -> tuple[Events, DataFrame]:
    """Return the events up to a day as they were known then, and who each person of then is today.

    Persons are named by that day's identities, and orders are less the refunds of that day. The second has
    the columns `person_id` (of then) and `today_id`; whoever is not in it bears the same id. Without
    identities a browser that is tied to a name later is its own person of then, and nobody of today.
    """
    until = fn.lit(as_of_on)
    keys = tables.read("gold", "person_key")
    today = keys.select("key_kind", "key", fn.col("person_id").alias("today_id"))
    then = tables.send(name_as_of(tables, as_of_on)) if keys.limit(1).count() else keys.where("false")
    refunds = tables.read("silver", "refund").where(fn.col("day_on") > until)
    named = refunds.select(fn.concat_ws("|", *ORDER).alias("path_id"), "amount_micros")
    later = named.groupBy("path_id").agg(fn.sum("amount_micros").alias("later_micros"))
    orders = read_orders(tables).where(fn.col("day_on") <= until).join(later, "path_id", "left")
    value = fn.col("value_micros") + fn.coalesce("later_micros", fn.lit(0))
    orders = orders.withColumn("value_micros", value).drop("later_micros")
    events = read_events(tables).where(fn.col("day_on") <= until)
    whose = then.select("key_kind", "key", "person_id").join(today, ["key_kind", "key"])
    return _read(tables, then, events, orders), whose.select("person_id", "today_id").distinct()


def _read(tables: Tables, keys: DataFrame, events: DataFrame, orders: DataFrame) -> Events:
    visits = read_visits(events)
    channels = name_channels(tables, visits, orders).select(*ORIGIN, "marketing_channel", "channel_class")
    visits, orders, _ = name_persons(keys, events, visits, orders)
    came = visits.join(channels, list(ORIGIN)).select(
        "person_id",
        "day_on",
        "occurred_at",
        "event_id",
        "marketing_channel",
        (fn.col("channel_class") == "paid").alias("is_paid"),
        (fn.col("channel_class") == "email").alias("is_mail"),
    )
    bought = orders.select("person_id", "day_on", "path_id", "currency", "value_micros")
    lines = tables.read("silver", "order_line").where("product_id IS NOT NULL")
    lines = lines.select(fn.concat_ws("|", *ORDER).alias("path_id"), "product_id", "quantity", "net_micros")
    whose = bought.select("path_id", "person_id", "day_on", "currency")
    return Events(came, bought, lines.join(whose, "path_id"), _read_signs(tables, keys, events))


def _read_signs(tables: Tables, keys: DataFrame, events: DataFrame) -> DataFrame:
    """Return log-ins on the site, sign-ups in the shop, and whom identity knows by more than a browser."""
    logged_in = events.select("person_key", fn.lit("").alias("customer"), "day_on")
    customers = tables.read("silver", "customer").select(
        "person_key", fn.concat_ws("|", *CUSTOMER).alias("customer"), fn.to_date("created_at").alias("day_on")
    )
    by_person = keys.where("key_kind = 'person'").select(
        fn.col("key").alias("person_key"), fn.col("person_id").alias("by_person")
    )
    by_customer = keys.where("key_kind = 'customer'").select(
        fn.col("key").alias("customer"), fn.col("person_id").alias("by_customer")
    )
    signed = logged_in.where("person_key IS NOT NULL").unionByName(customers)
    signed = signed.join(by_person, "person_key", "left").join(by_customer, "customer", "left")
    signed = signed.select(fn.coalesce("by_customer", "by_person", "person_key").alias("person_id"), "day_on")
    linked = keys.where("key_kind <> 'browser'").select("person_id", fn.to_date("linked_at").alias("day_on"))
    return signed.where("person_id IS NOT NULL").unionByName(linked)
