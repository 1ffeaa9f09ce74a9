"""The whole loop as a newcomer runs it: seconds of each stage, and how they grow with days and with people.

Run: python benchmarks/bench_loop.py
Every size is `spreaders up --once --json` on the default scenario, in an empty home and a fresh process;
with fewer people the market's demand and budgets are smaller too.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DAYS = (91, 182, 365)
PEOPLE = (12_500, 25_000, 50_000)
TARGET_SECONDS = 300


def run_loop(days: int, people: int) -> dict:
    """Run the loop once at a size; return its summary with the wall seconds of the whole command."""
    home = Path(tempfile.mkdtemp(prefix="spreaders-bench-"))
    try:
        command = [sys.executable, "-m", "orchestration.cli", "up", "--once", "--json", "--home", str(home)]
        command += ["--days", str(days), "--people", str(people)]
        begin = time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - begin
        if done.returncode:
            raise SystemExit(f"the loop failed at {days} days and {people} people: {done.stderr[-500:]}")
        return {"days": days, "people": people, "seconds": round(seconds, 1), **json.loads(done.stdout)}
    finally:
        shutil.rmtree(home, ignore_errors=True)


def grow(sizes: list[dict], unit: str) -> list[dict]:
    """Return a row a size; `ratio_per_unit` compares seconds per unit with the smallest size, 1 is linear."""
    first = sizes[0]["seconds"] / sizes[0][unit]
    return [
        {
            "days": run["days"],
            "people": run["people"],
            "seconds": run["seconds"],
            "orders": run["totals"]["orders"],
            "ratio_per_unit": round(run["seconds"] / run[unit] / first, 2),
        }
        for run in sizes
    ]


def measure() -> dict:
    """Return the stages of the full size and the two growths."""
    by_days = [run_loop(days, PEOPLE[-1]) for days in DAYS]
    whole = by_days[-1]
    by_people = [*(run_loop(DAYS[-1], people) for people in PEOPLE[:-1]), whole]
    return {
        "total_seconds": whole["seconds"],
        "target": f"under {TARGET_SECONDS} s",
        "ok": whole["seconds"] < TARGET_SECONDS,
        "stages": whole["stages"],
        "by_days": grow(by_days, "days"),
        "by_people": grow(by_people, "people"),
    }


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
