"""The asset graph from vendor to mart, with its jobs and schedules: what Dagster loads."""

import dagster as dg

from channels.catalog import discover
from core.settings import Settings
from core.time import SystemClock
from ingestion.collector.spool import Spool
from ingestion.collector.stream import make_site_channel
from orchestration.model_assets import dbt_resource, model_assets, published_tables
from orchestration.platform import Platform
from orchestration.stream_assets import stream_assets
from transforms.build import manifest_of

NIGHTLY = "15 3 * * *"
HOURLY = "5 * * * *"


def build_definitions(settings: Settings) -> dg.Definitions:
    """Return the definitions of one home; parses the dbt project when its manifest is older than it."""
    # The graph needs the site's shape only; a step opens the real spool.
    site = make_site_channel(Spool(settings.collector_path, b"", SystemClock()), settings.workspace)
    channels = [*discover().values(), site]
    streams = stream_assets(channels)
    tables = published_tables(channels)
    models = model_assets(manifest_of(settings.home))
    increments = dg.define_asset_job("hourly_increments", dg.AssetSelection.assets(*streams))
    nightly = dg.define_asset_job(
        "nightly_models", dg.AssetSelection.assets(tables) | dg.AssetSelection.assets(models)
    )
    whole = dg.define_asset_job("whole_loop", dg.AssetSelection.all())
    return dg.Definitions(
        assets=[*streams, tables, models],
        jobs=[increments, nightly, whole],
        schedules=[
            dg.ScheduleDefinition(job=increments, cron_schedule=HOURLY),
            dg.ScheduleDefinition(job=nightly, cron_schedule=NIGHTLY, execution_timezone=settings.timezone),
        ],
        resources={"platform": Platform(), "dbt": dbt_resource()},
    )


defs = build_definitions(Settings())
