"""Attribution of 1,000,000 paths: ours beside ChannelAttribution and marketing-attribution-models.

Run: python benchmarks/bench_attribution.py [--paths 1000000]
Every side gets the same table of path strings in memory, each column in one piece, and does its own parsing
inside the time. The peers live in an environment of their own, benchmarks/.peers, made at the first run
(two minutes). Sides take turns, each in a fresh process after a small first run; medians count. Rules must
agree with ChannelAttribution, Markov with a plain solve of the chain, Shapley with its efficiency axiom,
before any time counts.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT))
PEERS = HERE / ".peers"
PEER_PACKAGES = ("ChannelAttribution==2.2.5", "marketing-attribution-models==2.1.1")
# ChannelAttribution imports matplotlib without saying so.
THEIR_NEEDS = ("matplotlib", "pandas", "pyarrow", "polars==2.1.0")
TRIES = 3
WARM_ROWS = 2_000
THREADS = 2
MEAN_TOUCHES = 6
CONVERTING = 0.03
CHANNELS = {
    "google ads": 0.30, "direct": 0.18, "organic search": 0.16, "facebook ads": 0.12, "newsletter": 0.08,
    "referral": 0.06, "instagram": 0.04, "youtube": 0.025, "tiktok": 0.015, "display": 0.01,
    "affiliate": 0.007, "pinterest": 0.003,
}  # fmt: skip
HEURISTICS = ("first", "last", "linear")
JOBS = {"heuristics": ("ours", "channel_attribution"), "markov": ("ours", "channel_attribution"),
        "shapley": ("ours", "mam")}  # fmt: skip
ALL = "all eight models"
GROWTH = (1, 2, 4)
TARGETS = {"heuristics": 8, "markov": 15, "shapley": 5}


def make_paths(rows: int, file: Path) -> None:
    """Write the table: one row a path, six touches in the mean, 3 % converting, always the same."""
    import numpy as np
    import polars as pl

    random = np.random.default_rng(7)
    lengths = random.geometric(1 / MEAN_TOUCHES, rows)
    names = pl.Series(list(CHANNELS))[random.choice(len(CHANNELS), lengths.sum(), p=list(CHANNELS.values()))]
    touches = pl.DataFrame({"row": np.repeat(np.arange(rows), lengths), "name": names})
    won = (random.random(rows) < CONVERTING).astype(float)
    touches.group_by("row", maintain_order=True).agg("name").select(
        pl.col("name").list.join(" > ").alias("path"),
        conversions=pl.Series(won),
        value=pl.Series(np.round(won * random.gamma(2.0, 30.0, rows), 2)),
        nulls=pl.Series(1 - won),
    ).write_parquet(file)


def install_peers() -> str:
    """Return the interpreter that has the peers; make its environment if need be."""
    python = PEERS / "bin" / "python"
    if not (PEERS / "ready").exists():
        commands = (
            [sys.executable, "-m", "venv", "--clear", str(PEERS)],
            [str(python), "-m", "pip", "install", "--quiet", *THEIR_NEEDS],
            [str(python), "-m", "pip", "install", "--quiet", *PEER_PACKAGES],
        )
        for command in commands:
            subprocess.run(command, check=True, stdout=sys.stderr)
        (PEERS / "ready").touch()
    return str(python)


def our_job(job: str, frame: Any) -> dict[str, dict[str, float]]:
    """Return the product's own credit by model and channel."""
    from transforms.attribution.models import MODELS, credit
    from transforms.attribution.reading import take_frame

    paths = take_frame(frame).paths
    models = {"heuristics": HEURISTICS, ALL: MODELS}.get(job, (job,))
    return {
        model: dict(zip(paths.channels, given.conversions.tolist(), strict=True))
        for model, given in credit(paths, models).items()
    }


