"""Runs Spark jobs one after the other in one session, each on what the ones before it wrote."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.settings import Settings
from lake.delta import Lake
from transforms.spark.job import Job, Work
from transforms.spark.jobs import JOBS
from transforms.spark.session import open_session
from transforms.spark.tables import Tables


@dataclass(frozen=True, slots=True)
class Done:
    """What one job did: its seconds, and the rows its tables now have for the workspace."""

    name: str
    seconds: float
    rows: Mapping[str, int]


def run_jobs(settings: Settings, lake: Lake, now_at: datetime, jobs: Sequence[Job] = JOBS) -> Iterator[Done]:
    """Run the jobs in their order for the settings' workspace; yield one after each.

    Raises:
        ProviderNotConfigured: the Spark engine cannot start or be reached.
    """
    with open_session(settings) as spark:
        work = Work(
            Tables(spark, lake, settings.workspace),
            now_at,
            tuple(settings.attribution_windows),
            settings.attribution_half_life_days,
            settings.markov_order,
        )
        for job in jobs:
            started = time.perf_counter()
            job.run(work)
            seconds = round(time.perf_counter() - started, 3)
            yield Done(
                job.name, seconds, {name: lake.count("gold", name, settings.workspace) for name in job.writes}
            )
