"""Records the vendor has deleted without telling: they leave silver, and bronze keeps what they said."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl

from channels.contract import Account, Stream
from ingestion.checkpoints import Place, read_marks, write_marks
from ingestion.plan import Marks
from ingestion.setting_aside import leave_silver
from ingestion.versions import read_latest
from lake.delta import Lake
from lake.layout import NO_MONTH


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
        pl.col("day_on").dt.strftime("%Y-%m").fill_null(NO_MONTH).alias("month"),
    )
    after = Marks(seq=seq, until=marks.until, since=marks.since)
    lake.append("bronze", place.bronze, rows, write_marks(place, after))
    leave_silver(lake, place, gone["record_key"], seq)
    return gone.height
