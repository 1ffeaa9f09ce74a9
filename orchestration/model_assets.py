"""The published tables and the dbt models as assets, downstream of the streams that feed them."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, dbt_assets

from channels.contract import Channel
from ingestion.runner import ACCOUNT_STREAM
from lake.gold import GOLD
from lake.publish import publish
from lake.published import SOURCES
from lake.schemas import SILVER
from orchestration.platform import Platform
from orchestration.quality import open_checks
from orchestration.quality_assets import CHECKED, lake_specs, tell_verdicts
from orchestration.stream_assets import stream_key
from transforms.build import PROJECT

LAKE = "lake"
# One run at a time changes the warehouse.
POOL = "warehouse"


class Translator(DagsterDbtTranslator):
    """Groups dbt's models by their layer; its sources `[lake, table]` are the tables we publish."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Return the layer: staging, intermediate or marts."""
        layer: str | None = dbt_resource_props.get("config", {}).get("schema")
        return layer or "models"


def published_tables(channels: Sequence[Channel]) -> dg.AssetsDefinition:
    """Return one asset a published table, all made by one step downstream of the streams that feed them."""
    specs = [
        dg.AssetSpec([LAKE, source.table], deps=feeds_of(source.table, channels), kinds={"postgres"})
        for source in SOURCES
    ]

    checked = lake_specs(LAKE)

    @dg.multi_asset(specs=specs, check_specs=checked, name="published", group_name=LAKE, pool=POOL)
    def published(platform: Platform) -> Iterator[Any]:
        """Copy every changed partition of the lake's tables into the warehouse, and check them there."""
        with platform.build() as services, open_checks(services) as checks:
            tables = publish(services.lake, services.warehouse, services.settings.workspace)
            found = checks.check_lake()
        for table in tables:
            metadata = {"rows": table.rows, "removed": table.removed, "seconds": table.seconds}
            yield dg.MaterializeResult(asset_key=[LAKE, table.table], metadata=metadata)
        yield from tell_verdicts(found, LAKE, CHECKED)

    return published


def feeds_of(table: str, channels: Sequence[Channel]) -> list[dg.AssetKey]:
    """Return the streams whose loads write a table, or the job's own table.

    Each load leaves its counts and what it found odd.
    """
    if table in GOLD:
        return [dg.AssetKey(["gold", table])]
    if table == ACCOUNT_STREAM:
        return [stream_key(channel, ACCOUNT_STREAM) for channel in channels]
    return [
        stream_key(channel, stream.name)
        for channel in channels
        for stream in channel.streams
        if table in stream.silver or table not in SILVER
    ]


def model_assets(manifest: Path) -> dg.AssetsDefinition:
    """Return one asset a model and one check a dbt test, from dbt's own manifest."""

    @dbt_assets(manifest=manifest, dagster_dbt_translator=Translator(), name="models", pool=POOL)
    def models(context: dg.AssetExecutionContext, platform: Platform, dbt: DbtCliResource) -> Iterator[Any]:
        with platform.build() as services:
            settings = services.settings
            os.environ.update(services.warehouse.dbt_env())
            os.environ["SPREADERS_REPORTING_CURRENCY"] = settings.reporting_currency
            # Unit tests try the models on made-up rows; they say nothing about tonight's.
            command = ["build", "--exclude-resource-type", "unit_test"]
            target = settings.home / "dbt" / "scheduled"
            yield from dbt.cli(command, context=context, target_path=target).stream()

    return models


def dbt_resource() -> DbtCliResource:
    """Return dbt as Dagster runs it: our project, our profile, the dbt beside this interpreter."""
    executable = Path(sys.executable).with_name("dbt")
    return DbtCliResource(project_dir=str(PROJECT), profiles_dir=str(PROJECT), dbt_executable=str(executable))
