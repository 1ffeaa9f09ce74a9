"""Runs one dbt command: `python -m transforms.run_dbt`, told as a line of JSON.

dbt loads while the line is not there yet: whoever will want it starts it early.
"""

from __future__ import annotations

import gc
import json
import sys
from importlib import import_module
from typing import TextIO

FAILED, CRASHED = 1, 2


def main(asked: TextIO) -> int:
    """Load dbt, read what is asked (`[results file, command]`), run it and return dbt's exit code.

    The results of its nodes are written as JSON. 0: all is well, or nothing was asked; 1: it told failures
    one by one; 2: it came to no end.
    """
    # A dbt lives for seconds: looking for garbage among its many objects takes longer than it frees.
    gc.disable()
    from dbt.artifacts.schemas.run import RunExecutionResult
    from dbt.cli.main import dbtRunner

    import_module("dbt.adapters.postgres")
    line = asked.readline()
    if not line:
        return 0
    results, command = json.loads(line)
    done = dbtRunner().invoke(command)
    if isinstance(done.result, RunExecutionResult):
        # dbt itself writes them only with the whole manifest, which takes longer than many a model.
        done.result.write(results)
    # Nor at the end: the process goes, and all of them with it.
    gc.freeze()
    return 0 if done.success else CRASHED if done.exception else FAILED


if __name__ == "__main__":
    sys.exit(main(sys.stdin))
