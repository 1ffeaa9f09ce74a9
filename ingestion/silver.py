"""Silver follows bronze: write a batch's rows, and catch up with batches a crash left behind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import polars as pl

from channels.contract import Account, Stream
from core.time import Days
from ingestion.checkpoints import Place
from ingestion.rows import make_rows
from ingestion.versions import months_of
from lake.asof import select_versions
from lake.delta import Lake
from lake.merge import Change, apply_change

# A row's day may differ from its record's by a zone, never by more.
SLACK = timedelta(days=1)


def write_silver(
    lake: Lake,
    place: Place,
    stream: Stream,
    made: Mapping[str, pl.DataFrame],
    *,
    origin: pl.DataFrame,
    replaced: pl.DataFrame,
    seq: int,
) -> None:
    """Bring every silver table of the stream to batch `seq`.

    Args:
        lake: The lake.
        place: Whose rows.
        stream: The stream.
        made: Per table, the rows of new and changed records.
        origin: `record_key`, `load_id`, `loaded_at` of those records.
        replaced: `record_key`, `day_on` of records that may have rows already: changed or gone.
        seq: Number of the batch.
    """
    for name in stream.silver:
        rows = made[name].join(origin, on="record_key", how="left", maintain_order="left")
        months = _months(replaced["day_on"]) if stream.reading == "window" else None
        change = Change(
            place.workspace,
            place.channel,
            place.account_id,
            place.stream,
            rows,
            replaced["record_key"],
            months,
        )
        apply_change(lake, name, change, {place.mark("silver"): seq})


def _months(days: pl.Series) -> list[str] | None:
    first, last = days.min(), days.max()
    if days.null_count() or not isinstance(first, date) or not isinstance(last, date):
        return None
    return months_of(Days(first - SLACK, last + SLACK))


def catch_up(
    lake: Lake, place: Place, stream: Stream, account: Account, seq: int, *, is_anew: bool = False
) -> int:
    """Write to silver what bronze holds up to batch `seq` and silver does not; return how many batches.

    A process that died between the two commits leaves at most its last batch behind. With `is_anew`
    every row is made again, as when the account's zone has changed and with it the day of its rows.
    """
    behind = 0 if is_anew else seq
    for name in stream.silver:
        behind = min(behind, lake.mark("silver", name, place.mark("silver")) or 0)
    if behind == seq:
        return 0
    versions = select_versions(
        lake, place.channel, place.stream, place.workspace, account_id=place.account_id, after_seq=behind
    )
    alive = versions.filter(~pl.col("is_deleted")).with_columns(pl.col("payload").cast(pl.Binary))
    made = make_rows(stream, account, alive.select("record_key", "payload"))
    origin = alive.select("record_key", "load_id", "loaded_at")
    replaced = versions.select("record_key", "day_on")
    write_silver(lake, place, stream, made.rows, origin=origin, replaced=replaced, seq=seq)
    return seq - behind
