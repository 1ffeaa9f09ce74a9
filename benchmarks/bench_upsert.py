"""Upsert 100,000 rows (half update) into a 5 M-row partitioned table: ours beside a bare deltalake merge.

Run: python benchmarks/bench_upsert.py [--rows 5000000]
Both get the same rows and name the same partitions; ours also looks for rows the records no longer have.
Sides take turns, each run in a fresh process on its own copy of the table; medians count, and the tables
must be equal afterwards. Then four processes merge into one table, 15 times each, and every merge must be
found in it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
WORKSPACE = "00000000-0000-4000-8000-000000000001"
FIRST = date(2025, 1, 1)
DAYS = 365
TRIES = 3
WRITERS, MERGES = 4, 15
SPREADS = {"the last 60 days": 60, "all 365 days": DAYS}


def make_rows(first: int, count: int, days: tuple[int, int], spend: int) -> Any:
    """Return silver ad_daily rows: ads `first` .. over the days, `count` rows in all."""
    import numpy as np
    import polars as pl

    start, stop = days
    index = np.arange(count)
    ad = first + index // (stop - start)
    day = start + index % (stop - start)
    frame = pl.DataFrame({"ad": ad, "day": day}).with_columns(
        (pl.lit(FIRST) + pl.duration(days=pl.col("day"))).alias("day_on"),
        ("ad" + pl.col("ad").cast(pl.String).str.zfill(8)).alias("ad_id"),
    )
    text = {name: pl.lit(value) for name, value in {"network": "", "currency": "EUR"}.items()}
    return frame.select(
        (pl.col("day_on").cast(pl.String) + "|" + pl.col("ad_id")).alias("record_key"),
        "day_on",
        "ad_id",
        pl.format("Ad {}", "ad").alias("ad_name"),
        pl.format("c{}", pl.col("ad") // 50).alias("campaign_id"),
        pl.format("Campaign {}", pl.col("ad") // 50).alias("campaign_name"),
        pl.format("s{}", pl.col("ad") // 10).alias("ad_set_id"),
        pl.format("Set {}", pl.col("ad") // 10).alias("ad_set_name"),
        *(value.alias(name) for name, value in text.items()),
        ((pl.col("ad") * 7 + pl.col("day")) % 5000).alias("impressions"),
        ((pl.col("ad") * 3 + pl.col("day")) % 80).alias("clicks"),
        (pl.col("ad") * 1000 + spend).alias("spend_micros"),
        (pl.col("ad") % 5).cast(pl.Float64).alias("claimed_conversions"),
        (pl.col("ad") * 2000).alias("claimed_value_micros"),
        pl.lit("load").alias("load_id"),
        pl.lit(datetime(2026, 1, 1, tzinfo=UTC)).alias("loaded_at"),
    )


def make_change(rows: Any, replaced: Any, account: str = "acc") -> Any:
    from lake.merge import Change

    months = sorted(rows["day_on"].dt.strftime("%Y-%m").unique())
    return Change(WORKSPACE, "bench", account, "ads", rows, replaced, months)


def build(folder: str, rows: int) -> None:
    """Write the table: one account, every ad on each of 365 days, a file per month and million rows."""
    import polars as pl

    from lake.delta import Lake
    from lake.merge import complete
    from lake.schemas import SILVER

    lake = Lake(Path(folder))
    size = 1_000 * DAYS
    for start in range(0, rows, size):
        part = make_rows(start // DAYS, min(size, rows - start), (0, DAYS), 0)
        lake.append("silver", "ad_daily", complete(SILVER["ad_daily"], make_change(part, pl.Series([""]))))
    table = lake.open("silver", "ad_daily")
    assert table is not None
    table.optimize.compact()
    table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)


def make_upsert(rows: int, count: int, spread: int) -> tuple[Any, Any]:
    """Return (rows, keys of those that exist): half of them restate, half are new ads."""
    import polars as pl

    days = (DAYS - spread, DAYS)
    old = make_rows(3, count // 2, days, 5)
    new = make_rows(rows // DAYS + 10, count // 2, days, 5)
    return pl.concat([old, new]), old["record_key"]


def run_side(side: str, folder: str, rows: int, count: int, spread: int) -> dict[str, Any]:
    import polars as pl

    from lake.delta import Lake
    from lake.merge import apply_change, complete
    from lake.schemas import SILVER

    lake = Lake(Path(folder))
    fresh, replaced = make_upsert(rows, count, spread)
    change = make_change(fresh, replaced)
    base = peak_mb()
    begin, cpu = time.perf_counter(), time.process_time()
    if side == "ours":
        apply_change(lake, "ad_daily", change, {"silver:bench": 1})
    else:
        source = complete(SILVER["ad_daily"], change)
        months = ", ".join(f"'{month}'" for month in change.months)
        keys = " AND ".join(f"t.{name} = s.{name}" for name in SILVER["ad_daily"].full_key)
        table = lake.open("silver", "ad_daily")
        assert table is not None
        where = f"t.workspace_id = '{WORKSPACE}' AND t.channel = 'bench' AND t.month IN ({months}) AND {keys}"
        merger = table.merge(source, where, source_alias="s", target_alias="t")
        merger.when_matched_update_all().when_not_matched_insert_all().execute()
    seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
    peak = peak_mb()
    found = lake.scan("silver", "ad_daily", WORKSPACE).select(
        pl.len().alias("rows"),
        pl.col("spend_micros").sum(),
        pl.struct("day_on", "ad_id").n_unique().alias("keys"),
    )
    return {
        "seconds": seconds,
        "cpu": cpu,
        "peak_mb": peak,
        "before_mb": base,
        "answer": found.collect().to_dicts()[0],
    }


def peak_mb() -> int:
    """Return the highest resident memory of this process so far."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1024
    raise SystemExit("this benchmark reads /proc, so it needs Linux")


