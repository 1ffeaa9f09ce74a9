"""A vendor in memory: ads by day, orders by change, posts as they are now; the same for the same edition."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pyarrow as pa

from channels.contract import Account, Channel, Span, Stream
from core.time import FixedClock

KEY = b"a key for tests"
WORKSPACE = "00000000-0000-4000-8000-00000000000a"
OTHER = "00000000-0000-4000-8000-00000000000b"
TODAY = date(2026, 3, 20)
ACTION = pa.struct({"action_type": pa.string(), "value": pa.string()})
MONEY = pa.struct({"amount": pa.string(), "currency": pa.string()})


def clock(day: date = TODAY) -> FixedClock:
    return FixedClock(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))


def ad(day: date, number: int, seed: int = 0) -> dict[str, Any]:
    dice = random.Random(f"{day}{number}{seed}")
    return {
        "date_start": day.isoformat(),
        "campaign_id": f"c{number % 2}",
        "ad_id": f"a{number}",
        "impressions": str(dice.randrange(1000)),
        "clicks": str(dice.randrange(100)),
        "spend": f"{dice.randrange(10_000) / 100:.2f}",
        "actions": [
            {"action_type": "purchase", "value": str(dice.randrange(9))},
            {"action_type": "link_click", "value": "3"},
        ],
    }


def order(number: int, seed: int = 0, lines: int = 2) -> dict[str, Any]:
    at = datetime(2026, 1, 10, tzinfo=UTC) + timedelta(hours=7 * number)
    return {
        "id": f"o{number}",
        "created_at": at.isoformat(),
        "updated_at": (at + timedelta(days=seed)).isoformat(),
        "total": f"{10 + number}.{seed:02d}",
        "customer": {"email": f"Person{number % 5}@Example.com "},
        "lines": [{"id": f"l{n}", "quantity": n + 1, "price": f"{n}.50"} for n in range(lines)],
    }


@dataclass
class Vendor:
    """What the vendor would answer; a test changes it between loads."""

    ads: dict[tuple[str, date], list[Any]] = field(default_factory=dict)
    orders: list[Any] = field(default_factory=list)
    posts: list[Any] = field(default_factory=list)
    asked: list[tuple[str, Span]] = field(default_factory=list)
    page: int = 7
    before_page: Callable[[str, Span, int], None] | None = None
    accounts: tuple[str, ...] = ("acc1",)

    def pages(self, stream: str, records: list[Any], span: Span) -> Iterator[list[Any]]:
        self.asked.append((stream, span))
        for number, start in enumerate(range(0, len(records), self.page)):
            if self.before_page:
                self.before_page(stream, span, number)
            yield copy.deepcopy(records[start : start + self.page])

    def ad_pages(self, _: Any, account: Account, span: Span) -> Iterator[list[Any]]:
        rows = [
            r for (owner, day), rs in self.ads.items() if owner == account.id and day in span.days for r in rs
        ]
        yield from self.pages("ads", rows, span)

    def order_pages(self, _: Any, _account: Account, span: Span) -> Iterator[list[Any]]:
        since = span.since
        rows = [o for o in self.orders if not isinstance(o, dict) or newer(o.get("updated_at"), since)]
        yield from self.pages("orders", rows, span)

    def post_pages(self, _: Any, _account: Account, span: Span) -> Iterator[list[Any]]:
        yield from self.pages("posts", self.posts, span)

    def stat_pages(self, _: Any, _account: Account, span: Span) -> Iterator[list[Any]]:
        rows = [{"post": p, "day": span.days.last.isoformat(), "views": len(p)} for p in span.known]
        yield from self.pages("post_stats", rows, span)


def newer(value: Any, since: datetime) -> bool:
    try:
        return datetime.fromisoformat(value) >= since
    except (TypeError, ValueError):
        return True


def micros(name: str) -> pl.Expr:
    return (pl.col(name).str.to_decimal(scale=6) * 1_000_000).cast(pl.Int64, strict=False)


def ads_to_rows(rows: pl.DataFrame, account: Account) -> pl.DataFrame:
    claimed = pl.col("actions").list.eval(
        pl.element().filter(pl.element().struct.field("action_type") == "purchase").struct.field("value")
    )
    empty = ["campaign_name", "ad_set_name", "ad_name", "claim_window", "claim_model", "claim_action"]
    return rows.select(
        "record_key",
        pl.col("date_start").str.to_date("%Y-%m-%d", strict=False).alias("day_on"),
        "campaign_id",
        "ad_id",
        pl.lit("").alias("ad_set_id"),
        pl.lit("").alias("network"),
        pl.lit(account.currency).alias("currency"),
        pl.col("impressions").cast(pl.Int64, strict=False),
        pl.col("clicks").cast(pl.Int64, strict=False),
        micros("spend").alias("spend_micros"),
        claimed.list.first().cast(pl.Float64, strict=False).alias("claimed_conversions"),
        pl.lit(None, pl.Int64).alias("claimed_value_micros"),
        *(pl.lit(None, pl.String).alias(name) for name in empty),
    )


def orders_to_rows(rows: pl.DataFrame, account: Account) -> pl.DataFrame:
    at = pl.col("created_at").str.to_datetime("%Y-%m-%dT%H:%M:%S%z", strict=False)
    changed = pl.col("updated_at").str.to_datetime("%Y-%m-%dT%H:%M:%S%z", strict=False)
    nulls = ["order_name", "customer_id", "last_utm_source", "last_utm_medium", "last_utm_campaign"]
    return rows.select(
        "record_key",
        pl.col("id").alias("order_id"),
        pl.col("customer").struct.field("email").alias("person_key"),
        at.alias("ordered_at"),
        at.dt.date().alias("day_on"),
        changed.alias("updated_at"),
        pl.lit(account.currency).alias("currency"),
        micros("total").alias("total_micros"),
        *(pl.lit(0).alias(f"{n}_micros") for n in ("discount", "tax", "shipping", "refunded")),
        pl.lit(value=False).alias("is_test"),
        pl.lit(value=False).alias("is_cancelled"),
        *(pl.lit(None, pl.String).alias(name) for name in [*nulls, "last_utm_content"]),
    )


def orders_to_lines(rows: pl.DataFrame, account: Account) -> pl.DataFrame:
    at = pl.col("created_at").str.to_datetime("%Y-%m-%dT%H:%M:%S%z", strict=False)
    lines = rows.explode("lines").filter(pl.col("lines").is_not_null())
    return lines.select(
        "record_key",
        pl.col("id").alias("order_id"),
        pl.col("lines").struct.field("id").alias("line_id"),
        at.dt.date().alias("day_on"),
        *(pl.lit(None, pl.String).alias(name) for name in ("product_id", "variant_id", "sku")),
        pl.col("lines").struct.field("quantity"),
        (pl.col("lines").struct.field("price").str.to_decimal(scale=6) * 1_000_000).alias("net_micros"),
        pl.lit(None, pl.Int64).alias("tax_micros"),
        pl.lit(account.currency).alias("currency"),
    )


def posts_to_rows(rows: pl.DataFrame, account: Account) -> pl.DataFrame:
    return rows.select(
        "record_key",
        pl.col("id").alias("post_id"),
        pl.lit("post").alias("kind"),
        "title",
        pl.lit(None, pl.String).alias("url"),
        pl.lit(datetime(2026, 1, 1, tzinfo=UTC)).alias("published_at"),
    )


def stats_to_rows(rows: pl.DataFrame, account: Account) -> pl.DataFrame:
    none = "engaged_views reach likes comments shares saves clicks watch_seconds".split()
    return rows.select(
        "record_key",
        pl.col("post").alias("post_id"),
        pl.col("day").str.to_date("%Y-%m-%d", strict=False).alias("day_on"),
        pl.lit(value=True).alias("is_cumulative"),
        "views",
        *(pl.lit(None, pl.Int64).alias(name) for name in none),
    )


def make_channel(vendor: Vendor) -> Channel:
    text = pa.string()
    streams = (
        Stream(
            name="post_stats",
            reading="window",
            key=("post", "day"),
            fields={"post": text, "day": text, "views": pa.int64()},
            pages=vendor.stat_pages,
            silver={"post_daily": stats_to_rows},
            day="day",
            per="posts",
            reread_days=2,
        ),
        Stream(
            name="ads",
            reading="window",
            key=("date_start", "ad_id"),
            fields={
                **dict.fromkeys(
                    ("date_start", "campaign_id", "ad_id", "impressions", "clicks", "spend"), text
                ),
                "actions": pa.list_(ACTION),
            },
            pages=vendor.ad_pages,
            silver={"ad_daily": ads_to_rows},
            day="date_start",
            reread_days=28,
            slice_days=9,
            optional=frozenset({"actions"}),
        ),
        Stream(
            name="orders",
            reading="changes",
            key=("id",),
            fields={
                **dict.fromkeys(("id", "created_at", "updated_at", "total"), text),
                "customer": pa.struct({"email": text}),
                "lines": pa.list_(pa.struct({"id": text, "quantity": pa.int64(), "price": text})),
            },
            pages=vendor.order_pages,
            silver={"order": orders_to_rows, "order_line": orders_to_lines},
            changed="updated_at",
            personal=("customer.email",),
        ),
        Stream(
            name="posts",
            reading="snapshot",
            key=("id",),
            fields={"id": text, "title": text},
            pages=vendor.post_pages,
            silver={"post": posts_to_rows},
        ),
    )
    return Channel(
        name="fake",
        title="Fake",
        hosts={},
        api_version="1",
        sunset_on=None,
        credentials=(),
        check=lambda _: None,
        authorise=lambda _: ({}, {}),
        accounts=lambda _: [Account(a, f"Account {a}", "EUR", "Europe/Berlin") for a in vendor.accounts],
        streams=streams,
        concurrency=3,
    )


def filled(days: int = 60, ads: int = 4, orders: int = 40, accounts: tuple[str, ...] = ("acc1",)) -> Vendor:
    last = TODAY - timedelta(days=1)
    table = {
        (account, day): [ad(day, number, seed=int(account[-1])) for number in range(ads)]
        for account in accounts
        for day in (last - timedelta(days=back) for back in reversed(range(days)))
    }
    posts = [{"id": f"p{n}", "title": f"Post {n}"} for n in range(5)]
    return Vendor(ads=table, orders=[order(n) for n in range(orders)], posts=posts, accounts=accounts)
