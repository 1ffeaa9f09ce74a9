"""One batch of records: compare, check, one commit to bronze, then silver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import polars as pl

from channels.contract import Account, Gap, Stream
from ingestion.checkpoints import Place, write_marks
from ingestion.drift import DriftLog
from ingestion.fetch import Piece
from ingestion.ledger import LoadResult
from ingestion.parse import CHUNK, KEYLESS, Chunk
from ingestion.plan import Marks, Slice
from ingestion.rows import make_rows
from ingestion.silver import write_silver
from ingestion.versions import LATEST, compare, find_gone, read_days
from lake.delta import Lake
from lake.layout import NO_MONTH


@dataclass(slots=True)
class Reading:
    """What came of the slice under way.

    Attributes:
        seen: Keys of the records that came.
        keyless: How many records came that no stored one can be told from.
        is_complete: Whether nothing is missing that may be stored.
        is_whole: Whether nothing is missing that a later read could bring.
        doubtful: Objects of `Span.known` that were not read.
    """

    seen: list[pl.Series] = field(default_factory=list)
    keyless: int = 0
    is_complete: bool = True
    is_whole: bool = True
    doubtful: set[str] = field(default_factory=set)

    def add(self, page: Chunk) -> None:
        """Take a page's keys."""
        keys = page.rows["record_key"]
        self.seen.append(keys)
        self.keyless += int(keys.str.starts_with(KEYLESS).sum())


