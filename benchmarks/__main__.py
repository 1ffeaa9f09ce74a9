"""Run every benchmark in a fresh process and write RESULTS.md: `make bench`, `python -m benchmarks loop`."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "RESULTS.md"
FIGURES = HERE / "results.json"
TITLES = {
    "ingest": "Ad insights over HTTP into Delta, beside dlt",
    "upsert": "Upsert into a large table, beside a bare Delta merge",
    "attribution": "Attribution of path tables, beside ChannelAttribution and marketing-attribution-models",
    "truth": "Orders credited to the wrong channel, in markets whose truth is known",
    "loop": "The whole loop, from an empty home",
    "day": "What commands cost on a home at rest",
    "build": "Building the marts: whole, after one more day, with nothing changed",
    "identity": "Persons among records with errors, beside splink",
    "market": "Generating the simulated market",
    "paths": "From raw touches to attribution by ad, beside JVM Spark",
}


def run(name: str) -> dict:
    """Run one benchmark; return its figures, the command and when it ran."""
    command = [sys.executable, str(HERE / f"bench_{name}.py")]
    done = subprocess.run(command, cwd=HERE.parent, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name} failed: {done.stderr[-800:]}")
    try:
        figures = json.loads(done.stdout)
    except json.JSONDecodeError:
        figures = {"rows": [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]}
    ran = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return {"command": f"python benchmarks/bench_{name}.py", "ran": ran, "figures": figures}


def table(rows: list[dict]) -> str:
    """Return rows as a Markdown table with the union of their columns."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    lines += ["| " + " | ".join(cell(row.get(name)) for name in names) + " |" for row in rows]
    return "\n".join(lines)


def cell(value: object) -> str:
    """Return a figure as a reader wants it."""
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def write(results: dict[str, dict]) -> None:
    """Write RESULTS.md from all figures there are."""
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    advice = "Ratios are of one run on one machine; compare those, not the seconds."
    parts = ["# Measured", f"On {machine}. {advice} `make bench` repeats everything."]
    for name, title in TITLES.items():
        if name not in results:
            continue
        result = results[name]
        figures = result["figures"]
        parts.append(f"## {title}\n\n`{result['command']}`, {result['ran']}.")
        flat = {key: value for key, value in figures.items() if not isinstance(value, list)}
        if flat:
            parts.append(table([flat]))
        for key, rows in figures.items():
            if isinstance(rows, list):
                parts.append((f"**{key}**\n\n" if len(figures) > 1 else "") + table(rows))
    RESULTS.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def main() -> None:
    """Run the named benchmarks, all by default, and write what is known of every one."""
    results = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    for name in sys.argv[1:] or TITLES:
        print(f"{name} …", flush=True)
        results[name] = run(name)
        FIGURES.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        write(results)


if __name__ == "__main__":
    main()
