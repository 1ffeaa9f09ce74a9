"""Measures how long the simulated market takes to live, at three sizes of days and three of people."""

from __future__ import annotations

import json
import resource
import sys
import time
from typing import Any

from sandbox.market import World, load_scenario

DAYS = [120, 365, 730]
PEOPLE = [25_000, 50_000, 100_000]


def measure_market(days: int, people: int) -> dict[str, Any]:
    """One row: seconds to live `days` with `people` in the default scenario, and orders made."""
    scenario = load_scenario(days=days, people=people)
    start, cpu_start = time.perf_counter(), time.process_time()
    world = World(scenario)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    start = time.perf_counter()
    world.advance(1)
    return {
        "days": days,
        "people": people,
        "seconds": round(seconds, 3),
        "cpu_seconds": round(cpu_seconds, 3),
        "advance_seconds": round(time.perf_counter() - start, 4),
        "orders": world.orders().height,
    }


def run_benchmark() -> dict[str, Any]:
    """Rows by days (50,000 people) and by people (365 days).

    Ratios compare processor time per unit with the first row; 1 is linear, below 1 grows slower.
    """
    measure_market(10, 1_000)  # imports and first calls
    by_days = [measure_market(days, 50_000) for days in DAYS]
    by_people = [measure_market(365, people) for people in PEOPLE]
    for rows, unit in ((by_days, "days"), (by_people, "people")):
        for row in rows:
            first = rows[0]["cpu_seconds"] / rows[0][unit]
            row["ratio_per_unit"] = round(row["cpu_seconds"] / row[unit] / first, 2)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    megabytes = peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
    return {"by_days": by_days, "by_people": by_people, "peak_memory_mb": round(megabytes)}


if __name__ == "__main__":
    print(json.dumps(run_benchmark(), indent=2))