def run_writer(folder: str, number: int) -> dict[str, Any]:
    """Merge 15 times; every writer restates the same ad and adds one of its own, in the same partition."""
    import polars as pl

    from lake.delta import Lake
    from lake.merge import apply_change

    lake = Lake(Path(folder))
    for turn in range(MERGES):
        shared = make_rows(1, 30, (0, 30), number * 1_000 + turn)
        own = make_rows(1_000_000 + number * MERGES + turn, 30, (0, 30), 0)
        change = make_change(pl.concat([shared, own]), shared["record_key"])
        apply_change(lake, "ad_daily", change, {f"writer:{number}": turn})
    return {"merges": MERGES}


def call(*arguments: object) -> list[str]:
    return [sys.executable, __file__, *map(str, arguments)]


def run_fresh(*arguments: object) -> dict[str, Any]:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(call(*arguments), capture_output=True, text=True, env=env, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def measure(rows: int = 5_000_000, count: int = 100_000) -> list[dict[str, Any]]:
    """Return the result rows; tables are equal and no merge is lost, or `ok` is false."""
    work = Path(tempfile.mkdtemp(prefix="bench-upsert-"))
    try:
        run_fresh("--side", "build", "--folder", work / "base", "--rows", rows)
        results = [measure_spread(work, rows, count, about, days) for about, days in SPREADS.items()]
        return [*results, measure_writers(work)]
    finally:
        shutil.rmtree(work, ignore_errors=True)


def measure_spread(work: Path, rows: int, count: int, about: str, days: int) -> dict[str, Any]:
    runs: dict[str, list[dict[str, Any]]] = {"ours": [], "bare": []}
    for _ in range(TRIES):
        for side, done in runs.items():
            folder = work / side
            shutil.copytree(work / "base", folder)
            common = ("--rows", rows, "--count", count, "--spread", days)
            done.append(run_fresh("--side", side, "--folder", folder, *common))
            shutil.rmtree(folder)
    middle, peak, cpu = (
        {side: statistics.median(run[name] for run in done) for side, done in runs.items()}
        for name in ("seconds", "peak_mb", "cpu")
    )
    answers = [run["answer"] for done in runs.values() for run in done]
    slower, larger = middle["ours"] / middle["bare"], peak["ours"] / peak["bare"]
    same = all(answer == answers[0] for answer in answers) and answers[0]["keys"] == answers[0]["rows"]
    return {
        "name": f"upsert of {count} rows over {about} into {rows}",
        "ours_seconds": round(middle["ours"], 2),
        "bare_seconds": round(middle["bare"], 2),
        "time_ratio": round(slower, 2),
        "cpu_ratio": round(cpu["ours"] / cpu["bare"], 2),
        "ours_peak_mb": peak["ours"],
        "bare_peak_mb": peak["bare"],
        "memory_ratio": round(larger, 2),
        "same_answer": same,
        "target": "<= 1.2 time, <= 1.5 memory",
        "ok": same and slower <= 1.2 and larger <= 1.5,
    }


def measure_writers(work: Path) -> dict[str, Any]:
    from lake.delta import Lake

    folder = work / "writers"
    build(str(folder), 20_000)
    before = Lake(folder).read("silver", "ad_daily", WORKSPACE).height
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    begin = time.perf_counter()
    writers = [
        subprocess.Popen(
            call("--side", "writer", "--folder", folder, "--number", number),
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for number in range(WRITERS)
    ]
    failed = sum(writer.wait() != 0 for writer in writers)
    after = Lake(folder).read("silver", "ad_daily", WORKSPACE)
    found = (after.height - before) // 30
    doubled = after.height - after.select("day_on", "ad_id").n_unique()
    total = WRITERS * MERGES
    return {
        "name": f"{WRITERS} writers x {MERGES} merges of one partition",
        "seconds": round(time.perf_counter() - begin, 1),
        "lost": total - found,
        "of": total,
        "doubled_keys": doubled,
        "target": "0 lost",
        "ok": not failed and found == total and doubled == 0,
    }


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rows", type=int, default=5_000_000)
    arguments.add_argument("--count", type=int, default=100_000)
    arguments.add_argument("--spread", type=int, default=60)
    arguments.add_argument("--number", type=int, default=0)
    arguments.add_argument("--side", choices=("build", "ours", "bare", "writer"))
    arguments.add_argument("--folder")
    given = arguments.parse_args()
    match given.side:
        case None:
            for row in measure(given.rows, given.count):
                print(json.dumps(row))
        case "build":
            build(given.folder, given.rows)
            print("{}")
        case "writer":
            print(json.dumps(run_writer(given.folder, given.number)))
        case side:
            print(json.dumps(run_side(side, given.folder, given.rows, given.count, given.spread)))


if __name__ == "__main__":
    main()
