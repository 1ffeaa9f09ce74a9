"""Raw touches and orders of any number, made quickly: the input of the path benchmark."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl

from lake.delta import Lake
from lake.schemas import INSTANT

FIRST = date(2026, 6, 1)
DAYS = 90
CHUNK = 2_000_000
CAMPAIGNS, ADS = 60, 300
# source, medium, referrer, click id, share of touches
ORIGINS = (
    ("google", "cpc", "www.google.com", "gclid", 0.22),
    ("facebook", "paid_social", "l.facebook.com", "fbclid", 0.14),
    ("instagram", "paid_social", "l.instagram.com", "fbclid", 0.10),
    ("bing", "cpc", "www.bing.com", None, 0.05),
    ("newsletter", "email", None, "mc_cid", 0.08),
    (None, None, "www.google.com", None, 0.12),
    (None, None, "l.facebook.com", "fbclid", 0.04),
    (None, None, "l.instagram.com", "fbclid", 0.03),
    (None, None, "www.youtube.com", None, 0.03),
    (None, None, "forum.example.net", None, 0.03),
    ("partner", "affiliate", "shop.example.org", None, 0.02),
    (None, None, None, None, 0.14),
)


def write_market(lake: Lake, workspace: str, touches: int, seed: int = 7) -> int:
    """Write so many page views of a tenth as many persons, and orders of about 2 % of the visits.

    A fifth of the browsers logged in once. Returns how many orders there are.
    """
    rng = np.random.default_rng(seed)
    people = max(touches // 10, 1)
    begin = int(datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC).timestamp())
    orders = []
    for first in range(0, touches, CHUNK):
        size = min(CHUNK, touches - first)
        rows = _touches(rng, first, size, people, begin)
        _append(lake, "touch", workspace, rows)
        orders.append(_orders(rng, rows, first))
    bought = pl.concat(orders)
    _append(lake, "order", workspace, bought.drop("anonymous_id"))
    _append(lake, "touch", workspace, _purchases(bought))
    return bought.height


def _touches(rng: np.random.Generator, first: int, size: int, people: int, begin: int) -> pl.DataFrame:
    origin = rng.choice(len(ORIGINS), size, p=[o[-1] for o in ORIGINS])
    ad = rng.integers(0, ADS // 5, size) * 5 + origin % 5
    person = rng.integers(0, people, size)
    at = (begin + rng.integers(0, DAYS * 86_400, size)) * 1_000_000 + rng.integers(0, 1_000_000, size)
    columns = ("utm_source", "utm_medium", "referrer_host", "click_id_kind")
    picked = {
        name: pl.Series([o[place] for o in ORIGINS], dtype=pl.String).gather(origin)
        for place, name in enumerate(columns)
    }
    is_paid = pl.col("utm_source").is_not_null()
    frame = pl.DataFrame(
        {"n": np.arange(first, first + size), "person": person, "at": at, "ad": ad, **picked}
    )
    return frame.select(
        event_id=pl.format("e{}-4f1c-8b7a-{}", pl.col("n").cast(pl.String).str.zfill(12), "person"),
        kind=pl.lit("page_view"),
        occurred_at=pl.from_epoch("at", time_unit="us").cast(INSTANT),
        anonymous_id=pl.format("a{}-visitor", pl.col("person").cast(pl.String).str.zfill(12)),
        person_key=pl.when((pl.col("person") % 5 == 0) & (pl.col("n") % 7 == 0)).then(
            pl.format("person:{}", pl.col("person"))
        ),
        page_host=pl.lit("shop.example"),
        page_path=pl.lit("/"),
        utm_campaign=pl.when(is_paid).then(pl.format("campaign-{}", pl.col("ad") // (ADS // CAMPAIGNS))),
        utm_content=pl.when(is_paid).then(pl.format("ad-{}", "ad")),
        **{name: pl.col(name) for name in columns},
    )


def _orders(rng: np.random.Generator, touches: pl.DataFrame, first: int) -> pl.DataFrame:
    """Some visits end in an order an hour later."""
    chosen = touches[np.flatnonzero(rng.random(touches.height) < 0.02)]
    size = chosen.height
    return chosen.select(
        order_id=pl.format("o{}", pl.Series(np.arange(first, first + size))),
        anonymous_id="anonymous_id",
        ordered_at=pl.col("occurred_at") + timedelta(hours=1),
        currency=pl.lit("EUR"),
        total_micros=pl.Series(rng.integers(5, 300, size) * 1_000_000),
    ).with_columns(
        day_on=pl.col("ordered_at").dt.date(), updated_at="ordered_at", refunded_micros=pl.lit(0),
        is_test=pl.lit(value=False), is_cancelled=pl.lit(value=False),
    )  # fmt: skip


def _purchases(orders: pl.DataFrame) -> pl.DataFrame:
    return orders.select(
        event_id=pl.format("p{}", "order_id"), kind=pl.lit("purchase"), occurred_at="ordered_at",
        anonymous_id="anonymous_id", page_host=pl.lit("shop.example"), order_id="order_id",
    )  # fmt: skip


def _append(lake: Lake, name: str, workspace: str, rows: pl.DataFrame) -> None:
    channel = "site" if name == "touch" else "shopify"
    if "day_on" not in rows.columns:
        rows = rows.with_columns(day_on=pl.col("occurred_at").dt.date())
    whole = rows.with_columns(
        workspace_id=pl.lit(workspace), channel=pl.lit(channel), account_id=pl.lit("1"),
        stream=pl.lit("events"), record_key=pl.lit(""), load_id=pl.lit("1"),
        loaded_at=pl.lit(datetime(2026, 9, 1, tzinfo=UTC)), month=pl.col("day_on").dt.strftime("%Y-%m"),
    )  # fmt: skip
    lake.append("silver", name, whole)
