"""100,000 ad-insight rows with nested actions, from the ads twin over HTTP into Delta: ours beside dlt.

Run: python benchmarks/bench_ingest.py [--days 260]
A sandbox process serves both. Ours is the product's own `meta_ads` connector and loader: bronze (every
version, whole) and silver. dlt reads the same slices of days with its own client, 500 rows a page, and
writes its table and its child tables of actions. Sides take turns, each in a fresh process after its imports
and a first small load; the twin has made every answer before. Sums must agree before any time counts.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
WORKSPACE = "00000000-0000-4000-8000-000000000001"
LEAST_ROWS = 100_000
TRIES = 3
# Measured on this class of machine: JSON parsed by simdjson, rows written to Delta (10 columns).
SIMDJSON_BYTES_A_SECOND = 1_060e6
DELTA_ROWS_A_SECOND = 2.5e6
# What the twin takes as a token, and as proof that its holder knows the app's secret.
TOKEN, SECRET = "sandbox-access_token", "sandbox-app_secret"
# 10 ad sets of 20 ads on two platforms: 400 rows a day.
SCENARIO = """
name = "many ads"
people = 5000
days = {days}
first_day = 2025-11-01
products = [{{ title = "Travel Mug", price_minor = 2490, unit_cost_minor = 620 }}]
segments = [{{ name = "all", share = 1.0 }}]

[baseline]
orders_per_day = 20
visits_per_day = 20

[paid.meta_ads]
account_name = "Many Ads"

[[paid.meta_ads.campaigns]]
name = "Prospecting"
objective = "OUTCOME_SALES"
channel_type = "OUTCOME_SALES"
networks = {{ facebook = 0.45, instagram = 0.55 }}
daily_budget_minor = 400000
ad_sets = 10
ads_per_ad_set = 20
price_minor = 950
ctr = 0.02
max_orders = 60.0
saturation = {{ form = "hill", half_minor = 300000 }}
harvest_click = 0.5

[shop]
name = "Many Ads"
domain = "many-ads.example"
"""


@contextmanager
def start_sandbox(days: int) -> Iterator[str]:
    """Give the address of a sandbox that has lived these days."""
    with tempfile.TemporaryDirectory(prefix="bench-sandbox-") as folder:
        file = Path(folder) / "scenario.toml"
        file.write_text(SCENARIO.format(days=days), encoding="utf-8")
        command = [sys.executable, "-m", "sandbox", "--scenario", str(file)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.terminate()
            process.wait()


def read_clock(url: str) -> tuple[datetime, date, date]:
    """Return the sandbox's instant, its first and its last complete day."""
    with urllib.request.urlopen(f"{url}/_clock") as answer:
        told = json.load(answer)
    return (
        datetime.fromisoformat(told["now"]),
        date.fromisoformat(told["first_day"]),
        date.fromisoformat(told["today"]),
    )


def list_addresses(url: str) -> list[str]:
    """Return the address of the first page of every slice of days the connector reads, oldest first."""
    from channels.meta_ads import AD_LEVEL, SLICE_DAYS, ask_by_day
    from core.time import Days

    _, first, last = read_clock(url)
    account = find_account(url).id
    slices = Days(first, last).split(SLICE_DAYS)
    return [
        f"{url}/meta_ads/v26.0/{account}/insights?{urlencode({**ask_by_day(AD_LEVEL, part), **sign()})}"
        for part in slices
    ]


