"""The asset graph from vendor to mart, with its jobs and schedules: what Dagster loads."""

import dagster as dg

from core.settings import Settings
from orchestration.alert_asset import alert_asset
from orchestration.gold_assets import gold_assets
from orchestration.loop import declared_channels, is_connected
from orchestration.model_assets import dbt_resource, model_assets, published_tables
from orchestration.platform import Platform
from orchestration.quality_assets import mart_checks
from orchestration.stream_assets import stream_assets
from orchestration.upkeep import lake_upkeep
from transforms.build import manifest_of

NIGHTLY = "15 3 * * *"
HOURLY = "5 * * * *"
RUNNING = dg.DefaultScheduleStatus.RUNNING
# Steps are forked from a process that has loaded this module once: importing it costs seconds.
EXECUTOR = dg.multiprocess_executor.configured(
    {"max_concurrent": 3, "start_method": {"forkserver": {"preload_modules": [__name__]}}}
)


def build_definitions(settings: Settings) -> dg.Definitions:
    """Return the definitions of one home; parses the dbt project when its manifest is older than it.

    Every channel is in the graph; the jobs load the connected ones.
    """
    channels = declared_channels(settings)
    streams = {c.name: stream_assets(c, is_connected=is_connected(c, settings)) for c in channels}
    gold, tables = gold_assets(channels), published_tables(channels)
    models = model_assets(manifest_of(settings.home))
    loads = dg.AssetSelection.assets(*(streams[c.name] for c in channels if is_connected(c, settings)))
    alerts = alert_asset(models)
    builds = dg.AssetSelection.assets(*gold, tables, models, alerts)
    assets = [*streams.values(), *gold, tables, models, alerts, lake_upkeep]
    upkeep = dg.AssetSelection.assets(lake_upkeep)
    increments = dg.define_asset_job("hourly_increments", loads)
    nightly = dg.define_asset_job("nightly_models", builds | upkeep)
    return dg.Definitions(
        assets=assets,
        asset_checks=[mart_checks()],
        jobs=[increments, nightly, dg.define_asset_job("whole_loop", loads | builds)],
        schedules=[
            dg.ScheduleDefinition(job=increments, cron_schedule=HOURLY, default_status=RUNNING),
            dg.ScheduleDefinition(
                job=nightly,
                cron_schedule=NIGHTLY,
                execution_timezone=settings.timezone,
                default_status=RUNNING,
            ),
        ],
        resources={"platform": Platform(), "dbt": dbt_resource()},
        executor=EXECUTOR,
    )


defs = build_definitions(Settings())
