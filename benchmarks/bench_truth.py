"""Orders credited to the wrong channel: every model against the true causes in simulated markets.

Run: python benchmarks/bench_truth.py [--seeds 20] [--people 10000] [--days 365]
Three shapes of market, each lived under 20 seeds that nothing was chosen on. A market's visits, orders and
spend enter a lake of its own in the form vendors and collector give them; the product's own Spark job builds
the paths; every model credits the orders after the first 35 days. Error is half the sum of absolute
differences between the credited and the true shares; unpaid entrances are one channel, the baseline. A
model's row has the mean and the worst seed of a shape, and its mean beside last touch's.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
WORKSPACE = UUID("00000000-0000-4000-8000-000000000001")
SHAPES = ("default", "steady", "volatile")
FIRST_SEED = 10
WARM_DAYS, WINDOW_DAYS = 35, 30
UNPAID = {"direct", "organic_search", "referral", "other"}
BASELINE = "baseline"
TARGET = 0.6


def live(shape: str, seed: int, people: int, days: int) -> Any:
    """Return a market of this shape that has lived so long."""
    from sandbox.market import World, load_scenario

    return World(load_scenario(shape, seed=seed, people=people, days=days))


def fill_lake(lake: Any, world: Any) -> None:
    """Write what the platform gets to know: events, orders, spend."""
    import polars as pl

    key = b"bench"
    owner = {
        "workspace_id": str(WORKSPACE),
        "stream": "bench",
        "load_id": "1",
        "loaded_at": datetime.now(UTC),
    }
    frames = {
        "touch": read_touches(world, key),
        "order": read_orders(world, key),
        "ad_daily": pl.concat([read_spend(world, channel) for channel in world.state.scenario.paid]),
    }
    for name, rows in frames.items():
        month = pl.col("day_on").dt.strftime("%Y-%m").alias("month")
        told = [pl.lit(value).alias(column) for column, value in owner.items()]
        lake.append("silver", name, rows.with_columns(*told, month))


def read_touches(world: Any, key: bytes) -> Any:
    """Return the site's events as the collector checks and keeps them."""
    import polars as pl

    from channels.contract import Account
    from ingestion.collector.event import check_event
    from ingestion.collector.stream import to_touch
    from ingestion.personal import hash_person

    now = world.now
    sent = world.site_events(world.first_day, world.today).to_dicts()
    events = [
        check_event(event | {"at": event["at"].isoformat()}, now, partial(hash_person, key)) for event in sent
    ]
    schema = dict.fromkeys(
        "event_id kind at anonymous_id person_key url referrer order_id currency".split(), pl.String
    )
    frame = pl.DataFrame(events, schema={**schema, "value_minor": pl.Int64})
    site = Account(id="site", name="Web site", currency=None, timezone=world.timezone)
    rows = to_touch(frame.with_columns(record_key="event_id"), site)
    return rows.with_columns(channel=pl.lit("site"), account_id=pl.lit("site"))


def read_orders(world: Any, key: bytes) -> Any:
    """Return the shop's orders; a person is the hash of the mail address, as everywhere."""
    import polars as pl

    from ingestion.personal import hash_person

    orders = world.orders()
    mails = dict(zip(world.state.people.person_id.to_list(), world.state.people.email.to_list(), strict=True))
    hashes = [hash_person(key, mails[person]) for person in orders["person_id"]]
    return orders.select(
        "order_id",
        "customer_id",
        "currency",
        "is_test",
        "updated_at",
        *(f"last_utm_{part}" for part in ("source", "medium", "campaign", "content")),
        pl.Series("person_key", hashes),
        record_key="order_id",
        channel=pl.lit("shopify"),
        account_id=pl.lit("shop"),
        ordered_at="created_at",
        day_on="day",
        total_micros=pl.col("total_minor") * 10_000,
        refunded_micros=pl.col("refunded_minor") * 10_000,
        is_cancelled=pl.col("cancelled_at").is_not_null(),
    )


def read_spend(world: Any, channel: str) -> Any:
    """Return a platform's spend by day."""
    import polars as pl

    rows = (
        world.ad_daily(channel, world.first_day, world.today).group_by("day").agg(pl.col("spend_minor").sum())
    )
    return rows.select(
        day_on="day",
        channel=pl.lit(channel),
        account_id=pl.lit("ads"),
        record_key=pl.col("day").cast(pl.String),
        currency=pl.lit(world.currency),
        spend_micros=pl.col("spend_minor") * 10_000,
    )


