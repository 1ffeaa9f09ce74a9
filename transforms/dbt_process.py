"""The process that runs dbt: one command each, started early where it is known that it will be wanted."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from core.errors import ProviderNotConfigured, SpreadersError
from core.process import SAFE_PATH, python_command
from transforms import run_dbt

BUILD_SECONDS = 1800
QUIET = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DBT_USE_COLORS": "false", "DO_NOT_TRACK": "1"}


class BuildFailed(SpreadersError):
    """The models could not be built; the message names the first thing to mend."""


class DbtProcess:
    """A dbt of its own process, for one command: two in one process share globals and are not safe.

    `start` begins it early: it needs seconds to load, meanwhile other work goes on here. As a context manager
    it is stopped at the end, whether it was asked or not.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = dict(variables)
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> subprocess.Popen[str]:
        """Start the process unless it runs.

        Raises:
            ProviderNotConfigured: it cannot be started.
        """
        if self._process is None:
            try:
                self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
                    python_command(run_dbt.__name__),
                    env=os.environ | SAFE_PATH | QUIET | self._variables,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            except OSError as error:
                raise ProviderNotConfigured(f"dbt could not be started: {error}.") from error
        return self._process

    def run(
        self, command: Sequence[str], results: Path = Path(os.devnull)
    ) -> subprocess.CompletedProcess[str]:
        """Run the command and return how it ended; the results of its nodes are in the file.

        Raises:
            BuildFailed: it took longer than half an hour.
        """
        process = self.start()
        try:
            said = process.communicate(json.dumps([str(results), list(command)]) + "\n", BUILD_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise BuildFailed(f"The models were not built within {BUILD_SECONDS} seconds.") from error
        return subprocess.CompletedProcess(process.args, process.returncode, *said)

    def close(self) -> None:
        """Stop the process."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
