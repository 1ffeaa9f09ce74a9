"""The one Dagster resource: settings from the environment, the lake, vendors and warehouse on demand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import dagster as dg

from actions.clock import clock_for
from actions.services import Services, open_services
from channels.contract import Channel
from core.settings import Settings
from ingestion.ledger import LoadResult
from lake.delta import Lake
from orchestration.attach import history_days
from orchestration.building import building
from orchestration.loop import load_streams
from transforms.spark.job import Job
from transforms.spark.run import Done, run_jobs


class Platform(dg.ConfigurableResource):  # type: ignore[type-arg]
    """What assets do their work with, on the home the environment names."""

    def load(self, channel: Channel, streams: Sequence[str]) -> list[LoadResult]:
        """Load the accounts of a channel and these of its streams; needs no warehouse."""
        settings = Settings()
        return load_streams(
            settings,
            Lake(settings.lake_path),
            clock_for(settings),
            channel,
            days=history_days(settings),
            streams=streams,
        )

    def run_job(self, job: Job) -> Done:
        """Run one Spark job in a session of its own; needs no warehouse."""
        settings = Settings()
        with building(settings.home):
            [done] = run_jobs(settings, Lake(settings.lake_path), clock_for(settings).now(), [job])
        return done

    @contextmanager
    def open(self) -> Iterator[Services]:
        """Yield open services; closed when the step ends."""
        settings = Settings()
        with open_services(settings, clock_for(settings)) as services:
            yield services

    @contextmanager
    def build(self) -> Iterator[Services]:
        """Yield open services while no other process builds on this home."""
        with building(Settings().home), self.open() as services:
            yield services
