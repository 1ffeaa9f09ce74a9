"""The Spark jobs as assets: the gold tables one job writes, downstream of what it reads."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from channels.contract import Channel
from orchestration.audiences import copy_audiences
from orchestration.model_assets import feeds_of
from orchestration.platform import Platform
from transforms.identity.reviewed import carry_decisions
from transforms.spark.job import Job
from transforms.spark.jobs import JOBS

GOLD = "gold"
DEFINITIONS = "audience_definition"
# One engine at a time: each takes all cores.
POOL = "spark"


def gold_assets(channels: Sequence[Channel]) -> list[dg.AssetsDefinition]:
    """Return one definition a job, with an asset `[gold, table]` for each table it writes."""
    return [audience_definition, *(job_assets(job, channels) for job in JOBS)]


@dg.asset(key=[GOLD, DEFINITIONS], group_name=GOLD, kinds={"postgres", "deltalake"})
def audience_definition(platform: Platform) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Copy what people decided about audiences, and about matched records, into the lake."""
    with platform.build() as services:
        now_at = services.clock.now()
        carry_decisions(services.lake, services.warehouse, services.settings.workspace, now_at)
        return dg.MaterializeResult(metadata={"rows": copy_audiences(services)})


def job_assets(job: Job, channels: Sequence[Channel]) -> dg.AssetsDefinition:
    """Return the assets of one job; made together, in a session of their own."""
    deps = [key for name in job.reads for key in reads_of(name, channels)]
    specs = [dg.AssetSpec([GOLD, table], deps=deps, kinds={"spark", "deltalake"}) for table in job.writes]

    @dg.multi_asset(specs=specs, name=f"spark_{job.name}", group_name=GOLD, pool=POOL)
    def run(platform: Platform) -> Iterator[Any]:
        done = platform.run_job(job)
        for table, rows in done.rows.items():
            metadata = {"rows": rows, "seconds": done.seconds}
            yield dg.MaterializeResult(asset_key=[GOLD, table], metadata=metadata)

    return run


def reads_of(name: str, channels: Sequence[Channel]) -> list[dg.AssetKey]:
    """Return the assets behind a table a job reads, `<layer>.<name>`."""
    layer, table = name.split(".")
    return [dg.AssetKey([GOLD, table])] if layer == GOLD else feeds_of(table, channels)
