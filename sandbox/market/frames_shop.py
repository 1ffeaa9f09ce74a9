"""Frames of the shop: products, customers, orders, lines and refunds as they stand now."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from sandbox.market.frames_ads import frame_sources
from sandbox.market.records import DAY
from sandbox.market.shop import NEVER
from sandbox.market.state import State

MORNING = 6 * 3600
FIRST_ORDER_ID, FIRST_LINE_ID, FIRST_REFUND_ID = 5_600_000_000_000, 14_300_000_000_000, 921_000_000_000
FIRST_CUSTOMER_ID = 7_200_000_000_000
UTM = ["source", "medium", "campaign", "content"]


def order_ids(name: str, index: np.ndarray) -> pl.Series:
    """Order ids of order numbers."""
    return pl.Series(name, index.astype(np.int64) * 32 + FIRST_ORDER_ID).cast(pl.String)


def frame_products(state: State) -> pl.DataFrame:
    """Products with their one variant."""
    rows = [
        (
            p.product_id,
            p.variant_id,
            p.sku,
            p.title,
            p.price_minor,
            p.unit_cost_minor,
            state.calendar.instant(-120 * DAY),
        )
        for p in state.catalogue.products
    ]
    schema: dict[str, Any] = dict.fromkeys(["product_id", "variant_id", "sku", "title"], pl.String)
    numbers = {"price_minor": pl.Int64, "unit_cost_minor": pl.Int64, "updated_at": pl.Datetime("us", "UTC")}
    return pl.DataFrame(rows, schema=schema | numbers, orient="row")


def frame_refunds(state: State) -> pl.DataFrame:
    """Refunds made so far."""
    rows = state.refunds.read(0, state.day)
    rows = rows[rows["at"] < (state.day + 1) * DAY]
    rows = rows[np.lexsort((rows["order"], rows["at"]))]
    ids = pl.Series("refund_id", rows["order"].astype(np.int64) + FIRST_REFUND_ID).cast(pl.String)
    return pl.DataFrame(
        [
            ids,
            order_ids("order_id", rows["order"]),
            state.calendar.instants("created_at", rows["at"]),
            pl.Series("amount_minor", rows["amount"]),
        ]
    )


def frame_orders(state: State) -> pl.DataFrame:
    """Orders so far, oldest first; totals never change, refunds and cancellations move updated_at."""
    rows, calendar = state.orders.read(0, state.day), state.calendar
    not_cancelled = (rows["cancel_at"] == NEVER) | (rows["cancel_at"] >= (state.day + 1) * DAY)
    refunds = (
        frame_refunds(state)
        .group_by("order_id")
        .agg(refunded_minor=pl.col("amount_minor").sum(), refunded_at=pl.col("created_at").max())
    )
    columns = [
        order_ids("order_id", rows["order"]),
        pl.Series("name", rows["order"].astype(np.int64) + 1001).cast(pl.String),
        state.people.person_id.gather(rows["person"]),
        pl.Series("customer_id", rows["person"].astype(np.int64) * 32 + FIRST_CUSTOMER_ID).cast(pl.String),
        calendar.instants("created_at", rows["at"]),
        calendar.dates("day", rows["at"] // DAY),
        *[
            pl.Series(f"{name}_minor", rows[name])
            for name in ("total", "subtotal", "discount", "tax", "shipping")
        ],
        pl.Series("is_test", rows["is_test"]),
        calendar.instants("cancelled_at", rows["cancel_at"], not_cancelled),
        *[pl.Series(name, rows[name]) for name in ("first_source", "last_source", "landing_source")],
    ]
    frame = pl.DataFrame(columns).join(refunds, on="order_id", how="left", maintain_order="left")
    frame = frame.with_columns(
        name=pl.format("#{}", "name"),
        currency=pl.lit(state.scenario.currency),
        refunded_minor=pl.col("refunded_minor").fill_null(0),
        updated_at=pl.max_horizontal("created_at", "cancelled_at", "refunded_at"),
    )
    return add_journey(state, frame).select(
        "order_id", "name", "person_id", "customer_id", "created_at", "updated_at", "day", "currency",
        "total_minor",
        "subtotal_minor", "discount_minor", "tax_minor", "shipping_minor", "refunded_minor", "is_test",
        "cancelled_at", "landing_site", "referring_site", *[f"first_utm_{part}" for part in UTM],
        *[f"last_utm_{part}" for part in UTM],
    )  # fmt: skip


def add_journey(state: State, frame: pl.DataFrame) -> pl.DataFrame:
    """Orders with landing page, referrer and utm parameters of the visits the shop saw."""
    sources = frame_sources(state)
    landing = sources.select(
        landing_source="source", landing_site=pl.concat_str("path", "query"), referring_site="referrer"
    )
    frame = frame.join(landing, on="landing_source", how="left", maintain_order="left")
    for place in ("first", "last"):
        utm = {f"{place}_utm_{part}": f"utm_{part}" for part in UTM}
        visit = sources.select(pl.col("source").alias(f"{place}_source"), **utm)
        frame = frame.join(visit, on=f"{place}_source", how="left", maintain_order="left")
    return frame


def frame_lines(state: State) -> pl.DataFrame:
    """Order lines; price_minor is the line's total after discount."""
    rows = state.lines.read(0, state.day)
    products = frame_products(state)
    numbers = rows["order"].astype(np.int64)
    # The second line of an order follows the first.
    second = (
        np.concatenate([[False], numbers[1:] == numbers[:-1]]) if len(numbers) else np.zeros(0, dtype=bool)
    )
    return pl.DataFrame(
        [
            order_ids("order_id", numbers),
            pl.Series("line_id", numbers * 64 + second + FIRST_LINE_ID).cast(pl.String),
            *[products[name].gather(rows["product"]) for name in ("product_id", "variant_id", "sku")],
            pl.Series("quantity", rows["quantity"].astype(np.int64)),
            pl.Series("price_minor", rows["price"]),
            products["unit_cost_minor"].gather(rows["product"]),
        ]
    )


def frame_customers(state: State) -> pl.DataFrame:
    """People with a real order; spent_minor is what they paid less refunds."""
    people = pl.DataFrame([state.people.person_id, state.people.email, state.people.first_name])
    return (
        frame_orders(state)
        .filter(~pl.col("is_test"))
        .group_by("customer_id", "person_id")
        .agg(
            created_at=pl.col("created_at").min(),
            updated_at=pl.col("updated_at").max(),
            orders_count=pl.len().cast(pl.Int64),
            spent_minor=(pl.col("total_minor") - pl.col("refunded_minor")).sum(),
        )
        .join(people, on="person_id")
        .select(
            "customer_id", "person_id", "email", "first_name", "created_at", "updated_at", "orders_count",
            "spent_minor",
        )
        .sort("created_at", "customer_id")
    )  # fmt: skip
