"""Damaged tables of the lake: put aside, and made again from what feeds them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from channels.contract import Account, Channel, Stream
from core.errors import BadInput, NotFound
from ingestion.asof import accounts_then
from ingestion.checkpoints import Place
from ingestion.csv.kinds import KINDS
from ingestion.csv.store import make_stream
from ingestion.rebuilding import Rebuilt, rebuild_stream
from ingestion.runner import ACCOUNT_STREAM, account_stream
from lake.damage import explain, find_damage
from lake.delta import Lake
from lake.layout import Layer, layout_of
from lake.schemas import SILVER

LAYERS: tuple[Layer, ...] = ("bronze", "silver", "gold", "ops")
NEXT: Mapping[str, str] = {
    "gold": "The next `spreaders build` makes it again.",
    "ops": "It begins anew; earlier loads are no longer listed.",
}


@dataclass(frozen=True, slots=True)
class Repaired:
    """A table that was damaged: what was wrong, where its files are now, and how it comes back."""

    table: str
    damage: str
    put_aside: str
    then: str


def repair(
    lake: Lake, channels: Sequence[Channel], table: str | None, *, workspace: str, at: datetime
) -> list[Repaired]:
    """Put damaged tables aside and make them again; a whole table stays as it is.

    Silver is rebuilt from bronze at once. Bronze loses its watermarks, so that the next load reads the
    history from the vendor again; what was imported from files must be imported again.

    Args:
        lake: The lake.
        channels: The declared channels, the site included.
        table: Layer and name, such as `silver.ad_daily`; None looks at every table.
        workspace: Whose rows silver is rebuilt for.
        at: Instant of the repair (UTC).

    Raises:
        BadInput: the table is not written as layer and name.
        NotFound: no such table was ever written.
    """
    damaged = _damaged(lake, table)
    return [_repair(lake, channels, layer, name, workspace=workspace, at=at) for layer, name in damaged]


def _damaged(lake: Lake, table: str | None) -> list[tuple[Layer, str]]:
    names = [(layer, name) for layer in LAYERS for name in lake.tables(layer)]
    if table is not None:
        layer, _, name = table.partition(".")
        if layer not in LAYERS or not name:
            raise BadInput(f"{table!r} is no table; write layer and name, such as silver.ad_daily.")
        names = [(one, own) for one, own in names if (one, own) == (layer, name)]
        if not names:
            raise NotFound(f"The lake has no table {table}; see the names in its folder {layer}.")
    return [(layer, name) for layer, name in names if find_damage(lake, layer, name, is_deep=True)]


def _repair(
    lake: Lake, channels: Sequence[Channel], layer: Layer, name: str, *, workspace: str, at: datetime
) -> Repaired:
    damage = find_damage(lake, layer, name, is_deep=True)
    assert damage is not None  # noqa: S101 - only damaged tables come here
    streams = [stream.name for _, stream in _feeding(channels, name)] if layer == "bronze" else []
    aside = put_aside(lake, layer, name, at)
    if layer == "bronze":
        then = _forget_bronze(lake, name, is_import=not streams)
    elif layer == "silver":
        then = _refill(lake, channels, name, workspace=workspace, at=at)
    else:
        then = NEXT[layer]
    return Repaired(f"{layer}.{name}", f"{damage.file} {damage.because}", aside, then)


def put_aside(lake: Lake, layer: Layer, name: str, at: datetime) -> str:
    """Move the table's folder under `broken/` of the lake and return where it is, within the lake."""
    target = lake.path / "broken" / layer / f"{name}-{at:%Y%m%dT%H%M%S}"
    number = 1
    while target.exists():
        number += 1
        target = target.with_name(f"{name}-{at:%Y%m%dT%H%M%S}-{number}")
    with lake.lock(layer, name, alone=True):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(lake.folder(layer, name), target)
    return str(target.relative_to(lake.path))


def _feeding(channels: Sequence[Channel], bronze: str) -> list[tuple[Channel, Stream]]:
    return [
        (channel, stream)
        for channel in channels
        for stream in channel.streams
        if Place("", channel.name, "", stream.name).bronze == bronze
    ]


