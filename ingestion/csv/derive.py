"""What a kind's rows still need before they are records: ids from names, days from instants, net amounts."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from ingestion.csv.cells import Asked

Derive = Callable[[pl.DataFrame, Asked], pl.DataFrame]
ENTITIES = tuple(f"{level}_{what}" for level in ("campaign", "ad_set", "ad") for what in ("id", "name"))


def derive_ads(rows: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    """Let a name stand in for an id the report does not have."""
    del asked
    rows = rows.with_columns(pl.col(name).fill_null("") for name in (*ENTITIES, "network"))
    return rows.with_columns(
        pl.when(pl.col(f"{level}_id") == "")
        .then(f"{level}_name")
        .otherwise(f"{level}_id")
        .alias(f"{level}_id")
        for level in ("campaign", "ad_set", "ad")
    )


def derive_orders(rows: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    """Book orders on the shop's own day; an order with a time or word of cancelling is cancelled."""
    cancelled = pl.col("cancelled").fill_null("").str.to_lowercase()
    return rows.with_columns(
        pl.col("ordered_at").dt.convert_time_zone(asked.timezone).dt.date().alias("day_on"),
        pl.col("is_test").fill_null(value=False),
        (~cancelled.is_in(["", "false", "no", "0"])).alias("is_cancelled"),
        *(pl.col(name).fill_null(0) for name in ("refunded_micros", "discount_micros")),
    )


def derive_lines(rows: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    """Reckon what a line brought after its discount, and number the lines of an order that have no id."""
    del asked
    gross = pl.coalesce("line_total_micros", pl.col("unit_price_micros") * pl.col("quantity"))
    nth = pl.int_range(1, pl.len() + 1).over("order_id").cast(pl.String)
    return rows.with_columns(
        (gross - pl.col("discount_micros").fill_null(0)).alias("net_micros"),
        pl.coalesce(pl.when(pl.col("line_id") != "").then(pl.col("line_id")), nth).alias("line_id"),
    )


def derive_refunds(rows: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    """Book refunds on the shop's own day."""
    return rows.with_columns(
        pl.col("refunded_at").dt.convert_time_zone(asked.timezone).dt.date().alias("day_on")
    )


def derive_mails(rows: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    """Say when a mail went out where only the caller knows: at the first instant of the day."""
    if asked.day is None:
        return rows
    start = pl.lit(asked.day).cast(pl.Datetime("us")).dt.replace_time_zone(asked.timezone)
    return rows.with_columns(pl.col("sent_at").fill_null(start.dt.convert_time_zone("UTC")))


def derive_post_days(rows: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    """Say of numbers whether they are lifetime totals, and of totals without a day when they were seen.

    A report of one row a post holds totals; one of several days a post holds what happened on each.
    """
    is_total = not rows["post_id"].is_duplicated().any()
    rows = rows.with_columns(pl.col("is_cumulative").fill_null(pl.lit(is_total)))
    if asked.seen_on is None:
        return rows
    return rows.with_columns(
        pl.when("is_cumulative")
        .then(pl.coalesce("day_on", pl.lit(asked.seen_on)))
        .otherwise("day_on")
        .alias("day_on")
    )


def derive_products(rows: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    """A product without variants is its own only one."""
    del asked
    return rows.with_columns(pl.col("variant_id").fill_null(""))


DERIVE: dict[str, Derive] = {
    "ads": derive_ads,
    "orders": derive_orders,
    "order lines": derive_lines,
    "refunds": derive_refunds,
    "mails": derive_mails,
    "post days": derive_post_days,
    "products": derive_products,
}
