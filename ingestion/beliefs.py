"""Everything ever believed about spend: one row a version a vendor told, kept as a gold table."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import polars as pl
from deltalake import write_deltalake

from channels.contract import Account, Channel, Stream
from ingestion.asof import accounts_then
from ingestion.rows import make_rows
from lake.delta import WRITER, Lake, conform
from lake.layout import bronze_name, layout_of

TABLE = "spend_belief"
SILVER_TABLE = "spend_daily"


def write_beliefs(lake: Lake, channels: Iterable[Channel], workspace: UUID | str) -> int:
    """Bring the gold table `spend_belief` up to what bronze holds; return how many rows it has.

    Nothing is written when nothing new was believed.
    """
    own = str(workspace)
    layout = layout_of("gold", TABLE)
    order = ["channel", "account_id", "day_on", "load_seq"]
    beliefs = read_beliefs(lake, channels, own).sort(order)
    stored = conform(layout, lake.read("gold", TABLE, own)).sort(order)
    if not beliefs.equals(stored):
        lake.commit(
            "gold",
            TABLE,
            lambda table: write_deltalake(
                table,
                beliefs,
                mode="overwrite",
                predicate=f"workspace_id = '{own}'",
                writer_properties=WRITER,
            ),
        )
    return beliefs.height


def read_beliefs(lake: Lake, channels: Iterable[Channel], workspace: str) -> pl.DataFrame:
    """Return one row for each version of an account's day that any load brought, in the table's columns."""
    layout = layout_of("gold", TABLE)
    found = [
        _of_stream(lake, channel.name, stream, account, workspace)
        for channel in channels
        for stream in channel.streams
        if SILVER_TABLE in stream.silver
        for account in accounts_then(lake, channel.name, workspace, None)
    ]
    return conform(layout, pl.concat([layout.empty(), *found], how="diagonal"))


def _of_stream(lake: Lake, channel: str, stream: Stream, account: Account, workspace: str) -> pl.DataFrame:
    rows = lake.scan("bronze", bronze_name(channel, stream.name), workspace)
    rows = rows.filter(pl.col("account_id") == account.id, pl.col("quarantined_because").is_null())
    batches = rows.collect().partition_by("load_seq")
    told = [_of_batch(stream, account, batch) for batch in batches]
    empty = layout_of("gold", TABLE).empty()
    return pl.concat([empty, *told], how="diagonal_relaxed").with_columns(
        workspace_id=pl.lit(workspace), channel=pl.lit(channel), account_id=pl.lit(account.id)
    )


def _of_batch(stream: Stream, account: Account, batch: pl.DataFrame) -> pl.DataFrame:
    """Return what one batch said: within it a record, and so a day, comes once."""
    known = batch.select("record_key", "load_id", "load_seq", pl.col("loaded_at").alias("believed_at"))
    told = batch.filter(~pl.col("is_deleted"))
    records = told.select("record_key", pl.col("payload").cast(pl.Binary))
    made = make_rows(stream, account, records).rows[SILVER_TABLE].join(known, on="record_key")
    gone = batch.filter("is_deleted").select("record_key", "day_on").join(known, on="record_key")
    kinds = [
        frame.with_columns(pl.lit(value=is_gone).alias("is_taken_back"))
        for frame, is_gone in ((made, False), (gone, True))
    ]
    return pl.concat(kinds, how="diagonal")
