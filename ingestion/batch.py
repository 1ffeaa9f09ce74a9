"""One batch of records: compare, check, one commit to bronze, then silver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import polars as pl

from channels.contract import Account, Stream
from ingestion.checkpoints import Place, write_marks
from ingestion.drift import DriftLog
from ingestion.ledger import LoadResult
from ingestion.parse import CHUNK, Chunk
from ingestion.plan import Marks, Slice
from ingestion.rows import make_rows
from ingestion.silver import write_silver
from ingestion.versions import LATEST, compare, find_gone, read_days
from lake.delta import Lake
from lake.layout import NO_MONTH


@dataclass(slots=True)
class Load:
    """A load under way: what is known of the stream, and what the load did so far."""

    lake: Lake
    place: Place
    stream: Stream
    account: Account
    now: datetime
    marks: Marks
    latest: pl.DataFrame
    drift: DriftLog
    result: LoadResult
    unfinished: list[pl.Series] = field(default_factory=list)
    newest: int = 0

    def store(self, pages: Sequence[tuple[Slice, Chunk | None]]) -> None:
        """Store pages in slice order; the page None ends its slice and moves the marks."""
        chunks = [page.rows for _, page in pages if page is not None]
        batch = read_days(self.stream, pl.concat(chunks) if chunks else pl.DataFrame(schema=CHUNK))
        gone = self._find_gone(pages)
        compared = compare(batch, self.latest)
        marks = self._marks_after(pages, batch)
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

    def _find_gone(self, pages: Sequence[tuple[Slice, Chunk | None]]) -> pl.DataFrame:
        gone = [self.latest.clear()]
        for one, page in pages:
            if page is not None:
                if self.stream.reading != "changes":
                    self.unfinished.append(page.rows["record_key"])
                continue
            if self.stream.reading != "changes":
                seen = pl.concat(self.unfinished) if self.unfinished else pl.Series([], dtype=pl.String)
                gone.append(find_gone(self.latest, seen, one.span.days))
            self.unfinished = []
        return pl.concat(gone).unique("record_key", maintain_order=True)

    def _marks_after(self, pages: Sequence[tuple[Slice, Chunk | None]], batch: pl.DataFrame) -> Marks:
        marks = self.marks
        ended = [one for one, page in pages if page is None]
        for one in ended:
            until = one.until if one.until is not None else marks.until
            marks = replace(marks, until=until, since=one.since if one.since is not None else marks.since)
        newest = batch["changed"].max()
        self.newest = max(self.newest, newest) if isinstance(newest, int) else self.newest
        if ended and self.newest:
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