def credit_all(tables: Any, since: Any) -> dict[str, dict[str, float]]:
    """Return every model's shares over the orders from that day on."""
    import numpy as np
    import polars as pl

    from transforms.attribution.data_driven import begin_paths, share_channels
    from transforms.attribution.models import credit
    from transforms.attribution.paths import paths_of
    from transforms.spark.job import Work
    from transforms.spark.paths import find_paths
    from transforms.spark.uplift import collect_spend, find_history

    found = pl.DataFrame(find_paths(tables, WINDOW_DAYS).toArrow()).filter(pl.col("day_on") >= since)
    rows = group_paths(found)
    won = rows["is_conversion"].cast(pl.Float64).to_numpy()
    paths = paths_of(rows["marketing_channel"], conversions=won, nulls=1 - won)
    shares = {
        name: dict(zip(paths.channels, given.share.tolist(), strict=True))
        for name, given in credit(paths).items()
    }
    seen = group_paths(found.filter("is_conversion", pl.col("event_id").is_not_null()))
    paths = paths_of(seen["marketing_channel"], ages=seen["age"])
    days = rows.filter("is_conversion")["day_on"]
    history = find_history(days, collect_spend(Work(tables, datetime.now(UTC))))
    parts = begin_paths(paths, WINDOW_DAYS)
    assert np.isfinite(parts).all()
    shares["data_driven"] = share_channels(paths, parts, history)
    return shares


def group_paths(touches: Any) -> Any:
    """Return one row a path with its channels and the ages of its touches in days."""
    import polars as pl

    age = (pl.col("converted_at") - pl.col("occurred_at")).dt.total_microseconds() / 86_400e6
    return (
        touches.with_columns(age=age.fill_null(0.0))
        .sort("path_id", "position")
        .group_by("path_id", maintain_order=True)
        .agg(pl.col("is_conversion", "day_on").first(), "marketing_channel", "age")
    )


def fold(shares: dict[str, float]) -> Counter[str]:
    """Return shares with the unpaid entrances as one channel."""
    folded: Counter[str] = Counter()
    for channel, share in shares.items():
        folded[BASELINE if channel in UNPAID else channel] += share
    return folded


def find_errors(spark: Any, world: Any) -> dict[str, float]:
    """Return every model's error in one market."""
    import polars as pl

    from lake.delta import Lake
    from transforms.spark.tables import Tables

    since = world.first_day + timedelta(days=WARM_DAYS)
    with tempfile.TemporaryDirectory(prefix="bench-truth-") as folder:
        lake = Lake(Path(folder))
        fill_lake(lake, world)
        shares = credit_all(Tables(spark, lake, WORKSPACE), since)
    contribution = world.truth.contribution().filter(pl.col("day") >= since)
    causes = dict(contribution.group_by("cause").agg(pl.col("orders").sum()).iter_rows())
    total = sum(causes.values())
    truth = fold({cause: orders / total for cause, orders in causes.items()})
    return {
        model: sum(abs(part[name] - truth[name]) for name in part.keys() | truth.keys()) / 2
        for model, part in ((model, fold(found)) for model, found in shares.items())
    }


def main() -> None:
    """Print one row a shape and model."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--seeds", type=int, default=20)
    arguments.add_argument("--people", type=int, default=10000)
    arguments.add_argument("--days", type=int, default=365)
    given = arguments.parse_args()
    from core.settings import Settings
    from transforms.spark.session import open_session

    for shape in SHAPES:
        runs = []
        for seed in range(FIRST_SEED, FIRST_SEED + given.seeds):
            with open_session(Settings()) as spark:
                runs.append(find_errors(spark, live(shape, seed, given.people, given.days)))
            print(
                shape,
                seed,
                {name: round(error, 3) for name, error in runs[-1].items()},
                file=sys.stderr,
                flush=True,
            )
        last = statistics.mean(run["last"] for run in runs)
        for model in runs[0]:
            errors = [run[model] for run in runs]
            ratio = statistics.mean(errors) / last
            row = {
                "name": shape,
                "model": model,
                "seeds": len(runs),
                "mean_error": round(statistics.mean(errors), 4),
            }
            row |= {"worst_error": round(max(errors), 4), "ratio_to_last": round(ratio, 3)}
            if model == "data_driven":
                row |= {"target": f"<= {TARGET}", "ok": ratio <= TARGET}
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
