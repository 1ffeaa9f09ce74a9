"""Assets are produced, not written: one for every declared stream of every channel."""

from collections.abc import Sequence
from datetime import timedelta

import dagster as dg

from channels.contract import Channel, Stream
from core.errors import SpreadersError
from ingestion.ledger import LoadResult
from orchestration.loop import DEFAULT_DAYS, load_streams
from orchestration.platform import Platform

# Hourly loads: three missed are a warning, a day of them a failure.
FRESHNESS = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=26), warn_window=timedelta(hours=4))
NOTHING_LOST = "received_equals_loaded_plus_quarantined"


def stream_assets(channels: Sequence[Channel]) -> list[dg.AssetsDefinition]:
    """Return an asset `[channel, stream]` for every stream of the channels."""
    return [_asset(channel, stream) for channel in channels for stream in channel.streams]


def _asset(channel: Channel, stream: Stream) -> dg.AssetsDefinition:
    key = dg.AssetKey([channel.name, stream.name])

    @dg.asset(
        key=key,
        group_name=channel.name,
        deps=[dg.AssetKey([channel.name, stream.per])] if stream.per else [],
        pool=f"vendor_{channel.name}",
        description=_describe(channel, stream),
        freshness_policy=FRESHNESS,
        kinds={"deltalake", "polars"},
        check_specs=[dg.AssetCheckSpec(NOTHING_LOST, asset=key, blocking=True)],
    )
    def load(platform: Platform) -> dg.MaterializeResult:  # type: ignore[type-arg]
        with platform.open() as services:
            results = load_streams(services, channel, days=DEFAULT_DAYS, streams=[stream.name])
        return _told(results)

    return load


def _told(results: Sequence[LoadResult]) -> dg.MaterializeResult:  # type: ignore[type-arg]
    failed = [f"{result.account_id}: {result.error}" for result in results if result.error]
    if failed:
        raise SpreadersError("; ".join(failed))
    counts = {
        name: sum(getattr(result, name) for result in results)
        for name in ("received", "loaded", "new", "changed", "deleted", "quarantined")
    }
    lost = counts["received"] - counts["loaded"] - counts["quarantined"]
    check = dg.AssetCheckResult(check_name=NOTHING_LOST, passed=lost == 0, metadata={"lost": lost})
    return dg.MaterializeResult(metadata=counts, check_results=[check])


def _describe(channel: Channel, stream: Stream) -> str:
    reading = {
        "window": f"the trailing {stream.reread_days} days are read again each time",
        "changes": "read from the last change on",
        "snapshot": "the whole list is read each time",
    }[stream.reading]
    tables = ", ".join(stream.silver) or "bronze only"
    return f"{channel.title} {stream.name} -> {tables}; {reading}."
