"""Assets are produced, not written: one for every stream of every channel, one step a channel."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import dagster as dg

from channels.contract import Channel, Stream
from ingestion.ledger import LoadResult
from ingestion.runner import ACCOUNT_STREAM
from orchestration.platform import Platform

# Hourly loads: three missed are a warning, a day of them a failure.
FRESHNESS = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=26), warn_window=timedelta(hours=4))
NOTHING_LOST = "received_equals_loaded_plus_quarantined"
COUNTS = ("received", "loaded", "new", "changed", "deleted", "quarantined")


def stream_assets(channel: Channel, *, is_connected: bool) -> dg.AssetsDefinition:
    """Return the assets `[channel, stream]` of a channel, each with a check that nothing was lost.

    Any of them can be loaded alone; asked for together they share one connection and one list of
    accounts. A stream that fails does not stop the others. Only a connected channel's can be late.
    """
    freshness = FRESHNESS if is_connected else None
    account = _spec(channel, ACCOUNT_STREAM, freshness, deps=[], description=f"{channel.title} accounts.")
    own = [
        _spec(
            channel,
            stream.name,
            freshness,
            deps=[ACCOUNT_STREAM, *([stream.per] if stream.per else [])],
            description=_describe(channel, stream),
        )
        for stream in channel.streams
    ]
    checks = [dg.AssetCheckSpec(NOTHING_LOST, asset=spec.key, blocking=True) for spec in (account, *own)]

    # One pool a vendor: it is asked by one step at a time, whoever started the run.
    @dg.multi_asset(
        specs=[account, *own],
        check_specs=checks,
        name=channel.name,
        group_name=channel.name,
        pool=f"vendor_{channel.name}",
        can_subset=True,
    )
    def load(context: dg.AssetExecutionContext, platform: Platform) -> Iterator[Any]:
        wanted = {key.path[-1] for key in context.selected_asset_keys}
        results = platform.load(channel, sorted(wanted - {ACCOUNT_STREAM}))
        yield from tell(channel, [result for result in results if result.stream in wanted])

    return load


def stream_key(channel: Channel, stream: str) -> dg.AssetKey:
    """Return the key of a stream's asset."""
    return dg.AssetKey([channel.name, stream])


def tell(channel: Channel, results: Sequence[LoadResult]) -> Iterator[Any]:
    """Yield what became of each stream: its counts and its check; raise at the end for those that failed.

    Raises:
        Failure: naming every account and stream that failed, and why.
    """
    failed = [result for result in results if result.error]
    broken = {result.stream for result in failed}
    for name in dict.fromkeys(result.stream for result in results if result.stream not in broken):
        own = [result for result in results if result.stream == name]
        lost = {r.account_id: r.received - r.loaded - r.quarantined for r in own}
        yield dg.MaterializeResult(
            asset_key=stream_key(channel, name),
            metadata={count: sum(getattr(result, count) for result in own) for count in COUNTS},
            check_results=[
                dg.AssetCheckResult(
                    asset_key=stream_key(channel, name),
                    check_name=NOTHING_LOST,
                    passed=not any(lost.values()),
                    metadata={"lost_by_account": lost},
                )
            ],
        )
    if failed:
        raise dg.Failure("; ".join(f"{r.account_id} {r.stream}: {r.error}" for r in failed))


def _spec(
    channel: Channel,
    name: str,
    freshness: dg.FreshnessPolicy | None,
    *,
    deps: Sequence[str],
    description: str,
) -> dg.AssetSpec:
    return dg.AssetSpec(
        stream_key(channel, name),
        deps=[stream_key(channel, dep) for dep in deps],
        description=description,
        freshness_policy=freshness,
        skippable=True,
        kinds={"deltalake", "polars"},
    )


def _describe(channel: Channel, stream: Stream) -> str:
    tables = ", ".join(stream.silver) or "bronze only"
    return f"{channel.title} {stream.name} -> {tables}; {reading_of(stream)}."


def reading_of(stream: Stream) -> str:
    """Return how a stream is read again, in words."""
    return {
        "window": f"the trailing {stream.reread_days} days are read again each time",
        "changes": "read from the last change on",
        "snapshot": "the whole list is read each time",
    }[stream.reading]
