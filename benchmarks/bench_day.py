"""What commands cost a user on a home at rest: a build of one day more and of nothing new, an import, a call.

Run: python benchmarks/bench_day.py
A home of 180 days is loaded and built whole; then its market lives a day. CPU is that of the command and all
it starts, as a share of the whole build in the same run: compare that between machines, not the seconds.
Rows are those of gold and of Postgres that a build of one day more inserted, updated and deleted.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DAYS, PEOPLE = 180, 12_000
MOST_ROWS, MOST_NOTHING = 5.0, 0.10
IMPORT_SECONDS, CALL_SECONDS = 10.0, 5.0
MAILS = 14


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def command(home: Path, *words: object) -> list[str]:
    return [sys.executable, "-m", "orchestration.cli", *map(str, words), "--home", str(home)]


def run(home: Path, *words: object) -> dict[str, Any]:
    """Run a command to its end; return its answer with wall and CPU seconds."""
    begin, before = time.perf_counter(), os.times()
    done = subprocess.run(command(home, *words), cwd=ROOT, capture_output=True, text=True, check=False)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, words))} failed: {done.stderr[-800:]}")
    return {"answer": json.loads(done.stdout), "seconds": time.perf_counter() - begin, "cpu": cpu}


def rows_of(answer: dict[str, Any], *names: str) -> int:
    return sum(s["rows_out"] for s in answer["stages"] if s["name"].split()[0] in names)


def write_mails(file: Path) -> None:
    header = (
        "Campaign Name,Subject,Send Time,Total Recipients,Successful Deliveries,Unique Opens,Unique Clicks"
    )
    lines = [
        f"Mail {n},Subject {n},2026-07-{n + 1:02d} 10:00:00,{1000 + n},{900 + n},{300 + n},{40 + n},id{n}"
        for n in range(MAILS)
    ]
    file.write_text("\n".join([f"{header},Campaign ID", *lines]) + "\n", encoding="utf-8")


def measure() -> dict[str, Any]:
    """Return a row a command, with its share of the whole build and whether it keeps to its bound."""
    home = Path(tempfile.mkdtemp(prefix="spreaders-bench-"))
    os.environ["SPREADERS_SANDBOX_PORT"] = str(free_port())
    market = ("--days", DAYS, "--people", PEOPLE)
    sandbox = subprocess.Popen(
        command(home, "sandbox", *market),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert sandbox.stdout is not None
        sandbox.stdout.readline()
        run(home, "load", "--json")
        whole = run(home, "build", "--json")
        run(home, "sandbox", "--advance", 1)
        loaded = run(home, "load", "--json")["answer"]
        day = run(home, "build", "--json")
        nothing = run(home, "build", "--json")
        mails = home / "mails.csv"
        write_mails(mails)
        imported = run(home, "import", mails, "--channel", "klaviyo", "--json")
        called = run(home, "call", "analytics.getOverview")
    finally:
        sandbox.terminate()
        sandbox.wait()
        shutil.rmtree(home, ignore_errors=True)
    read = sum(s["rows_in"] for s in loaded["stages"])
    moved = rows_of(day["answer"], "jobs", "beliefs", "publish")
    rows = [
        row("build, whole", whole, whole),
        row("build, one day more", day, whole)
        | {
            "rows_loaded": read,
            "rows_moved": moved,
            "times_loaded": round(moved / read, 2),
            "target": f"rows <= {MOST_ROWS:g} x loaded",
            "ok": moved <= MOST_ROWS * read,
        },
        row("build, nothing new", nothing, whole)
        | {
            "rows_moved": rows_of(nothing["answer"], "jobs", "beliefs", "publish"),
            "target": f"CPU <= {MOST_NOTHING:g} of whole",
            "ok": nothing["cpu"] <= MOST_NOTHING * whole["cpu"],
        },
        row(f"import of {MAILS} mails", imported, whole)
        | {"target": f"<= {IMPORT_SECONDS:g} s", "ok": imported["seconds"] <= IMPORT_SECONDS},
        row("call analytics.getOverview", called, whole)
        | {"target": f"<= {CALL_SECONDS:g} s", "ok": called["seconds"] <= CALL_SECONDS},
    ]
    return {"days": DAYS, "people": PEOPLE, "commands": rows}


def row(name: str, one: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    share = round(one["cpu"] / whole["cpu"], 3)
    return {
        "command": name,
        "seconds": round(one["seconds"], 1),
        "cpu_seconds": round(one["cpu"], 1),
        "of_whole": share,
    }


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
