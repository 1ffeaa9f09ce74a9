"""dbt build of all marts on a fact table of 1 M rows: the whole, after one more day, with nothing changed.

Run: python benchmarks/bench_build.py [--rows 1000000]
A year of ads on two platforms with their totals, orders with their lines, and visits lies in the lake and is
published; then comes one more day of each. Before any second counts, every mart after the increment must
equal, row for row, the same marts built whole from the same lake.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
WORKSPACE = "00000000-0000-4000-8000-000000000001"
LAST = date(2026, 8, 31)
DAYS = 365
FIRST = LAST - timedelta(days=DAYS)
LOADED_AT = datetime(2026, 9, 1, tzinfo=UTC)
PLATFORMS = {"google_ads": "7d_click", "meta_ads": "7d_click"}
ORDERS_A_DAY, VISITS_A_DAY = 120, 480
TARGET = 0.20
HASH = (
    "SELECT count(*) || ':' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM marts.{name} AS t"
)


def make_days(first: int, count: int) -> list[date]:
    return [FIRST + timedelta(days=n) for n in range(first, first + count)]


def make_ads(channel: str, days: list[date], ads: int) -> Any:
    import polars as pl

    ad = pl.int_range(ads, eager=True).alias("ad").to_frame()
    day = pl.Series("day_on", days).to_frame().with_row_index("day")
    amount = pl.col("ad") * 7 + pl.col("day").cast(pl.Int64) * 3
    return ad.join(day, how="cross").select(
        pl.format("{}|{}", "day_on", "ad").alias("record_key"),
        "day_on",
        *(pl.format(f"{name}{{}}", pl.col("ad") // size).alias(f"{entity}_id")
          for entity, name, size in (("campaign", "c", 50), ("ad_set", "s", 10), ("ad", "a", 1))),
        *(pl.format(f"{name} {{}}", pl.col("ad") // size).alias(f"{entity}_name")
          for entity, name, size in (("campaign", "Campaign", 50), ("ad_set", "Set", 10), ("ad", "Ad", 1))),
        pl.lit("feed").alias("network"),
        pl.lit("EUR").alias("currency"),
        (amount % 5000).alias("impressions"),
        (amount % 80).alias("clicks"),
        (amount % 9000 * 1_003).alias("spend_micros"),
        (amount % 3).cast(pl.Float64).alias("claimed_conversions"),
        (amount % 3 * 50_000_000).alias("claimed_value_micros"),
        pl.lit(PLATFORMS[channel]).alias("claim_window"),
        pl.lit("last").alias("claim_model"),
    )  # fmt: skip


def make_totals(ads: Any) -> Any:
    import polars as pl

    numbers = "impressions clicks spend_micros claimed_conversions claimed_value_micros".split()
    return ads.group_by("day_on", "currency", "claim_window", "claim_model", maintain_order=True).agg(
        pl.col(numbers).sum()
    ).with_columns(
        pl.col("day_on").cast(pl.String).alias("record_key"), pl.col("spend_micros") + 1_000_000
    )  # fmt: skip


def make_orders(days: list[date]) -> tuple[Any, Any, Any]:
    """Return orders, their lines and the visits around them."""
    import polars as pl

    frame = pl.DataFrame(
        {
            "day_on": [day for day in days for _ in range(ORDERS_A_DAY)],
            "number": [n for _ in days for n in range(ORDERS_A_DAY)],
        }
    ).with_columns(
        pl.format("{}-{}", "day_on", "number").alias("order_id"),
        (pl.col("day_on").cast(pl.Datetime("us", "UTC")) + pl.duration(hours=12)).alias("ordered_at"),
        (pl.col("day_on").dt.ordinal_day() * 37 + pl.col("number") * 11).mod(9_000).alias("who"),
    )
    orders = frame.select(
        "order_id", "ordered_at", "day_on",
        record_key="order_id", updated_at="ordered_at", customer_id=pl.format("customer {}", "who"),
        currency=pl.lit("EUR"), total_micros=119_000_000 + pl.col("number") * 10_000,
        tax_micros=19_000_000, shipping_micros=0, is_test=pl.lit(value=False),
        refunded_micros=(pl.col("number") % 20 == 0).cast(pl.Int64) * 9_000_000,
        is_cancelled=pl.col("number") % 40 == 7,
    )  # fmt: skip
    lines = orders.select(
        "order_id", "day_on", "currency", "record_key", line_id=pl.lit("1"), product_id=pl.lit("p"),
        variant_id=pl.lit("v"), quantity=pl.lit(1), net_micros="total_micros",
    )  # fmt: skip
    bought = frame.select(
        event_id="order_id", kind=pl.lit("purchase"), occurred_at="ordered_at", day_on="day_on",
        anonymous_id=pl.format("browser {}", "order_id"), order_id="order_id",
    )  # fmt: skip
    tags = ["facebook", "google", "mailchimp", None]
    media = ["paid_social", "cpc", "email", None]
    per = VISITS_A_DAY // ORDERS_A_DAY
    visits = [
        frame.select(
            event_id=pl.format(f"{{}} visit {n}", "order_id"), kind=pl.lit("page_view"),
            occurred_at=pl.col("ordered_at") - pl.duration(hours=n + 1), day_on="day_on",
            anonymous_id=pl.format("browser {}" if n == 0 else f"other {n} {{}}", "order_id"),
            utm_source=pl.lit(tags[n], pl.String), utm_medium=pl.lit(media[n], pl.String),
            utm_campaign=pl.format("c{}", pl.col("number") % 20),
            page_path=pl.when(pl.col("number") % 3 == 0).then(pl.lit("/products/p")).otherwise(pl.lit("/")),
        )
        for n in range(per)
    ]  # fmt: skip
    touches = pl.concat([bought, *visits], how="diagonal").with_columns(
        record_key="event_id", page_host=pl.lit("shop.example")
    )
    return orders, lines, touches


def store(lake: Any, table: str, channel: str, account: str, rows: Any) -> None:
    import polars as pl

    from lake.merge import Change, complete
    from lake.schemas import SILVER

    rows = rows.with_columns(pl.lit("load").alias("load_id"), pl.lit(LOADED_AT).alias("loaded_at"))
    lake.append("silver", table, complete(SILVER[table], Change(WORKSPACE, channel, account, "bench", rows)))


def store_days(lake: Any, first: int, count: int, ads: int) -> None:
    """Put these days of everything into the lake."""
    days = make_days(first, count)
    for channel in PLATFORMS:
        rows = make_ads(channel, days, ads)
        store(lake, "ad_daily", channel, "acc", rows)
        store(lake, "spend_daily", channel, "acc", make_totals(rows))
    orders, lines, touches = make_orders(days)
    store(lake, "order", "shopify", "shop", orders)
    store(lake, "order_line", "shopify", "shop", lines)
    store(lake, "touch", "site", "site", touches)


def hash_marts(warehouse: Any) -> dict[str, str]:
    """Return one hash of all rows a mart; the order of rows does not count."""
    with warehouse.connect(WORKSPACE) as link:
        names = link.execute(
            "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'marts'"
            " AND table_name ~ '^(fct|dim)_' ORDER BY 1"
        ).fetchall()
        return {name: link.execute(HASH.format(name=name)).fetchone()[0] for (name,) in names}


def timed(warehouse: Any, home: Path, **options: Any) -> float:
    from transforms.build import build_models

    begin = time.perf_counter()
    result = build_models(warehouse, home=home, **options)
    seconds = time.perf_counter() - begin
    if not result.is_built:
        raise SystemExit(f"the build failed: {result.failures[:2]}")
    return seconds


def measure(rows: int) -> dict[str, Any]:
    from core.settings import Settings
    from lake.delta import Lake
    from lake.publish import publish
    from lake.warehouse import Warehouse

    with tempfile.TemporaryDirectory(prefix="spreaders-bench-build-") as folder:
        home = Path(folder)
        lake = Lake(home / "lake")
        ads = max(1, rows // len(PLATFORMS) // DAYS)
        store_days(lake, 0, DAYS, ads)
        with Warehouse.open(Settings(home=home, database_url=None)) as warehouse:
            publish(lake, warehouse, WORKSPACE)
            full = timed(warehouse, home)
            store_days(lake, DAYS, 1, ads)
            publish(lake, warehouse, WORKSPACE)
            one_day = timed(warehouse, home)
            nothing = timed(warehouse, home)
            incremental = hash_marts(warehouse)
            full_again = timed(warehouse, home, full_refresh=True)
            whole = hash_marts(warehouse)
    unlike = sorted(name for name in whole if whole[name] != incremental.get(name))
    seconds = {"full": full, "full_again": full_again, "one_day": one_day, "nothing": nothing}
    base = min(full, full_again)
    return {
        "fact_rows": ads * len(PLATFORMS) * (DAYS + 1),
        "marts": len(whole),
        **{f"{name}_seconds": round(value, 1) for name, value in seconds.items()},
        "one_day_ratio": round(one_day / base, 3),
        "nothing_ratio": round(nothing / base, 3),
        "unlike_marts": ", ".join(unlike),
        "target": f"one day < {TARGET} of full",
        "ok": not unlike and one_day / base < TARGET,
    }


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rows", type=int, default=1_000_000)
    print(json.dumps(measure(arguments.parse_args().rows), indent=2))
