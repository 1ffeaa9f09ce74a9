"""Persons among records with errors: ours beside splink's own default run.

Run: python benchmarks/bench_identity.py [--records 200000]
     python benchmarks/bench_identity.py --households 3000   (quality on families, by town and columns)
Both get the same seeded records (benchmarks/identity_records.py) in fresh processes that take turns; start-up
and reading are left out, from records in memory to persons is timed. splink runs as its getting-started page
has it: its library's comparisons, u by sampling 1e6 pairs, two EM passes, clusters at 0.95; only the blocking
rules are pairs of columns, for those of the page (a name alone) do not end on this many records. Pairwise F1
at each one's default threshold. Then ours on a quarter, half and all of the records.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
TRIES = 3
COLUMNS = ["unique_id", "first_name", "surname", "dob", "city", "email"]


def run_ours(records: Any) -> Any:
    from transforms.identity.matching import match_records

    return match_records(records).persons.to_list()


def run_splink(records: Any) -> Any:
    import logging

    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    logging.getLogger("splink").setLevel(logging.ERROR)
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.NameComparison("first_name"),
            cl.NameComparison("surname"),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.EmailComparison("email"),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("first_name", "surname"),
            block_on("surname", "dob"),
            block_on("first_name", "dob"),
            block_on("email"),
        ],
    )
    linker = Linker(DuckDBAPI().register(records.to_arrow()), settings)
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [block_on("first_name", "surname", "dob"), block_on("email")], recall=0.7
    )
    training.estimate_u_using_random_sampling(max_pairs=1e6)
    training.estimate_parameters_using_expectation_maximisation(block_on("first_name", "surname"))
    training.estimate_parameters_using_expectation_maximisation(block_on("email"))
    pairs = linker.inference.predict(threshold_match_probability=0.9)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, 0.95)
    found = clusters.as_pandas_dataframe().set_index("unique_id")["cluster_id"]
    return found.loc[records["unique_id"].to_numpy()].tolist()


def run_side(side: str, count: int) -> dict[str, Any]:
    import polars as pl

    from benchmarks.identity_records import make_records

    given = make_records(count)
    records = given.select(COLUMNS)
    before = peak_mb()
    begin, cpu = time.perf_counter(), time.process_time()
    found = run_ours(records) if side == "ours" else run_splink(records)
    seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
    both = given.select(truth="cluster", found=pl.Series(found))
    hit, said, true = (count_pairs(both, by) for by in (["truth", "found"], ["found"], ["truth"]))
    answer = {"precision": hit / said, "recall": hit / true, "f1": 2 * hit / (said + true)}
    return {"seconds": seconds, "cpu": cpu, "peak_mb": peak_mb(), "before_mb": before, **answer}


def count_pairs(rows: Any, by: list[str]) -> int:
    import polars as pl

    size = pl.col("len").cast(pl.Int64)
    return int(rows.group_by(by).len().select((size * (size - 1) // 2).sum()).item())


def peak_mb() -> int:
    """Return the highest resident memory of this process so far."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1024
    raise SystemExit("this benchmark reads /proc, so it needs Linux")


def run_fresh(side: str, count: int) -> dict[str, Any]:
    command = [sys.executable, __file__, "--side", side, "--records", str(count)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def measure(count: int) -> dict[str, Any]:
    """Return the comparison and how ours grows."""
    runs: dict[str, list[dict[str, Any]]] = {"ours": [], "splink": []}
    for _ in range(TRIES):
        for side, done in runs.items():
            done.append(run_fresh(side, count))
    ours, peer = (
        {name: statistics.median(run[name] for run in done) for name in done[0]} for done in runs.values()
    )
    ratio = peer["seconds"] / ours["seconds"]
    row = {
        "name": f"persons among {count} records",
        "ours_seconds": round(ours["seconds"], 2),
        "splink_seconds": round(peer["seconds"], 2),
        "ratio": round(ratio, 2),
        "cpu_ratio": round(peer["cpu"] / ours["cpu"], 2),
        **{
            f"{side}_{name}": round(run[name], 4)
            for side, run in (("ours", ours), ("splink", peer))
            for name in ("precision", "recall", "f1")
        },
        "ours_peak_mb": ours["peak_mb"],
        "splink_peak_mb": peer["peak_mb"],
        "target": ">= 2x at equal or better F1",
        "ok": ratio >= 2 and ours["f1"] >= peer["f1"],
    }
    return {"comparison": [row], "growth": grow(count)}


def grow(count: int) -> list[dict[str, Any]]:
    rows = []
    for part in (count // 4, count // 2, count):
        runs = [run_fresh("ours", part) for _ in range(TRIES)]
        middle = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
        rows.append(
            {
                "records": part,
                "seconds": round(middle["seconds"], 2),
                "records_a_second": round(part / middle["seconds"]),
                "cpu_seconds": round(middle["cpu"], 2),
                "f1": round(middle["f1"], 4),
                "peak_mb": middle["peak_mb"],
            }
        )
    return rows


def judge_households(people: int, seed: int = 1) -> list[dict[str, Any]]:
    """Return how well families are told apart, by town and by the columns that are known.

    `widest_gap` is how far the probability is from the seen share in the worst tenth of 100 pairs or more.
    """
    import numpy as np

    from benchmarks.household_records import COLUMNS, TOWNS_OF, make_household_records
    from transforms.identity.matching import match_records

    sets = {
        "five": COLUMNS[:5],
        "eight": COLUMNS,
        "no day of birth": [name for name in COLUMNS if name != "dob"],
        "name and address": ["first_name", "surname", "street", "postcode", "city"],
        "name and mail": ["first_name", "surname", "email"],
    }
    rows = []
    for town, shape in TOWNS_OF.items():
        records = make_household_records(people, seed, shape)
        for columns, names in sets.items():
            matches = match_records(records.select(names))
            both = records.select(truth="cluster", found=matches.persons)
            hit, said, true = (count_pairs(both, by) for by in (["truth", "found"], ["found"], ["truth"]))
            ends = (records["cluster"].gather(matches.pairs[end]) for end in ("a", "b"))
            is_one, likely = (next(ends) == next(ends)).to_numpy(), matches.pairs["probability"].to_numpy()
            tenth = np.minimum((likely * 10).astype(int), 9)
            bins = [tenth == place for place in range(10) if (tenth == place).sum() >= 100]
            gaps = [abs(float(likely[each].mean() - is_one[each].mean())) for each in bins]
            rows.append(
                {
                    "town": town,
                    "columns": columns,
                    "records": records.height,
                    "precision": round(hit / said, 3),
                    "recall": round(hit / true, 3),
                    "f1": round(2 * hit / (said + true), 3),
                    "widest_gap": round(max(gaps), 2),
                }
            )
    return rows


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--households", type=int)
    arguments.add_argument("--records", type=int, default=200_000)
    arguments.add_argument("--side", choices=("ours", "splink"))
    given = arguments.parse_args()
    if given.households:
        print("\n".join(map(json.dumps, judge_households(given.households))))
        return
    print(json.dumps(run_side(given.side, given.records) if given.side else measure(given.records)))


if __name__ == "__main__":
    main()
