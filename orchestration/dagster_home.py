"""Dagster beside the API: its home, runs and schedules in our Postgres, and its three processes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from core.files import write_atomic
from core.process import python_command
from core.settings import Settings
from orchestration.processes import Processes, free_port, is_listening

MODULE = "orchestration.definitions"
LOCAL = "127.0.0.1"
LATE_SECONDS = 120.0
# One pool a vendor keeps runs from asking the same vendor at once; the connection paces the rest.
INSTANCE = """\
telemetry:
  enabled: false
freshness:
  enabled: true
storage:
  postgres:
    postgres_url:
      env: SPREADERS_DAGSTER_URL
concurrency:
  pools:
    default_limit: 1
    granularity: op
  runs:
    max_concurrent_runs: 2
run_monitoring:
  enabled: true
"""
# One process holds the definitions; web server and daemon both ask it.
WORKSPACE = """\
load_from:
  - grpc_server:
      host: {host}
      port: {port}
      location_name: spreaders
"""


def write_dagster_home(settings: Settings, *, code_port: int) -> Path:
    """Write `dagster.yaml` and `workspace.yaml` under the home folder and return DAGSTER_HOME."""
    home = settings.home / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    write_atomic(home / "dagster.yaml", INSTANCE)
    workspace = WORKSPACE.format(host=LOCAL, port=code_port)
    write_atomic(home / "workspace.yaml", workspace)
    return home


def start_dagster(processes: Processes, database_url: str, tell: Callable[[str], None]) -> Iterator[None]:
    """Start definitions, web server and daemon, each when the one before answers.

    Yields while it waits, however long; a process that is late is told once and waited for.
    """
    settings = processes.settings
    port = free_port(LOCAL)
    home = write_dagster_home(settings, code_port=port)
    # Dagster's NOTIFY binds on the client's side, which psycopg 3, the default of SQLAlchemy, does not.
    storage = database_url.replace("postgresql://", "postgresql+psycopg2://", 1)
    env = {"DAGSTER_HOME": str(home), "SPREADERS_DAGSTER_URL": storage}
    workspace = ["-w", str(home / "workspace.yaml")]

    definitions = ["code-server", "start", "-m", MODULE, "-h", LOCAL, "-p", str(port)]
    definitions += ["--use-python-environment-entry-point", "--working-directory", str(home)]
    processes.start("dagster-code", python_command("dagster", *definitions), env)
    yield from _late("dagster-code", lambda: is_listening(port), processes, tell)

    # It has no sign-in, so only this machine reaches it.
    web = python_command(
        "orchestration.dagster_web", "-h", LOCAL, "-p", str(settings.dagster_port), *workspace
    )
    processes.start("dagster", web, env)
    page = f"http://{LOCAL}:{settings.dagster_port}/server_info"
    yield from _late("dagster", lambda: processes.is_answering(page), processes, tell)

    # Last: web server and daemon would both make the tables of a new home.
    processes.start("dagster-daemon", python_command("dagster._daemon", "run", *workspace), env)


def _late(
    name: str, is_ready: Callable[[], bool], processes: Processes, tell: Callable[[str], None]
) -> Iterator[None]:
    deadline = time.monotonic() + LATE_SECONDS
    while not is_ready():
        if time.monotonic() > deadline:
            tell(
                f"{name} is late: no answer after {LATE_SECONDS:.0f} s, see {processes.log_of(name)}; "
                "app and API work, schedules wait for it."
            )
            deadline = math.inf
        yield
