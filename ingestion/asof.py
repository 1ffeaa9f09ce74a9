"""What was believed at an earlier instant: silver made again from the versions that were known then."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import orjson
import polars as pl

from channels.contract import Account, Channel, Stream
from ingestion.checkpoints import Place
from ingestion.rows import make_rows
from ingestion.runner import ACCOUNT_STREAM, account_stream
from lake.asof import select_versions
from lake.delta import Lake
from lake.layout import layout_of
from lake.merge import Change, complete
from lake.schemas import SILVER


def as_of(
    lake: Lake, channels: Iterable[Channel], table: str, *, workspace: UUID | str, at: datetime
) -> pl.DataFrame:
    """Return a silver table as it was once everything loaded by `at` was in, sorted by key.

    Columns and types are those of `lake.schemas.SILVER[table]`; at the present instant the rows
    equal the stored table.

    Args:
        lake: The lake.
        channels: The channels whose streams feed the table.
        table: Name of the silver table.
        workspace: Whose rows.
        at: The instant (UTC).
    """
    own = str(workspace)
    parts = [
        _rows_then(
            lake, Place(own, channel.name, account.id, stream.name), stream, account, table=table, at=at
        )
        for channel in channels
        for account in accounts_then(lake, channel.name, own, at)
        for stream in (account_stream(account), *channel.streams)
        if table in stream.silver
    ]
    return pl.concat([layout_of("silver", table).empty(), *parts]).sort(SILVER[table].full_key)


def accounts_then(lake: Lake, channel: str, workspace: str, at: datetime | None) -> list[Account]:
    """Return the channel's accounts as they were known at the instant (None: now), by id."""
    versions = select_versions(lake, channel, ACCOUNT_STREAM, workspace, at=at)
    payloads = versions.filter(~pl.col("is_deleted"))["payload"]
    return [Account(**orjson.loads(payload)) for payload in payloads]


def _rows_then(
    lake: Lake, place: Place, stream: Stream, account: Account, *, table: str, at: datetime
) -> pl.DataFrame:
    versions = select_versions(
        lake, place.channel, place.stream, place.workspace, at=at, account_id=place.account_id
    )
    alive = versions.filter(~pl.col("is_deleted")).with_columns(pl.col("payload").cast(pl.Binary))
    made = make_rows(stream, account, alive.select("record_key", "payload")).rows[table]
    rows = made.join(alive.select("record_key", "load_id", "loaded_at"), on="record_key", how="left")
    change = Change(place.workspace, place.channel, place.account_id, place.stream, rows)
    return complete(SILVER[table], change)
