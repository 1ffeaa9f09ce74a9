"""Dagster's own home: telemetry off, runs and schedules kept in our Postgres."""

from __future__ import annotations

from pathlib import Path

from core.settings import Settings

# One pool a vendor keeps runs from asking the same vendor at once; the connection paces the rest.
INSTANCE = """\
telemetry:
  enabled: false
storage:
  postgres:
    postgres_url:
      env: SPREADERS_DAGSTER_URL
concurrency:
  pools:
    default_limit: 1
    granularity: op
run_coordinator:
  module: dagster.core.run_coordinator
  class: QueuedRunCoordinator
  config:
    max_concurrent_runs: 2
"""


def write_dagster_home(settings: Settings) -> Path:
    """Write `dagster.yaml` under the home folder and return DAGSTER_HOME."""
    home = settings.home / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    (home / "dagster.yaml").write_text(INSTANCE, encoding="utf-8")
    return home
