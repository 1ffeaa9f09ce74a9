"""The checking process from outside: started early, asked a batch of jobs at a time, stopped at the end."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol, Self
from uuid import UUID

from core.errors import SpreadersError
from core.process import SAFE_PATH, python_command
from lake.quality.result import Layer, Result, as_result
from lake.quality.rule import Rule

CHECK_SECONDS = 600.0
STOP_SECONDS = 10


class Database(Protocol):
    """What checking needs of the warehouse."""

    def reader_env(self, workspace: UUID | str) -> dict[str, str]:
        """Return where one workspace's rows are read, as environment variables."""


class ChecksFailed(SpreadersError):
    """The checks could not be made, so nothing is known of the data; the log says why."""


@dataclass(frozen=True, slots=True)
class Job:
    """Rows to hold to rules: those of an SQL query, or a few rows measured already.

    `keys` are the columns that name a row; with them the rows that break a critical rule are listed.
    """

    layer: Layer
    table: str
    rules: tuple[Rule, ...]
    query: str | None = None
    rows: tuple[Mapping[str, Any], ...] = ()
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule's result and, where rows were asked for and a critical rule is broken, their keys."""

    result: Result
    rule: Rule
    keys: tuple[tuple[str, ...], ...] = ()


class Checker:
    """A checking process; as a context manager it is stopped at the end.

    `start` begins it early: it needs seconds to load its library, meanwhile other work goes on here. The
    first jobs start it otherwise; without any it never is.
    """

    def __init__(self, warehouse: Database, workspace: UUID | str, log: Path) -> None:
        self.log = log
        self._warehouse, self._workspace = warehouse, workspace
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> subprocess.Popen[str]:
        """Start the process unless it runs."""
        if self._process is None:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            reader = self._warehouse.reader_env(self._workspace)
            with self.log.open("w", encoding="utf-8") as log:
                self._process = subprocess.Popen(  # noqa: S603 - our own module
                    python_command("transforms.quality.worker"),
                    env=os.environ | SAFE_PATH | reader | {"GX_ANALYTICS_ENABLED": "false"},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                    encoding="utf-8",
                )
        return self._process

    def check(self, jobs: Sequence[Job]) -> list[Finding]:
        """Return every rule's finding, job by job.

        Raises:
            ChecksFailed: the process died, took longer than ten minutes, or a rule names a column
                that is not there.
        """
        if not jobs:
            return []
        asked = [
            {
                "rules": [rule.as_dict() for rule in job.rules],
                "keys": job.keys,
                **({"query": job.query} if job.query else {"rows": job.rows}),
            }
            for job in jobs
        ]
        answer = self._ask(json.dumps(asked, default=str))
        findings = []
        for job, told in zip(jobs, answer, strict=True):
            rules = {rule.name: rule for rule in job.rules}
            for one in told:
                rule = rules[one["rule"]]
                result = as_result(
                    job.layer,
                    job.table,
                    rule,
                    rows=one["rows"],
                    failing=one["failing"],
                    examples=one["examples"],
                )
                findings.append(Finding(result, rule, tuple(map(tuple, one["keys"]))))
        return findings

    def _ask(self, line: str) -> list[list[dict[str, Any]]]:
        process = self.start()
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - both are pipes
        deadline = threading.Timer(CHECK_SECONDS, process.kill)
        deadline.start()
        try:
            process.stdin.write(line + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        finally:
            deadline.cancel()
        if not answer:
            process.wait(STOP_SECONDS)
            raise ChecksFailed(
                f"The checks could not be made, so nothing is known of the data; {self.log} says why.",
                reason=_last_line(self.log),
            )
        found: list[list[dict[str, Any]]] = json.loads(answer)
        return found

    def close(self) -> None:
        """Stop the process."""
        process = self._process
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None and not pipe.closed:
                _close(pipe)
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _close(pipe: IO[str]) -> None:
    try:
        pipe.close()
    except BrokenPipeError:
        return  # it ended before we did


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1][:300] if lines else "the process ended without a word"