def their_attribution(job: str, table: Any) -> dict[str, dict[str, float]]:
    """Return ChannelAttribution's, with its defaults and two threads."""
    import ChannelAttribution

    columns = {"var_path": "path", "var_conv": "conversions", "sep": ">", "flg_pro": False}
    if job == "heuristics":
        found = ChannelAttribution.heuristic_models(table, **columns)
        names = {"first": "first_touch", "last": "last_touch", "linear": "linear_touch"}
    else:
        found = ChannelAttribution.markov_model(
            table, **columns, var_null="nulls", ncore=THREADS, verbose=False, seed=1
        )
        names = {"markov": "total_conversions"}
    return {
        model: dict(zip(found["channel_name"], map(float, found[_of(found, name)]), strict=True))
        for model, name in names.items()
    }


def _of(table: Any, name: str) -> str:
    return name if name in table else f"{name}_conversions"


def mam_shapley(job: str, frame: Any) -> dict[str, dict[str, float]]:
    """Return the Shapley credit of marketing-attribution-models, with its defaults (coalitions of 4)."""
    import mam

    model = mam.MAM(
        frame,
        format_type="grouped_journey",
        channels_colname="path",
        journey_with_conv_colname="conversions",
        occurrences_colname="occurrences",
    )
    found = model.run_shapley().to_polars()
    return {job: dict(zip(found["channels"].cast(str), found["attribution"], strict=True))}


def run_side(side: str, job: str, file: str) -> dict[str, Any]:
    """Do one job once in this process and return its time, peak and answer."""
    work: Callable[[str, Any], Any]
    if side == "channel_attribution":
        import pandas as pd

        table, work = pd.read_parquet(file), their_attribution
    else:
        import polars as pl

        table, work = pl.read_parquet(file).rechunk(), our_job
        if side == "mam":
            table, work = table.with_columns(occurrences=pl.lit(1)), mam_shapley
    work(job, table.head(WARM_ROWS))
    begin, cpu = time.perf_counter(), time.process_time()
    answer = work(job, table)
    return {
        "seconds": time.perf_counter() - begin,
        "cpu_seconds": time.process_time() - cpu,
        "peak_mb": read_peak(),
        "answer": answer,
    }