@dataclass(slots=True)
class Load:
    """A load under way: what is known of the stream, and what the load did so far.

    Attributes:
        newest: The latest change that came, in microseconds.
        is_stuck: Something is missing that a later read could bring, so the stream's marks stay.
        is_stored: Whether everything handed over was stored.
        ended: Slices read to their end.
        missed: Per object that was not read, the first slice that lacks it.
    """

    lake: Lake
    place: Place
    stream: Stream
    account: Account
    now: datetime
    marks: Marks
    latest: pl.DataFrame
    drift: DriftLog
    result: LoadResult
    reading: Reading = field(default_factory=Reading)
    newest: int = 0
    is_stuck: bool = False
    is_stored: bool = True
    ended: list[Slice] = field(default_factory=list)
    missed: dict[str, Slice] = field(default_factory=dict)

    def store(self, pages: Sequence[tuple[Slice, Piece]]) -> None:
        """Store pages in slice order; None ends its slice and moves the marks if the slice is complete."""
        self.is_stored = False
        chunks = [page.rows for _, page in pages if isinstance(page, Chunk)]
        batch = read_days(self.stream, pl.concat(chunks) if chunks else pl.DataFrame(schema=CHUNK))
        gone = self._find_gone(pages)
        compared = compare(batch, self.latest)
        marks = self._marks_after(pages)
        fresh = compared.fresh
        made = make_rows(self.stream, self.account, fresh.filter(pl.col("reason").is_null()))
        self.drift.note_types(made.changed_types)
        fresh = fresh.join(
            made.reasons.rename({"reason": "because"}), on="record_key", how="left", maintain_order="left"
        ).with_columns(pl.coalesce("reason", "because").alias("reason"))
        is_stored = not (fresh.is_empty() and gone.is_empty())
        if is_stored:
            marks = replace(marks, seq=self.marks.seq + 1)
        if marks != self.marks:
            rows = self._bronze_rows(fresh, gone, marks.seq)
            self.lake.append("bronze", self.place.bronze, rows, write_marks(self.place, marks))
            self.marks = marks
            self._remember(rows)
        if is_stored:
            good = fresh.filter(pl.col("reason").is_null())
            replaced = pl.concat([good.filter(~pl.col("is_new")), gone], how="diagonal")
            origin = good.select("record_key").with_columns(
                pl.lit(self.result.load_id).alias("load_id"), pl.lit(self.now).alias("loaded_at")
            )
            write_silver(
                self.lake, self.place, self.stream, made.rows, origin=origin, replaced=replaced, seq=marks.seq
            )
        self._count(batch.height, fresh, compared.known_good, compared.known_bad, gone.height)
        self.is_stored = True

    def _find_gone(self, pages: Sequence[tuple[Slice, Piece]]) -> pl.DataFrame:
        gone = [self.latest.clear()]
        for one, page in pages:
            if isinstance(page, Chunk):
                self.reading.add(page)
            elif isinstance(page, Gap):
                self._note(one, page)
            else:
                if self.stream.reading != "changes":
                    gone.append(self._end(one))
                if self.reading.is_whole:
                    self.ended.append(one)
                else:
                    self.is_stuck |= not one.is_late
                self.reading = Reading()
        return pl.concat(gone).unique("record_key", maintain_order=True)

    def _note(self, one: Slice, gap: Gap) -> None:
        """Remember what a read did not bring: of one object, or of nobody knows which."""
        self.result.note(gap.because)
        if gap.of is None or self.stream.per is None or gap.of not in one.span.known:
            self.reading.is_complete = False
            self.reading.is_whole &= gap.is_lasting
            return
        self.reading.doubtful.add(gap.of)
        if not gap.is_lasting:
            self.missed.setdefault(gap.of, one)

    def _end(self, one: Slice) -> pl.DataFrame:
        """Return what counts as deleted at the end of a slice: nothing unless it is known to be complete."""
        reading = self.reading
        if reading.keyless:
            self.result.note(
                "Records came without a key: which they are is unknown, so none counts as deleted."
            )
        if reading.keyless or not reading.is_complete:
            return self.latest.clear()
        objects = None
        if self.stream.per is not None:
            objects = [key for key in one.span.known if key not in reading.doubtful]
        seen = pl.concat(reading.seen) if reading.seen else pl.Series([], dtype=pl.String)
        return find_gone(self.latest, seen, one.span.days, objects)

    def _marks_after(self, pages: Sequence[tuple[Slice, Piece]]) -> Marks:
        marks = self.marks
        if self.is_stuck:
            return marks
        newest = [
            page.rows["changed"].max() for one, page in pages if isinstance(page, Chunk) and not one.is_late
        ]
        self.newest = max([self.newest, *(at for at in newest if isinstance(at, int))])
        ends = [one for one, page in pages if page is None and not one.is_late]
        for one in ends:
            watermarks = [number for number in (one.until, marks.until) if number is not None]
            sinces = [number for number in (one.since, marks.since) if number is not None]
            marks = replace(marks, until=max(watermarks, default=None), since=min(sinces, default=None))
        if ends and self.newest:
            marks = replace(marks, until=max(self.newest, marks.until or 0))
        return marks

    def _bronze_rows(self, fresh: pl.DataFrame, gone: pl.DataFrame, seq: int) -> pl.DataFrame:
        versions = fresh.select(
            "record_key",
            pl.col("payload").cast(pl.String),
            "payload_hash",
            pl.lit(value=False).alias("is_deleted"),
            pl.col("reason").alias("quarantined_because"),
            "day_on",
        )
        taken_back = gone.select("record_key", pl.lit(value=True).alias("is_deleted"), "day_on")
        month = pl.lit(self.now.strftime("%Y-%m"))
        if self.stream.reading == "window":
            month = pl.col("day_on").dt.strftime("%Y-%m").fill_null(NO_MONTH)
        return pl.concat([versions, taken_back], how="diagonal").with_columns(
            pl.lit(self.place.workspace).alias("workspace_id"),
            pl.lit(self.place.account_id).alias("account_id"),
            pl.lit(self.result.load_id).alias("load_id"),
            pl.lit(seq).alias("load_seq"),
            pl.lit(self.now).alias("loaded_at"),
            month.alias("month"),
        )

    def _remember(self, rows: pl.DataFrame) -> None:
        stored = rows.select(
            "record_key",
            "payload_hash",
            "is_deleted",
            pl.col("quarantined_because").is_not_null().alias("is_bad"),
            "day_on",
        ).select(list(LATEST))
        self.latest = pl.concat([self.latest, stored]).unique("record_key", keep="last", maintain_order=True)

    def _count(self, received: int, fresh: pl.DataFrame, good: int, bad: int, gone: int) -> None:
        is_good = pl.col("reason").is_null()
        loaded, quarantined, new, changed = fresh.select(
            pl.col("copies").filter(is_good).sum().alias("loaded"),
            pl.col("copies").filter(~is_good).sum().alias("quarantined"),
            (is_good & pl.col("is_new")).sum().alias("new"),
            (is_good & ~pl.col("is_new")).sum().alias("changed"),
        ).row(0)
        result = self.result
        result.received += received
        result.loaded += good + loaded
        result.quarantined += bad + quarantined
        result.new += new
        result.changed += changed
        result.deleted += gone
