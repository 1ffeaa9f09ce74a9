"""Records the vendor has deleted without telling: they leave silver, and bronze keeps what they said."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl

from channels.contract import Account, Stream
from ingestion.checkpoints import Place, read_marks, write_marks
from ingestion.plan import Marks
from ingestion.versions import read_latest
from lake.delta import Lake
from lake.merge import Change, apply_change
from lake.schemas import INSTANT, SILVER, TEXT


def forget_missing(
    lake: Lake,
    connection: Any,
    place: Place,
    stream: Stream,
    account: Account,
    *,
    load_id: str,
    at: datetime,
) -> int:
    """Take back the stored records that the vendor says it no longer has; return how many.

    For streams read by changes, after a complete read. The caller holds the place's lock. A record that
    comes again later is loaded as a new one.

    Raises:
        SpreadersError: the vendor could not be asked, or the disk is full; nothing was taken back.
    """
    if stream.missing is None:
        return 0
    alive = read_latest(lake, place, None).filter(~pl.col("is_deleted") & ~pl.col("is_bad"))
    missing = set(stream.missing(connection, account, alive["record_key"].to_list()))
    gone = alive.filter(pl.col("record_key").is_in(list(missing)))
    if gone.is_empty():
        return 0
    marks = read_marks(lake, place)
    seq = marks.seq + 1
    rows = gone.select("record_key", "day_on").with_columns(
        pl.lit(place.workspace).alias("workspace_id"),
        pl.lit(account.id).alias("account_id"),
        pl.lit(value=True).alias("is_deleted"),
        pl.lit(load_id).alias("load_id"),
        pl.lit(seq).alias("load_seq"),
        pl.lit(at).alias("loaded_at"),
        pl.lit(at.strftime("%Y-%m")).alias("month"),
    )
    after = Marks(seq=seq, until=marks.until, since=marks.since)
    lake.append("bronze", place.bronze, rows, write_marks(place, after))
    leave_silver(lake, place, gone["record_key"], seq)
    return gone.height


def leave_silver(lake: Lake, place: Place, keys: pl.Series, seq: int) -> None:
    """Take the rows of these records out of every silver table the place has written."""
    for name, table in SILVER.items():
        if lake.mark("silver", name, place.mark("silver")) is None:
            continue
        empty = pl.DataFrame(
            schema={**table.columns, "record_key": TEXT, "load_id": TEXT, "loaded_at": INSTANT}
        )
        change = Change(place.workspace, place.channel, place.account_id, place.stream, empty, keys)
        apply_change(lake, name, change, {place.mark("silver"): seq})
