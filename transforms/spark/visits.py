"""What paths are made of: the visits of the site and the orders of the shops, each with its channel."""

from __future__ import annotations

import polars as pl
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as fn

from transforms.spark import channels, ga4
from transforms.spark.tables import Tables

# An origin's own columns and the campaign, which the GA4 grouping looks at as well.
ORIGIN = (*channels.ORIGIN, "campaign_key")
NO_VISITS = ("purchase", "identify")
IMPORTED = "report_import"


def read_events(tables: Tables) -> DataFrame:
    """Return the site's own events, purchases and log-ins among them."""
    touch = tables.read("silver", "touch")
    return touch.where((touch["channel"] == "site") & (touch["stream"] != IMPORTED))


def read_visits(events: DataFrame) -> DataFrame:
    """Return every page view.

    Columns: event_id, occurred_at, day_on, anonymous_id, person_key, ORIGIN, campaign, ad.
    """
    outside = fn.when(
        fn.col("referrer_host") != fn.coalesce("page_host", fn.lit("")), fn.col("referrer_host")
    )
    origin = _origin("utm_source", "utm_medium", "utm_campaign", fn.col("click_id_kind"), outside)
    return events.where(~fn.col("kind").isin(*NO_VISITS)).select(
        "event_id", "occurred_at", "day_on", "anonymous_id", "person_key", *origin,
        fn.col("utm_campaign").alias("campaign"), fn.col("utm_content").alias("ad"),
    )  # fmt: skip


def read_orders(tables: Tables) -> DataFrame:
    """Return the latest word on every order that counts, test and cancelled ones left out.

    Columns: path_id, order_id, person_key, customer, converted_at, day_on, currency, value_micros, and what
    the shop itself saw last: ORIGIN, campaign, ad.
    """
    order = tables.read("silver", "order")
    newest = Window.partitionBy("channel", "account_id", "order_id").orderBy(
        fn.col("updated_at").desc_nulls_last(), fn.col("loaded_at").desc()
    )
    latest = order.withColumn("nth_word", fn.row_number().over(newest)).where("nth_word = 1")
    nothing = fn.lit(None).cast("string")
    origin = _origin("last_utm_source", "last_utm_medium", "last_utm_campaign", nothing, nothing)
    return latest.where(~fn.col("is_test") & ~fn.col("is_cancelled")).select(
        fn.concat_ws("|", "channel", "account_id", "order_id").alias("path_id"),
        "order_id",
        "person_key",
        fn.when(
            fn.col("customer_id").isNotNull(), fn.concat_ws("|", "channel", "account_id", "customer_id")
        ).alias("customer"),
        fn.col("ordered_at").alias("converted_at"),
        "day_on",
        "currency",
        (fn.col("total_micros") - fn.coalesce("refunded_micros", fn.lit(0))).alias("value_micros"),
        *origin,
        fn.col("last_utm_campaign").alias("campaign"),
        fn.col("last_utm_content").alias("ad"),
    )


def name_channels(tables: Tables, visits: DataFrame, orders: DataFrame) -> DataFrame:
    """Return every distinct origin of both with `marketing_channel`, `channel_group`, `channel_class`.

    There are few origins and many visits: the rules are tried on the origins, and those are worked out
    here and now, because several joins need them.
    """
    origins = visits.select(*ORIGIN).union(orders.select(*ORIGIN)).distinct()
    source, medium = ga4.traffic_source(*(fn.col(column) for column in channels.ORIGIN))
    told = origins.withColumns({"ga4_source": source, "ga4_medium": medium})
    group = ga4.channel_group(fn.col("ga4_source"), fn.col("ga4_medium"), fn.col("campaign_key"))
    named = told.select(
        *ORIGIN,
        channels.marketing_channel(channels.read_rules()).alias("marketing_channel"),
        group.alias("channel_group"),
    )
    found = named.withColumn("channel_class", channels.channel_class(fn.col("channel_group"))).toArrow()
    return tables.send(pl.DataFrame(found))


def _origin(source: str, medium: str, campaign: str, click_id_kind: Column, host: Column) -> list[Column]:
    spelled = channels.spell_origin(fn.col(source), fn.col(medium), click_id_kind, host)
    return [*spelled, fn.coalesce(fn.lower(fn.col(campaign)), fn.lit("")).alias("campaign_key")]
