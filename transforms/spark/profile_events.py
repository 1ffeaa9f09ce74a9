"""Who did what on which day: visits, orders and first signs of every person, for the profiles."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as fn

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
    events = read_events(tables)
    visits, orders = read_visits(events), read_orders(tables)
    channels = name_channels(tables, visits, orders).select(*ORIGIN, "marketing_channel", "channel_class")
    visits, orders, _ = name_persons(tables, events, visits, orders)
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
    return Events(came, bought, lines.join(whose, "path_id"), _read_signs(tables, events))


def _read_signs(tables: Tables, events: DataFrame) -> DataFrame:
    """Return log-ins on the site, sign-ups in the shop, and whom identity knows by more than a browser."""
    keys = tables.read("gold", "person_key")
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
