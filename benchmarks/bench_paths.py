"""From raw touches in Delta to attribution by ad, all models: Sail at growing sizes, and beside JVM Spark.

Run: python benchmarks/bench_paths.py [--rows 5000000 10000000 20000000] [--jvm-rows 5000000]
Every run is a fresh process over a lake made for its size; the start of the engine is told apart, memory is
that of the process and all its children. The engines' totals must be equal before their times are compared.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
ROWS = (5_000_000, 10_000_000, 20_000_000)
NOW = datetime(2026, 9, 1, tzinfo=UTC)
TARGET_RATIO, TARGET_MB = 3.0, 8_000
TOLERANCE = 1e-9
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20


def run_jobs(home: Path, engine: str) -> dict[str, Any]:
    """Run both jobs once in this process; return seconds by part."""
    from core.settings import Settings
    from lake.delta import Lake
    from transforms.spark.attribution import build_attribution
    from transforms.spark.job import Work
    from transforms.spark.paths import build_paths
    from transforms.spark.session import open_session
    from transforms.spark.tables import Tables

    settings = Settings(home=home, spark=engine)
    seconds: dict[str, Any] = {}
    begin = time.perf_counter()
    with open_session(settings) as spark:
        seconds["start_seconds"] = time.perf_counter() - begin
        work = Work(Tables(spark, Lake(settings.lake_path), settings.workspace), NOW)
        for name, build in (("paths", build_paths), ("attribution", build_attribution)):
            begin = time.perf_counter()
            build(work)
            seconds[f"{name}_seconds"] = time.perf_counter() - begin
    used = os.times()
    seconds["cpu_seconds"] = used.user + used.system + used.children_user + used.children_system
    return seconds


def tree_mb(root: int) -> float:
    """Return the resident memory of a process and its descendants."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(entry.parent.name))
    waiting, total = [root], 0.0
    while waiting:
        pid = waiting.pop()
        waiting += parents.get(pid, [])
        try:
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_MB
        except OSError:
            continue
    return total


def run_apart(home: Path, engine: str) -> dict[str, Any]:
    """Run both jobs in a fresh process; return its figures and the peak of its memory."""
    command = [sys.executable, __file__, "--one", str(home), engine]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    peak, is_over = [0.0], threading.Event()

    def watch() -> None:
        while not is_over.wait(0.2):
            peak[0] = max(peak[0], tree_mb(child.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    said, _ = child.communicate()
    is_over.set()
    watcher.join()
    if child.returncode:
        raise SystemExit(f"the jobs failed on {engine}")
    return {**json.loads(said), "peak_mb": round(peak[0])}


def read_totals(home: Path) -> Any:
    """Return attribution_total, sorted, without the time of computing."""
    import polars as pl

    rows = pl.read_delta(str(home / "lake" / "gold" / "attribution_total")).drop("computed_at")
    return rows.sort("grain", "marketing_channel", "campaign", "ad", "currency")


def is_same(one: Any, other: Any) -> bool:
    """Whether two totals name the same things and their numbers differ by rounding alone."""
    import polars.selectors as cs

    if not one.select(cs.string()).equals(other.select(cs.string())):
        return False
    mine, theirs = one.select(cs.float()).fill_null(0), other.select(cs.float()).fill_null(0)
    gaps = (mine - theirs) / (mine.select(cs.float().abs() + 1))
    return all(abs(gap) < TOLERANCE for row in gaps.select(cs.float().abs().max()).rows() for gap in row)


def measure(sizes: list[int], jvm_rows: int, folder: Path) -> list[dict[str, Any]]:
    """Return a row a size, and one for the Java machine."""
    from benchmarks.paths_market import write_market
    from core.settings import DEFAULT_WORKSPACE
    from lake.delta import Lake

    rows: list[dict[str, Any]] = []
    for size in sizes:
        home = folder / str(size)
        orders = write_market(Lake(home / "lake"), str(DEFAULT_WORKSPACE), size)
        mine = run_apart(home, "sail")
        seconds = mine["paths_seconds"] + mine["attribution_seconds"]
        per_row = seconds / size
        first = rows[0]["seconds"] / rows[0]["touches"] if rows else per_row
        row = {"engine": "sail", "touches": size, "orders": orders, "seconds": seconds, **mine}
        row |= {"rows_per_second": round(size / seconds), "ratio_per_row": round(per_row / first, 2)}
        rows.append(row | {"target": f"< {TARGET_MB} MB", "ok": mine["peak_mb"] < TARGET_MB})
        print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
        if size == jvm_rows:
            rows.append(beside_jvm(home, size, orders, rows[-1]))
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
        shutil.rmtree(home)
    return [{k: round(v, 2) if isinstance(v, float) else v for k, v in row.items()} for row in rows]


def beside_jvm(home: Path, size: int, orders: int, ours: dict[str, Any]) -> dict[str, Any]:
    """Run the same jobs on the same lake on JVM Spark with two threads; return its row."""
    before = read_totals(home)
    shutil.rmtree(home / "lake" / "gold")
    theirs = run_apart(home, "local[2]")
    seconds = theirs["paths_seconds"] + theirs["attribution_seconds"]
    ratio = seconds / ours["seconds"]
    same = is_same(before, read_totals(home))
    row = {"engine": "JVM local[2]", "touches": size, "orders": orders, "seconds": seconds, **theirs}
    row |= {"rows_per_second": round(size / seconds), "ratio": ratio, "same_answer": same}
    return row | {"target": f">= {TARGET_RATIO:g}x", "ok": same and ratio >= TARGET_RATIO}


def main() -> None:
    """Print a line of JSON a run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, nargs="+", default=list(ROWS))
    parser.add_argument("--jvm-rows", type=int, default=ROWS[0])
    parser.add_argument("--one", nargs=2)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(run_jobs(Path(given.one[0]), given.one[1])))
        return
    folder = Path(tempfile.mkdtemp(prefix="spreaders-bench-"))
    try:
        for row in measure(given.rows, given.jvm_rows, folder):
            print(json.dumps(row))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
