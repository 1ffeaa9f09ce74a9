"""Everything ever believed about spend: one row a version a vendor told, kept as a gold table."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

import polars as pl
from deltalake import DeltaTable

from channels.contract import Account, Channel, Stream
from ingestion.asof import accounts_then
from ingestion.rows import make_rows
from ingestion.runner import ACCOUNT_STREAM
from lake.changes import Changed, apply_changes, overwrite, subtract
from lake.damage import Name
from lake.delta import Lake, conform
from lake.gold import GOLD
from lake.layout import bronze_name, layout_of
from lake.memory import digest, fingerprint, hash_files, recall, remember

ROOT = Path(__file__).parents[1]
TABLE = "spend_belief"
SILVER_TABLE = "spend_daily"


def write_beliefs(lake: Lake, channels: Iterable[Channel], workspace: UUID | str) -> Changed:
    """Bring the gold table `spend_belief` up to what bronze holds; return how many rows that changed.

    Nothing is read when no bronze table changed since, nothing written when nothing new was believed.
    """
    own, channels = str(workspace), list(channels)
    inputs = _fingerprint(lake, channels, own)
    if recall(lake, own).get(TABLE) == inputs:
        return Changed()
    layout = layout_of("gold", TABLE)
    beliefs = read_beliefs(lake, channels, own)

    def act(table: DeltaTable) -> Changed:
        added, gone = subtract(beliefs, conform(layout, lake.read("gold", TABLE, own)))
        where = f"t.workspace_id = '{own}'"
        changed = apply_changes(table, GOLD[TABLE].key, added, gone, where)
        if changed is not None:
            return changed
        overwrite(table, beliefs, where.removeprefix("t."))
        return Changed(inserted=added.height, deleted=gone.height)

    changed = lake.commit("gold", TABLE, act, alone=True)
    remember(lake, own, **{TABLE: _fingerprint(lake, channels, own)})
    return changed


def belief_tables(channels: Iterable[Channel]) -> list[Name]:
    """Return the tables of the lake that `write_beliefs` reads or writes."""
    read = [
        (channel.name, name) for channel, s in _spend_streams(channels) for name in (s.name, ACCOUNT_STREAM)
    ]
    return [*(("bronze", bronze_name(*names)) for names in read), ("gold", TABLE)]


def _spend_streams(channels: Iterable[Channel]) -> list[tuple[Channel, Stream]]:
    return [
        (channel, stream)
        for channel in channels
        for stream in channel.streams
        if SILVER_TABLE in stream.silver
    ]


def _fingerprint(lake: Lake, channels: Iterable[Channel], workspace: str) -> str:
    """Return what the beliefs follow from: records, accounts, and the code that reads them."""
    places = (("channels", "*/*.py"), ("ingestion", "*.py"))
    code = hash_files(file for folder, names in places for file in (ROOT / folder).glob(names))
    return digest([code, *(fingerprint(lake, *table, workspace) for table in belief_tables(channels))])


def read_beliefs(lake: Lake, channels: Iterable[Channel], workspace: str) -> pl.DataFrame:
    """Return one row for each version of an account's day that any load brought, in the table's columns."""
    layout = layout_of("gold", TABLE)
    found = [
        _of_stream(lake, channel.name, stream, account, workspace)
        for channel, stream in _spend_streams(channels)
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
