"""The frame of first-party events as the collector received them."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sandbox.market.catalogue import slugify
from sandbox.market.frames_ads import frame_sources
from sandbox.market.frames_shop import order_ids
from sandbox.market.records import DAY, PURCHASE, SITE_KINDS
from sandbox.market.state import State


def mix(values: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Numbers that look random, the same for the same values (splitmix64, 62 bits)."""
    with np.errstate(over="ignore"):
        z = values.astype(np.uint64) + np.uint64(seed + 1) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return ((z ^ (z >> np.uint64(31))) >> np.uint64(2)).astype(np.int64)


def frame_site_events(state: State, first: int, last: int) -> pl.DataFrame:
    """Site events from first to last day, oldest first."""
    rows = state.site.read(max(first, 0), min(last, state.day))
    rows = rows[(rows["at"] // DAY >= first) & (rows["at"] // DAY <= last)]
    base = f"https://{state.scenario.shop.domain}"
    slugs = [slugify(p.title).replace("_", "-") for p in state.catalogue.products]
    pages = pl.Series(
        [f"{base}/thank-you", f"{base}/login", f"{base}/", *[f"{base}/products/{s}" for s in slugs]]
    )
    sources = frame_sources(state)
    source = pl.Series("source", rows["source"])
    is_stripped = pl.Series("is_stripped", rows["is_stripped"])
    frame = pl.DataFrame(
        [
            pl.Series("event", rows["id"]),
            pl.Series("kind", SITE_KINDS).gather(rows["kind"]),
            state.calendar.instants("at", rows["at"]),
            pl.Series(
                "visitor", mix(rows["person"].astype(np.int64) * 4096 + rows["cookie"], state.scenario.seed)
            ),
            state.people.email.gather(rows["person"]),
            pl.Series("is_known", rows["is_known"]),
            pages.alias("page").gather(rows["page"].astype(np.int64) + 2),
            source,
            is_stripped,
            pl.Series("click", mix(rows["id"], state.scenario.seed)),
            order_ids("order_id", rows["order"]),
            pl.Series("value_minor", rows["value"]),
        ]
    ).join(sources, on="source", how="left", maintain_order="left")
    is_purchase = pl.col("kind") == SITE_KINDS[PURCHASE]
    click_id = (
        pl.when(pl.col("channel") == "google_ads").then(pl.format("&gclid=Cj0KCQ{}", "click"))
        .when(pl.col("channel") == "meta_ads").then(pl.format("&fbclid=IwAR{}", "click"))
        .otherwise(pl.lit(""))
    )  # fmt: skip
    landing = pl.when("is_stripped").then(pl.format(base + "{}", "path")).otherwise(
        pl.concat_str(pl.lit(base), "path", "query", click_id)
    )  # fmt: skip
    return frame.select(
        pl.format("e{}", "event").alias("event_id"),
        "kind",
        "at",
        pl.format("a{}", "visitor").alias("anonymous_id"),
        pl.when("is_known").then("email").alias("user_id"),
        pl.when(pl.col("channel").is_null()).then("page").otherwise(landing).alias("url"),
        "referrer",
        pl.when(is_purchase).then("order_id").alias("order_id"),
        pl.when(is_purchase).then("value_minor").alias("value_minor"),
        pl.when(is_purchase).then(pl.lit(state.scenario.currency)).alias("currency"),
    )
