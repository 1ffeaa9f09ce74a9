"""Which version of each bronze record held at an instant."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import polars as pl

from lake.delta import Lake
from lake.layout import bronze_name


def select_versions(
    lake: Lake,
    channel: str,
    stream: str,
    workspace: str | UUID,
    *,
    at: datetime | None = None,
    account_id: str | None = None,
    after_seq: int | None = None,
) -> pl.DataFrame:
    """Return the last good version of each record, tombstones included, as bronze rows in load order.

    Args:
        lake: The lake.
        channel: Name of the channel.
        stream: Name of the stream.
        workspace: Whose rows.
        at: Only what was loaded by that instant (UTC); None means everything.
        account_id: One account; None means all.
        after_seq: Only versions of later batches than that one.
    """
    rows = lake.scan("bronze", bronze_name(channel, stream), workspace)
    rows = rows.filter(pl.col("quarantined_because").is_null())
    if at is not None:
        rows = rows.filter(pl.col("loaded_at") <= at)
    if account_id is not None:
        rows = rows.filter(pl.col("account_id") == account_id)
    if after_seq is not None:
        rows = rows.filter(pl.col("load_seq") > after_seq)
    ordered = rows.collect().sort("account_id", "load_seq", "record_key")
    return ordered.unique(["account_id", "record_key"], keep="last", maintain_order=True)
