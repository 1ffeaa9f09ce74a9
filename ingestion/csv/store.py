"""Batches to bronze and silver, by the same way as every connector: a channel whose vendor is the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import polars as pl
import pyarrow as pa

from channels.connection import Answer, Connection
from channels.contract import Account, Channel, Pages, Record, Span, Stream
from core.errors import Conflict
from core.time import Clock
from ingestion.batch import Load
from ingestion.checkpoints import Place, read_marks
from ingestion.csv.batch import Batch
from ingestion.csv.kinds import Cell, Kind
from ingestion.csv.restate import Loss
from ingestion.drift import DriftLog
from ingestion.ledger import LoadResult, write_load
from ingestion.plan import Slice
from ingestion.runner import load_channel, safe_name
from ingestion.silver import catch_up
from ingestion.versions import read_latest
from lake.delta import Lake
from lake.schemas import SILVER

_WIRE: dict[Cell, pa.DataType] = {
    **dict.fromkeys(("text", "code", "person", "day", "instant"), pa.string()),
    **dict.fromkeys(("count", "money", "seconds", "gauge"), pa.int64()),
    "real": pa.float64(),
    "flag": pa.bool_(),
}


def store_batches(
    lake: Lake,
    channel: str,
    account: Account,
    batches: Sequence[Batch],
    losses: Sequence[Loss] = (),
    *,
    workspace: UUID | str,
    clock: Clock,
) -> list[LoadResult]:
    """Load the batches of one account and return one result a batch.

    Records are added and brought up to date; none is taken away but those of `losses`, which go first.

    Raises:
        Conflict: the lake could not take them; the sentence says why.
    """
    removed = {loss.kind.stream: 0 for loss in losses}
    for loss in losses:
        stream = _as_stream(Batch(loss.kind, pl.DataFrame(), pl.DataFrame(), [], 0))
        place = Place(str(workspace), channel, account.id, stream.name)
        removed[loss.kind.stream] += _remove(lake, place, stream, account, (loss.keys, clock.now()))
    source = _as_channel(channel, account, batches)
    results = load_channel(lake, source, None, workspace=workspace, clock=clock, days=1, hash_key=b"")
    failed = next((result.error for result in results if result.error), None)
    if failed:
        raise Conflict(f"{account.name} could not be stored: {failed}")
    for result in results:
        result.deleted += removed.get(result.stream, 0)
    told = {result.stream: result for result in results}
    return [told[batch.kind.stream] for batch in batches]


def _remove(
    lake: Lake, place: Place, stream: Stream, account: Account, removal: tuple[pl.Series, datetime]
) -> int:
    """Take records back: their history stays in bronze, their rows leave silver. Return how many went."""
    keys, now = removal
    result = LoadResult(place.channel, place.stream, place.account_id, uuid4().hex)
    with lake.hold(f"load.{place.bronze}.{place.workspace}.{safe_name(place.account_id)}"):
        marks = read_marks(lake, place)
        catch_up(lake, place, stream, account, marks.seq)
        latest = read_latest(lake, place, None).filter(pl.col("record_key").is_in(keys.implode()))
        drift = DriftLog(lake, place, stream, result.load_id, now)
        # To a complete reading that shows none of these records, they are gone.
        whole = replace(stream, reading="snapshot")
        load = Load(lake, place, whole, account, now, marks, latest, drift, result)
        load.store([(Slice(Span(now=now)), None)])
    write_load(lake, place, result, [], now)
    return result.deleted


def _as_channel(name: str, account: Account, batches: Sequence[Batch]) -> Channel:
    def list_accounts(connection: Connection) -> list[Account]:
        del connection
        return [account]

    return Channel(
        name=name,
        title=account.name,
        hosts={},
        api_version="1",
        sunset_on=None,
        credentials=(),
        check=_accept,
        authorise=_sign_nothing,
        accounts=list_accounts,
        streams=tuple(_as_stream(batch) for batch in batches),
    )


def _as_stream(batch: Batch) -> Stream:
    def read_records(connection: Connection, asked: Account, span: Span) -> Iterator[list[Record]]:
        del connection, asked, span
        yield from batch.pages()

    return make_stream(batch.kind, read_records)


def make_stream(kind: Kind, pages: Pages) -> Stream:
    """Return the stream that imported records of a kind are kept in."""
    return Stream(
        name=kind.stream,
        reading="changes",
        key=("key",),
        fields={"key": pa.string(), **{kind.column(n): _WIRE[cell] for n, cell in kind.fields.items()}},
        pages=pages,
        silver={kind.table: partial(to_silver, kind)},
        optional=frozenset({"rows", "problem"}),
    )


def to_silver(kind: Kind, records: pl.DataFrame, account: Account) -> pl.DataFrame:
    """Return rows of the kind's silver table; a record of a bad row lacks what the table asks for."""
    del account
    cells = {kind.column(name): cell for name, cell in kind.fields.items()}
    return records.select(
        "record_key", *(_silver(name, kind, cells).alias(name) for name in SILVER[kind.table].columns)
    )


def _silver(name: str, kind: Kind, cells: dict[str, Cell]) -> pl.Expr:
    if name not in cells:
        return pl.lit(kind.constants.get(name))
    if cells[name] == "day":
        return pl.col(name).str.to_date("%Y-%m-%d", strict=False)
    if cells[name] == "instant":
        return pl.col(name).str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_zone="UTC", strict=False)
    return pl.col(name)


def _accept(answer: Answer) -> None:
    del answer  # nothing is asked over the network


def _sign_nothing(connection: Connection) -> tuple[dict[str, Any], dict[str, Any]]:
    del connection
    return {}, {}
