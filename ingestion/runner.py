"""Load streams: plan what to fetch, fetch side by side, store in order, say what was done."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import polars as pl
import pyarrow as pa

from channels.contract import Account, Channel, Stream
from core.errors import SpreadersError
from core.time import Clock
from ingestion.accounts import list_accounts, try_again
from ingestion.batch import Load
from ingestion.checkpoints import Place, read_marks
from ingestion.deletions import forget_missing
from ingestion.drift import DriftLog
from ingestion.fetch import Piece, fetch_slices
from ingestion.ledger import LoadResult, Progress, Step, write_load
from ingestion.objects import Group, Reached, plan_groups, read_reached, settle_groups, write_reached
from ingestion.parse import Chunk
from ingestion.plan import Marks, Slice, plan_slices
from ingestion.silver import catch_up
from ingestion.versions import months_of, read_latest
from lake.asof import select_versions
from lake.damage import explain, is_grave, require_whole
from lake.delta import Lake
from lake.layout import Layer
from lake.maintenance import compact_if_needed

# Records of a commit: small enough to store while the next are fetched, bounded in memory.
BATCH = 30_000
LARGEST_BATCH = 200_000
ACCOUNT_STREAM = "account"
log = logging.getLogger(__name__)


def load_stream(
    lake: Lake,
    connection: Any,
    channel: Channel,
    stream: Stream,
    account: Account,
    *,
    workspace: UUID | str,
    clock: Clock,
    days: int,
    hash_key: bytes,
    progress: Progress | None = None,
) -> LoadResult:
    """Load one stream of one account into bronze and silver; return its counts.

    A second call at the same instant writes nothing. A call after a crash finishes what was begun.

    Args:
        lake: Where to.
        connection: What the stream's `pages` get; a channel without a vendor takes None.
        channel: The channel.
        stream: One of its streams.
        account: The account at the vendor.
        workspace: Whose rows these become.
        clock: Says the instant of the load, hence the last complete day of the account.
        days: History wanted on the first load.
        hash_key: Key of the hashes that stand for persons.
        progress: Called after every batch.

    Raises:
        SpreadersError: the vendor or the disk failed; what was read before is stored.
    """
    run = Run(lake, connection, channel, str(workspace), clock.now(), days, hash_key, progress)
    result, error = run.load(stream, account)
    compact_if_needed(lake, "ops", "load")
    if error:
        raise error
    return result


def load_channel(
    lake: Lake,
    channel: Channel,
    connection: Any,
    *,
    workspace: UUID | str,
    clock: Clock,
    days: int,
    hash_key: bytes,
    streams: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> list[LoadResult]:
    """Load every account the credential can read: the account itself, then its streams.

    A stream that fails is reported in its result's `error` and does not stop the others.

    Raises:
        SpreadersError: the accounts cannot be listed.
    """
    run = Run(lake, connection, channel, str(workspace), clock.now(), days, hash_key, progress)
    every = order_streams(channel.streams)
    wanted = [s for s in every if streams is None or s.name in streams]
    accounts = list_accounts(channel, connection)
    moved = frozenset(account.id for account in accounts if run.has_moved(account))
    run = replace(run, moved=moved)
    # Where the zone changed, rows are of other days: all streams are made again before the new zone is kept.
    jobs = [
        (stream, account)
        for account in accounts
        for stream in (
            (*every, account_stream(account)) if account.id in moved else (account_stream(account), *wanted)
        )
    ]
    outcomes = [run.load(stream, account) for stream, account in jobs]
    results = try_again(run.load, jobs, outcomes)
    for left in accounts.left_out:
        results.append(LoadResult(channel.name, ACCOUNT_STREAM, left.id, uuid4().hex))
        results[-1].note(f"{left.id} is left out: {left.because}")
    try:
        compact_if_needed(lake, "ops", "load")
    except Exception:  # the loads are done; a table that cannot be made smaller waits for the next
        log.exception("ops load was not compacted")
    return results


def order_streams(streams: Sequence[Stream]) -> list[Stream]:
    """Return the streams so that each comes after the one it is read for."""
    ordered: list[Stream] = []
    names = {stream.name for stream in streams}
    waiting = list(streams)
    while waiting:
        done = {stream.name for stream in ordered}
        ready = [s for s in waiting if s.per is None or s.per not in names or s.per in done]
        if not ready:
            raise ValueError(f"streams wait for each other: {', '.join(s.name for s in waiting)}")
        ordered += ready
        waiting = [stream for stream in waiting if stream not in ready]
    return ordered


def account_stream(account: Account) -> Stream:
    """Return the stream whose single record is the account itself."""
    own = ("name", "currency", "timezone")
    return Stream(
        name=ACCOUNT_STREAM,
        reading="snapshot",
        key=("id",),
        fields=dict.fromkeys(("id", *own), pa.string()),
        pages=lambda *_: iter([[asdict(account)]]),
        silver={"account": lambda rows, _: rows.select("record_key", *own)},
    )


@dataclass(frozen=True, slots=True)
class Run:
    """What the loads of one call have in common."""

    lake: Lake
    connection: Any
    channel: Channel
    workspace: str
    now: datetime
    days: int
    hash_key: bytes
    progress: Progress | None
    moved: frozenset[str] = frozenset()

    def has_moved(self, account: Account) -> bool:
        """Whether the account was loaded in another time zone before."""
        if self.lake.open("silver", "account") is None:
            return False
        rows = self.lake.scan("silver", "account", self.workspace).filter(
            pl.col("channel") == self.channel.name, pl.col("account_id") == account.id
        )
        return any(zone != account.timezone for zone in rows.select("timezone").collect()["timezone"])

    def load(self, stream: Stream, account: Account) -> tuple[LoadResult, SpreadersError | None]:
        """Load one stream of one account; return its counts and the error that stopped it, if any."""
        started = time.perf_counter()
        place = Place(self.workspace, self.channel.name, account.id, stream.name)
        result = LoadResult(self.channel.name, stream.name, account.id, uuid4().hex)
        slices: list[Slice] = []
        failure: SpreadersError | None = None
        try:
            with self.lake.hold(f"load.{place.bronze}.{self.workspace}.{safe_name(account.id)}"):
                require_whole(self.lake, tables_of(place, stream))
                self._load(place, stream, account, result, slices)
        except BaseException as error:  # whatever it is, the other streams go on
            if is_grave(error):
                raise
            failure = self._name_failure(error, place, stream)
            result.error = failure.message
        result.seconds = time.perf_counter() - started
        try:
            write_load(self.lake, place, result, slices, self.now)
        except BaseException as error:
            if is_grave(error):
                raise
            # A disk that is full for the data is full for the ledger; the first error says more.
            failure = failure or explain(self.lake, error, [("ops", "load")])
            result.error = failure.message
        return result, failure

    def _load(
        self, place: Place, stream: Stream, account: Account, result: LoadResult, slices: list[Slice]
    ) -> None:
        marks = read_marks(self.lake, place)
        is_anew = account.id in self.moved and stream.name != ACCOUNT_STREAM
        catch_up(self.lake, place, stream, account, marks.seq, is_anew=is_anew)
        marks, reached, groups = self._plan(place, stream, account, marks)
        slices += [one for group in groups for one in group.slices]
        latest = read_latest(self.lake, place, _months(slices))
        drift = DriftLog(self.lake, place, stream, result.load_id, self.now)
        load = Load(self.lake, place, stream, account, self.now, marks, latest, drift, result)
        try:
            with fetch_slices(
                stream,
                self.connection,
                account,
                slices,
                side_by_side=self.channel.concurrency,
                key=self.hash_key,
            ) as pages:
                _store_all(load, pages, len(slices), self.progress)
        finally:
            if stream.per is not None and stream.reading != "snapshot" and load.is_stored:
                settled = settle_groups(
                    groups, reached, marks, load.marks, ended=load.ended, missed=load.missed
                )
                write_reached(self.lake, place, settled, load.marks.seq, self.now)
        if not load.is_stuck:
            result.deleted += forget_missing(
                self.lake, self.connection, place, stream, account, load_id=result.load_id, at=self.now
            )
        for table in stream.silver:
            compact_if_needed(self.lake, "silver", table)
        compact_if_needed(self.lake, "bronze", place.bronze)

    def _plan(
        self, place: Place, stream: Stream, account: Account, marks: Marks
    ) -> tuple[Marks, dict[str, Reached], list[Group]]:
        """Return the marks to go on from, how far each object is, and the slices by groups of objects."""
        known = _known(self.lake, place, stream)
        if stream.per is None or stream.reading == "snapshot":
            slices = plan_slices(stream, account, marks, now=self.now, days=self.days, known=known)
            return marks, {}, [Group(marks, known, slices)]
        reached = read_reached(self.lake, place)
        groups = plan_groups(stream, account, marks, reached, now=self.now, days=self.days, known=known)
        return groups[0].marks if groups else marks, reached, groups

    def _name_failure(self, error: BaseException, place: Place, stream: Stream) -> SpreadersError:
        if isinstance(error, SpreadersError):
            return error
        return explain(self.lake, error, tables_of(place, stream), f"{stream.name} of {place.account_id}")


def tables_of(place: Place, stream: Stream) -> list[tuple[Layer, str]]:
    """Return the tables a load of the stream reads and writes."""
    return [("bronze", place.bronze), *(("silver", name) for name in stream.silver)]


def _months(slices: Sequence[Slice]) -> list[str] | None:
    ranges = [one.span.days for one in slices if one.span.days]
    return sorted({month for part in ranges for month in months_of(part)}) if ranges else None


def _known(lake: Lake, place: Place, stream: Stream) -> list[str]:
    if stream.per is None:
        return []
    versions = select_versions(lake, place.channel, stream.per, place.workspace, account_id=place.account_id)
    return versions.filter(~pl.col("is_deleted"))["record_key"].sort().to_list()


def _store_all(
    load: Load, pages: Iterator[tuple[Slice, Piece]], total: int, progress: Progress | None
) -> None:
    waiting: list[tuple[Slice, Piece]] = []
    records = done = 0

    def flush() -> None:
        ready = list(waiting)
        waiting.clear()
        if ready:
            load.store(ready)
        if progress:
            result = load.result
            progress(Step(result.channel, result.stream, result.account_id, done, total, result.received))

    try:
        for one, page in pages:
            waiting.append((one, page))
            if page is None:
                done += 1
            elif isinstance(page, Chunk):
                load.drift.note_page(page)
                records += page.rows.height
            # At a slice's end the next rows lie on other days: they are appended, not merged.
            if records >= BATCH and (page is None or records >= LARGEST_BATCH):
                flush()
                records = 0
    finally:
        flush()  # also after an error: what came before it is worth keeping


def safe_name(text: str) -> str:
    """Return the text as part of a file name."""
    return "".join(c if c.isalnum() or c in "-_" else f"%{ord(c):x}" for c in text)
