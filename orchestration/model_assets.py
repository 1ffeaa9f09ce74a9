"""The published tables and the dbt models as assets, downstream of the streams that feed them."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, dbt_assets

from channels.contract import Channel
from lake.publish import publish
from lake.published import SOURCES
from orchestration.platform import Platform
from transforms.build import PROJECT

LAKE = "lake"


class Translator(DagsterDbtTranslator):
    """Groups dbt's models by their layer; its sources `[lake, table]` are the tables we publish."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Return the layer: staging, intermediate or marts."""
        layer: str | None = dbt_resource_props.get("config", {}).get("schema")
        return layer or "models"


def published_tables(channels: Sequence[Channel]) -> dg.AssetsDefinition:
    """Return one asset a published table, downstream of the streams that feed it."""
    feeds: dict[str, list[dg.AssetKey]] = {source.table: [] for source in SOURCES}
    for channel in channels:
        for stream in channel.streams:
            for table in stream.silver:
                feeds[table].append(dg.AssetKey([channel.name, stream.name]))
    specs = [dg.AssetSpec([LAKE, table], deps=deps, kinds={"postgres"}) for table, deps in feeds.items()]

    @dg.multi_asset(specs=specs, name="published", group_name=LAKE)
    def published(platform: Platform) -> Iterator[Any]:
        """Copy every changed partition of the lake's tables into the warehouse."""
        with platform.open() as services:
            for table in publish(services.lake, services.warehouse, services.settings.workspace):
                yield dg.MaterializeResult(asset_key=[LAKE, table.table], metadata={"rows": table.rows})

    return published


def model_assets(manifest: Path) -> dg.AssetsDefinition:
    """Return one asset a model and one check a dbt test, from dbt's own manifest."""

    @dbt_assets(manifest=manifest, dagster_dbt_translator=Translator(), name="models")
    def models(context: dg.AssetExecutionContext, platform: Platform, dbt: DbtCliResource) -> Iterator[Any]:
        with platform.open() as services:
            os.environ.update(services.warehouse.dbt_env())
            yield from dbt.cli(["build"], context=context).stream()

    return models


def dbt_resource() -> DbtCliResource:
    """Return dbt as Dagster runs it: our project, our profile, the dbt beside this interpreter."""
    executable = Path(sys.executable).with_name("dbt")
    return DbtCliResource(project_dir=str(PROJECT), profiles_dir=str(PROJECT), dbt_executable=str(executable))
