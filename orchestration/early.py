"""What a build needs besides this process: the one that checks and the one that runs dbt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from actions.services import Services
from orchestration.quality import Checks, open_checks
from transforms.build import open_dbt
from transforms.dbt_process import DbtProcess


@dataclass(frozen=True, slots=True)
class Helpers:
    """The two processes of a build; each is started when it is first asked, or early by `start`."""

    checks: Checks
    dbt: DbtProcess

    def start(self) -> None:
        """Load both while other work goes on here: each needs seconds for its library."""
        self.checks.checker.start()
        self.dbt.start()


@contextmanager
def open_helpers(services: Services) -> Iterator[Helpers]:
    """Yield the processes of one build, not started yet; they are stopped at the end."""
    settings = services.settings
    dbt = open_dbt(services.warehouse, home=settings.home, reporting_currency=settings.reporting_currency)
    with open_checks(services) as checks, dbt:
        yield Helpers(checks, dbt)