def _forget_bronze(lake: Lake, bronze: str, *, is_import: bool) -> str:
    """Take back what other tables believe of a bronze table that begins anew."""
    channel, stream = bronze.split("__", 1)
    for name in SILVER:
        table = None if find_damage(lake, "silver", name) else lake.open("silver", name)
        if table is None:
            continue
        rows = pl.scan_delta(table).filter(pl.col("channel") == channel, pl.col("stream") == stream)
        owners = rows.select("workspace_id", "account_id").unique().collect()
        marks = {
            Place(workspace, channel, account, stream).mark("silver"): 0
            for workspace, account in owners.rows()
        }
        if marks:
            lake.append("silver", name, layout_of("silver", name).empty(), marks)
    if lake.open("ops", "object") is not None:
        lake.commit(
            "ops", "object", lambda table: table.delete(f"channel = '{channel}' AND stream = '{stream}'")
        )
    if is_import and stream != ACCOUNT_STREAM:
        return (
            "Its rows stay in silver. It came from imported files, which cannot be read again from here; "
            "import them again to have their history."
        )
    return f"Its rows stay in silver; the next `spreaders load {channel}` reads the history again."


def _refill(lake: Lake, channels: Sequence[Channel], name: str, *, workspace: str, at: datetime) -> str:
    done = rebuild(lake, channels, workspace=workspace, at=at, silver=name)
    failed = [f"{one.channel}.{one.stream} of {one.account_id}: {one.error}" for one in done if one.error]
    said = f"Made again from {sum(one.records for one in done):,} records of bronze."
    return " ".join([said, *failed])


def rebuild(
    lake: Lake,
    channels: Sequence[Channel],
    *,
    workspace: str,
    at: datetime,
    only: str | None = None,
    stream: str | None = None,
    silver: str | None = None,
) -> list[Rebuilt]:
    """Rebuild silver from bronze for every account of the streams named; one that fails stops no other.

    Args:
        lake: The lake.
        channels: The declared channels, the site included.
        workspace: Whose rows.
        at: Instant of the rebuild (UTC).
        only: Name of one channel.
        stream: Name of one stream of it.
        silver: Only streams that feed this silver table.

    Raises:
        NotFound: bronze holds no such channel or stream.
    """
    done = []
    for place, own, account in _places(lake, channels, workspace, only):
        if stream not in (None, own.name) or (silver is not None and silver not in own.silver):
            continue
        try:
            done.append(rebuild_stream(lake, place, own, account, at=at))
        except Exception as error:  # noqa: BLE001 - the others go on
            tables: list[tuple[Layer, str]] = [("bronze", place.bronze), *(("silver", t) for t in own.silver)]
            known = explain(lake, error, tables, f"{own.name} of {account.id}")
            done.append(Rebuilt(place.channel, own.name, account.id, 0, 0, 0, 0, known.message))
    if not done and only is not None:
        raise NotFound(f"Bronze holds nothing of {only}{'.' + stream if stream else ''}; load it first.")
    return done


def _places(
    lake: Lake, channels: Sequence[Channel], workspace: str, only: str | None
) -> Iterator[tuple[Place, Stream, Account]]:
    stored = set(lake.tables("bronze"))
    declared = {channel.name: channel.streams for channel in channels}
    imported = [make_stream(kind, lambda *_: iter(())) for kind in KINDS]
    for name in sorted({table.split("__", 1)[0] for table in stored}):
        if only not in (None, name):
            continue
        for account in accounts_then(lake, name, workspace, None):
            for stream in (account_stream(account), *declared.get(name, ()), *imported):
                place = Place(workspace, name, account.id, stream.name)
                if place.bronze in stored and _holds(lake, place):
                    yield place, stream, account


def _holds(lake: Lake, place: Place) -> bool:
    if find_damage(lake, "bronze", place.bronze):
        return True  # it is named when it is rebuilt
    rows = lake.scan("bronze", place.bronze, place.workspace)
    return not rows.filter(pl.col("account_id") == place.account_id).head(1).collect().is_empty()