def sign() -> dict[str, str]:
    """Return the query that signs a call."""
    import hashlib
    import hmac

    return {"appsecret_proof": hmac.new(SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()}


def connect_twin(url: str) -> Any:
    """Return the product's own connection to the twin."""
    from channels.catalog import discover
    from channels.connection import connect
    from core.settings import Settings
    from core.time import FixedClock

    return connect(discover()["meta_ads"], Settings(sandbox_url=url), FixedClock(read_clock(url)[0]))


def find_account(url: str) -> Any:
    """Return the one ad account there is."""
    connection = connect_twin(url)
    with connection:
        return connection.channel.accounts(connection)[0]


def follow(client: Any, address: str) -> Iterator[dict[str, Any]]:
    """Yield the pages from this address on, by `paging.next`."""
    import orjson

    following: str | None = address
    while following:
        body = orjson.loads(client.get(following, headers={"Authorization": f"Bearer {TOKEN}"}).content)
        yield body
        following = body.get("paging", {}).get("next")
        if following:
            following += "&" + urlencode(sign())


def warm_up(url: str) -> tuple[int, int]:
    """Let the twin make every answer; return the rows and the bytes of all pages."""
    import requests

    client = requests.Session()
    rows = size = 0
    for address in list_addresses(url):
        for page in follow(client, address):
            rows += len(page["data"])
            size += len(json.dumps(page, separators=(",", ":"), ensure_ascii=False).encode())
    return rows, size


def run_ours(url: str, folder: str) -> dict[str, Any]:
    """Load the stream as the product does."""
    import orjson
    import polars as pl

    from ingestion.runner import load_stream
    from lake.delta import Lake

    account = find_account(url)
    _, first, last = read_clock(url)

    def load(lake: Lake, days: int) -> Any:
        with connect_twin(url) as connection:
            channel = connection.channel
            stream = channel.stream("ad_insights")
            return load_stream(
                lake,
                connection,
                channel,
                stream,
                account,
                workspace=WORKSPACE,
                clock=connection.clock,
                days=days,
                hash_key=b"bench",
            )

    load(Lake(Path(folder, "first")), 1)
    lake = Lake(Path(folder, "lake"))
    with stopwatch() as took:
        result = load(lake, (last - first).days + 1)
    assert result.received == result.loaded == result.new
    silver = lake.read("silver", "ad_daily", WORKSPACE)
    payloads = lake.read("bronze", "meta_ads__ad_insights", WORKSPACE, columns=["payload"])["payload"]
    records = [orjson.loads(payload) for payload in payloads]
    lists = {
        name: [pair for record in records for pair in record.get(name, ())]
        for name in ("actions", "action_values")
    }
    return took | {
        "answer": {
            "rows": silver.height,
            "versions": len(records),
            "spend_micros": silver["spend_micros"].sum(),
            "impressions": silver["impressions"].sum(),
            "clicks": silver["clicks"].sum(),
            "purchases": round(silver["claimed_conversions"].sum(), 3),
            "claimed_micros": silver["claimed_value_micros"].sum(),
            **{name: describe(pl.Series([pair["value"] for pair in pairs])) for name, pairs in lists.items()},
        }
    }


def run_dlt(url: str, folder: str) -> dict[str, Any]:
    """Load the same pages with dlt's own client into Delta tables, with its defaults."""
    os.environ.update(
        {
            "RUNTIME__DLTHUB_TELEMETRY": "false",
            "RUNTIME__LOG_LEVEL": "ERROR",
            "DLT_DATA_DIR": f"{folder}/home",
            "DESTINATION__FILESYSTEM__BUCKET_URL": f"file://{folder}/out",
        }
    )
    import dlt
    import polars as pl
    from dlt.sources.helpers import requests

    def load(name: str, addresses: list[str], most_pages: int | None = None) -> None:
        @dlt.resource(name="ads", table_format="delta", write_disposition="append")
        def ads() -> Iterator[list[dict[str, Any]]]:
            for address in addresses:
                for number, page in enumerate(follow(requests, address)):
                    if number == most_pages:
                        return
                    yield page["data"]

        dlt.pipeline(
            name, destination="filesystem", dataset_name=name, pipelines_dir=f"{folder}/pipelines"
        ).run(ads())

    addresses = list_addresses(url)
    load("first", addresses, 1)
    with stopwatch() as took:
        load("whole", addresses)
    table = pl.read_delta(f"{folder}/out/whole/ads")
    actions, values = (
        pl.read_delta(f"{folder}/out/whole/ads__{name}") for name in ("actions", "action_values")
    )
    bought, earned = (child.filter(action_type="omni_purchase")["value"] for child in (actions, values))
    return took | {
        "answer": {
            "rows": table.height,
            "versions": table.height,
            "spend_micros": sum_micros(table["spend"]),
            "impressions": table["impressions"].cast(pl.Int64).sum(),
            "clicks": table["clicks"].cast(pl.Int64).sum(),
            "purchases": round(bought.cast(pl.Float64).sum(), 3),
            "claimed_micros": sum_micros(earned),
            "actions": describe(actions["value"]),
            "action_values": describe(values["value"]),
        }
    }


@contextmanager
def stopwatch() -> Iterator[dict[str, float]]:
    """Give a mapping that holds seconds, CPU seconds and peak memory when the block has ended."""
    took: dict[str, float] = {}
    begin, cpu = time.perf_counter(), time.process_time()
    yield took
    took |= {
        "seconds": time.perf_counter() - begin,
        "cpu_seconds": time.process_time() - cpu,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def sum_micros(amounts: Any) -> int:
    """Return the sum of decimal texts in micros, exactly."""
    import polars as pl

    return int((amounts.str.to_decimal(scale=6) * 1_000_000).cast(pl.Int64).sum())


def describe(values: Any) -> list[Any]:
    """Return how many values there are and their sum."""
    return [len(values), sum_micros(values)]


def run_fresh(side: str, url: str) -> dict[str, Any]:
    """Run one side in a new process and an empty folder."""
    folder = tempfile.mkdtemp(prefix=f"bench-{side}-")
    command = [sys.executable, __file__, "--side", side, "--url", url, "--folder", folder]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def measure(days: int) -> list[dict[str, Any]]:
    """Return the result rows: name, ours, peer, ratio, target; answers are equal or it raises."""
    runs: dict[str, list[dict[str, Any]]] = {"ours": [], "dlt": []}
    with start_sandbox(days) as url:
        rows, size = warm_up(url)
        if rows < LEAST_ROWS:
            raise SystemExit(f"{days} days hold only {rows} rows; give more --days")
        for _ in range(TRIES):
            for side, done in runs.items():
                done.append(run_fresh(side, url))
    answers = [run["answer"] for done in runs.values() for run in done]
    if any(answer != answers[0] for answer in answers) or answers[0]["rows"] != rows:
        raise SystemExit(f"the answers differ: {runs['ours'][0]['answer']} and {runs['dlt'][0]['answer']}")
    middle = {
        side: {name: statistics.median(run[name] for run in done) for name in done[0] if name != "answer"}
        for side, done in runs.items()
    }
    return report(rows, size, middle["ours"], middle["dlt"])


def report(rows: int, size: int, ours: dict[str, float], peer: dict[str, float]) -> list[dict[str, Any]]:
    """Return the two result rows of these medians."""
    limit = size / SIMDJSON_BYTES_A_SECOND + rows / DELTA_ROWS_A_SECOND
    ratio = peer["seconds"] / ours["seconds"]
    common = {
        "rows": rows,
        "megabytes": round(size / 1e6, 1),
        "ours_seconds": round(ours["seconds"], 2),
        "ours_cpu_seconds": round(ours["cpu_seconds"], 2),
        "ours_peak_mb": round(ours["peak_mb"]),
    }
    return [
        {
            "name": "ingest against dlt",
            **common,
            "peer_seconds": round(peer["seconds"], 2),
            "peer_cpu_seconds": round(peer["cpu_seconds"], 2),
            "peer_peak_mb": round(peer["peak_mb"]),
            "ratio": round(ratio, 2),
            "target": ">= 5",
            "ok": ratio >= 5,
        },
        {
            "name": "ingest against the limit (simdjson parse + Delta write)",
            **common,
            "limit_seconds": round(limit, 3),
            "ratio": round(limit / ours["seconds"], 3),
            "target": "stated",
            "ok": True,
        },
    ]


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--days", type=int, default=260)
    arguments.add_argument("--side", choices=("ours", "dlt"))
    arguments.add_argument("--url")
    arguments.add_argument("--folder")
    given = arguments.parse_args()
    if not given.side:
        for row in measure(given.days):
            print(json.dumps(row))
        return
    run = run_ours if given.side == "ours" else run_dlt
    print(json.dumps(run(given.url, given.folder)))


if __name__ == "__main__":
    main()
