"""Loads the test vendor into a folder in a process of its own; prints `ready` before it starts."""

from __future__ import annotations

import sys
from pathlib import Path

from ingestion import runner
from lake.delta import Lake
from tests.ingestion.vendor import KEY, WORKSPACE, clock, filled, make_channel


def main() -> int:
    folder, batch = Path(sys.argv[1]), int(sys.argv[2])
    accounts = tuple(sys.argv[3:]) or ("acc1",)
    # Many commits, so that a kill can fall between any two of them.
    runner.BATCH = runner.LARGEST_BATCH = batch
    channel = make_channel(filled(accounts=accounts))
    print("ready", flush=True)
    results = runner.load_channel(
        Lake(folder), channel, None, workspace=WORKSPACE, clock=clock(), days=60, hash_key=KEY
    )
    for result in results:
        if result.error:
            print(result.error, flush=True)
    return int(any(result.error for result in results))


if __name__ == "__main__":
    sys.exit(main())
