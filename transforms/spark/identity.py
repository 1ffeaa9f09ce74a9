"""Gold person_key and person_merge: browsers, log-ins, customers and recipients as persons.

Spark reads the touches down to distinct pairs of keys; the pairs, a small part of the touches, are solved in
this process, where chains of any length are exact.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import cast

import polars as pl
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as fn

from lake.gold import GOLD
from transforms.identity.history import Named, name_persons
from transforms.identity.keys import BROWSER, CUSTOMER, LINK, PAIR, PERSON, RECIPIENT, SIGHTING, Evidence
from transforms.identity.persons import stitch
from transforms.spark.job import Work
from transforms.spark.tables import Tables

LOG_IN = "the browser was logged in as the person"
ORDERED = "the browser placed an order of the person"
ONE_CUSTOMER = "the shop knows the address as this customer's"
ONE_RECIPIENT = "mails to the recipient go to the address"


def stitch_persons(work: Work) -> None:
    """Rewrite `person_key` and add what changed to `person_merge`; nothing new, nothing written."""
    tables = work.tables
    evidence = _gather(tables)
    previous = _collect(tables.read("gold", "person_key")).drop("workspace_id")
    named = name_persons(stitch(evidence), evidence.apart, previous, str(tables.workspace), work.now_at)
    if named.keys.equals(previous.select(named.keys.columns).sort("key_kind", "key")):
        return
    _tell(work, named)
    tables.replace("person_key", named.keys)


def name_as_of(tables: Tables, as_of_on: date) -> pl.DataFrame:
    """Return the rows of `person_key` as that day's evidence makes them, `linked_at` null.

    No visit, order, link or decision of a later day counts. The ids are that day's own, not today's.
    """
    evidence = _gather(tables, as_of_on)
    nobody = pl.DataFrame(schema=GOLD["person_key"].schema).drop("workspace_id")
    now_at = datetime.combine(as_of_on, time.max, UTC)
    named = name_persons(stitch(evidence), evidence.apart, nobody, str(tables.workspace), now_at)
    return named.keys.with_columns(linked_at=pl.lit(None, dtype=GOLD["person_key"].schema["linked_at"]))


def _gather(tables: Tables, as_of_on: date = date.max) -> Evidence:
    until = fn.lit(as_of_on)
    touches = tables.read("silver", "touch").where(fn.col("day_on") <= until)
    orders = tables.read("silver", "order").where(fn.col("day_on") <= until)
    customers = tables.read("silver", "customer").where(_is_until("created_at", as_of_on))
    recipients = tables.read("silver", "recipient")
    named = [
        (CUSTOMER, ONE_CUSTOMER, orders.select(_place(orders, "customer_id").alias("key"), "person_key")),
        (
            CUSTOMER,
            ONE_CUSTOMER,
            customers.select(_place(customers, "customer_id").alias("key"), "person_key"),
        ),
        (
            RECIPIENT,
            ONE_RECIPIENT,
            recipients.select(_place(recipients, "recipient_id").alias("key"), "person_key"),
        ),
    ]
    pairs = [
        _collect(rows.distinct()).select(
            pl.lit(kind).alias("key_kind"), "key", "person_key", pl.lit(why).alias("because")
        )
        for kind, why, rows in named
    ]
    known = pl.concat(pairs)
    seen = _sightings(touches, orders)
    browsers = _collect(touches.select(fn.col("anonymous_id").alias("key")).distinct())
    keys = pl.concat(
        [
            known.select("key_kind", "key"),
            known.select(pl.lit(PERSON).alias("key_kind"), key="person_key"),
            browsers.select(pl.lit(BROWSER).alias("key_kind"), "key"),
        ]
    )
    links = known.drop_nulls().select(
        "key_kind", "key", "because", pl.lit(PERSON).alias("other_key_kind"),
        other_key="person_key", probability=pl.lit(1.0),
    )  # fmt: skip
    found = _collect(tables.read("gold", "person_link").where(_is_until("linked_at", as_of_on)))
    apart = _collect(tables.read("gold", "person_apart").where(_is_until("decided_at", as_of_on)))
    return Evidence(
        keys.drop_nulls().unique(),
        pl.concat([links.select(*LINK), found.select(*LINK)]).unique(),
        seen.select(*SIGHTING),
        apart.select(*PAIR).unique(),
    )


def _is_until(column: str, as_of_on: date) -> Column:
    return fn.col(column).isNull() | (fn.to_date(column) <= fn.lit(as_of_on))


def _place(rows: DataFrame, name: str) -> Column:
    """Return an account's own key, told apart from another account's: `<channel>|<account_id>|<id>`."""
    key = fn.concat_ws("|", rows["channel"], rows["account_id"], rows[name])
    return fn.when(rows[name].isNotNull(), key)


def _sightings(touches: DataFrame, orders: DataFrame) -> pl.DataFrame:
    """Return on how many days each browser was seen with each key: by log-in, or by an order it placed."""
    browser = fn.col("anonymous_id").alias("browser")
    logged = touches.where("person_key IS NOT NULL").select(
        browser, fn.lit(PERSON).alias("key_kind"), fn.col("person_key").alias("key"), "day_on", "occurred_at",
        fn.lit(LOG_IN).alias("because"),
    )  # fmt: skip
    buyer = fn.coalesce(fn.col("person_key"), _place(orders, "customer_id"))
    kind = fn.when(fn.col("person_key").isNotNull(), PERSON).otherwise(CUSTOMER)
    # An order number two shops have used says nothing about who bought.
    bought = (
        orders.select("order_id", buyer.alias("key"), kind.alias("key_kind"))
        .groupBy("order_id")
        .agg(fn.min("key").alias("key"), fn.min("key_kind").alias("key_kind"), fn.count("*").alias("shops"))
        .where("shops = 1 AND key IS NOT NULL")
    )
    placed = (
        touches.where("order_id IS NOT NULL AND person_key IS NULL")
        .select("order_id", browser, "day_on", "occurred_at")
        .join(bought, "order_id")
        .select("browser", "key_kind", "key", "day_on", "occurred_at", fn.lit(ORDERED).alias("because"))
    )
    return _collect(
        logged.unionByName(placed)
        .groupBy("browser", "key_kind", "key")
        .agg(
            fn.countDistinct("day_on").cast("double").alias("days"),
            fn.max("occurred_at").alias("last_at"),
            fn.min("because").alias("because"),
        )
    )


def _tell(work: Work, named: Named) -> None:
    """Add the changes to the history.

    Their run is named after the version they were found against, so what a run told that ended before
    its keys were written is not told twice.
    """
    if named.events.is_empty():
        return
    tables = work.tables
    run_id = f"person_key@{tables.lake.version('gold', 'person_key') or 0}"
    told = _collect(tables.read("gold", "person_merge").where(f"run_id = '{run_id}'"))
    fresh = named.events.join(told, on=["kind", "person_id", "other_person_id"], how="anti")
    stamped = fresh.with_columns(happened_at=pl.lit(work.now_at), run_id=pl.lit(run_id))
    if stamped.height:
        tables.append("person_merge", stamped)


def _collect(rows: DataFrame) -> pl.DataFrame:
    """Return the rows in this process; instants are UTC, whatever the engine's clock shows."""
    found = cast(pl.DataFrame, pl.from_arrow(rows.toArrow()))
    return found.with_columns(pl.col(pl.Datetime).dt.convert_time_zone("UTC").dt.cast_time_unit("us"))
