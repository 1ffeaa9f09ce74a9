"""Runs one dbt command: `python -m transforms.run_dbt <results file> <command>...`."""

from __future__ import annotations

import gc
import sys

FAILED, CRASHED = 1, 2


def main(results: str, command: list[str]) -> int:
    """Run dbt, write the results of its nodes as JSON and return dbt's exit code.

    0: all is well; 1: it told failures one by one; 2: it came to no end.
    """
    # A dbt lives for seconds: looking for garbage among its many objects takes longer than it frees.
    gc.disable()
    from dbt.artifacts.schemas.run import RunExecutionResult
    from dbt.cli.main import dbtRunner

    done = dbtRunner().invoke(command)
    if isinstance(done.result, RunExecutionResult):
        # dbt itself writes them only with the whole manifest, which takes longer than many a model.
        done.result.write(results)
    # Nor at the end: the process goes, and all of them with it.
    gc.freeze()
    return 0 if done.success else CRASHED if done.exception else FAILED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