def read_peak() -> int:
    """Return this process's largest memory in MB (getrusage would count the parent's as well)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def solve_plainly(file: Path) -> dict[str, float]:
    """Return exact Markov credit by another way: joins in Polars, a linear solve for each channel."""
    import numpy as np
    import polars as pl

    touches = (
        pl.read_parquet(file)
        .with_row_index("row")
        .with_columns(pl.col("path").str.split(" > "))
        .explode("path")
        .with_columns(
            there=pl.col("path").shift(-1).over("row"), is_first=pl.col("row") != pl.col("row").shift(1)
        )
    )
    names = sorted(touches["path"].unique())
    place = {name: at for at, name in enumerate(names)}
    steps, won, starts = np.zeros((len(names), len(names))), np.zeros(len(names)), np.zeros(len(names))
    lost = np.zeros(len(names))
    weight = pl.col("conversions") + pl.col("nulls")
    for here, there, amount in (
        touches.drop_nulls("there").group_by("path", "there").agg(weight.sum()).iter_rows()
    ):
        if here != there:
            steps[place[here], place[there]] = amount
    ends = (
        touches.filter(pl.col("there").is_null()).group_by("path").agg(pl.col("conversions", "nulls").sum())
    )
    for here, converted, failed in ends.iter_rows():
        won[place[here]], lost[place[here]] = converted, failed
    for here, amount in (
        touches.filter(pl.col("is_first").fill_null(value=True))
        .group_by("path")
        .agg(weight.sum())
        .iter_rows()
    ):
        starts[place[here]] = amount
    leaves = steps.sum(axis=1) + won + lost
    moves, starts = steps / leaves[:, None], starts / starts.sum()

    def convert(stays: Any) -> float:
        rest = np.eye(stays.sum()) - moves[np.ix_(stays, stays)]
        return float(starts[stays] @ np.linalg.solve(rest, (won / leaves)[stays]))

    every = np.ones(len(names), dtype=bool)
    whole = convert(every)
    effects = np.array(
        [1 - convert(every & (np.arange(len(names)) != at)) / whole for at in range(len(names))]
    )
    return dict(zip(names, won.sum() * effects / effects.sum(), strict=True))


def measure(rows: int) -> list[dict[str, Any]]:
    """Return a row for each job: ours, peer, ratio, target, error; answers are right or it raises."""
    python = {"ours": sys.executable, "channel_attribution": install_peers(), "mam": install_peers()}
    with tempfile.TemporaryDirectory(prefix="bench-attribution-") as folder:
        file = Path(folder) / "paths.parquet"
        make_paths(rows, file)
        exact = solve_plainly(file)
        results = []
        for job, sides in JOBS.items():
            runs: dict[str, list[dict[str, Any]]] = {side: [] for side in sides}
            for _ in range(TRIES):
                for side, done in runs.items():
                    done.append(run_fresh(python[side], side, job, file))
            results.append(report(job, rows, sides, runs, exact))
        for times in GROWTH:
            make_paths(rows * times, file)
            results.append(report_growth(rows * times, run_fresh(sys.executable, "ours", ALL, file)))
    return results


def run_fresh(python: str, side: str, job: str, file: Path) -> dict[str, Any]:
    """Run one job of one side in a new process."""
    command = [python, __file__, "--side", side, "--job", job, "--file", str(file)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if found.returncode:
        raise SystemExit(f"{side} {job}: {found.stderr[-2000:]}")
    return json.loads(found.stdout.splitlines()[-1])


def report_growth(rows: int, run: dict[str, Any]) -> dict[str, Any]:
    """Return how long all models take together on so many paths."""
    return {
        "name": f"{ALL}, {rows:,} paths",
        "ours_seconds": round(run["seconds"], 3),
        "ours_peak_mb": run["peak_mb"],
        "seconds_a_million": round(run["seconds"] / rows * 1e6, 2),
    }


def report(
    job: str,
    rows: int,
    sides: tuple[str, str],
    runs: dict[str, list[dict[str, Any]]],
    exact: dict[str, float],
) -> dict[str, Any]:
    """Return the result row of a job, or stop because the answer is wrong."""
    ours, theirs = ([run["seconds"] for run in runs[side]] for side in sides)
    answer, peers = (runs[side][-1]["answer"] for side in sides)
    total = sum(exact.values())
    if job == "heuristics":
        error, peer_error = max(_distance(answer[m], peers[m]) for m in HEURISTICS) / total, None
        checked = "equal to the peer's"
    elif job == "markov":
        error, peer_error = (_distance(side["markov"], exact) / total for side in (answer, peers))
        checked = "against a plain solve"
    else:
        error, peer_error = abs(sum(answer["shapley"].values()) - total), None
        checked = "sum of credit less conversions"
    if error >= 1e-9:
        raise SystemExit(f"{job}: our error is {error}")
    cpu = [statistics.median(run["cpu_seconds"] for run in runs[side]) for side in sides]
    ratio = statistics.median(theirs) / statistics.median(ours)
    return {
        "name": f"{job}, {rows:,} paths",
        "ours_seconds": round(statistics.median(ours), 3),
        "ours_peak_mb": runs["ours"][-1]["peak_mb"],
        "peer": sides[1],
        "peer_seconds": round(statistics.median(theirs), 3),
        "peer_peak_mb": runs[sides[1]][-1]["peak_mb"],
        "ratio": round(ratio, 1),
        "cpu_ratio": round(cpu[1] / cpu[0], 1),
        "target": f">= {TARGETS[job]}",
        "ok": ratio >= TARGETS[job],
        "error": float(f"{error:.2g}"),
        "checked": checked,
        "peer_error": None if peer_error is None else float(f"{peer_error:.2g}"),
    }


def _distance(one: dict[str, float], other: dict[str, float]) -> float:
    assert one.keys() == other.keys(), (sorted(one), sorted(other))
    return max(abs(one[name] - other[name]) for name in one)


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--paths", type=int, default=1_000_000)
    arguments.add_argument("--side", choices=("ours", "channel_attribution", "mam"))
    arguments.add_argument("--job", choices=(*JOBS, ALL))
    arguments.add_argument("--file")
    given = arguments.parse_args()
    if given.side:
        print(json.dumps(run_side(given.side, given.job, given.file)))
    else:
        for row in measure(given.paths):
            print(json.dumps(row))


if __name__ == "__main__":
    main()
