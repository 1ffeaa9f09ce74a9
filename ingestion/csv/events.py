"""Sendings, opens and clicks of single people as one record a mail; no person is kept."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from core.errors import BadInput
from ingestion.csv.batch import Batch, group
from ingestion.csv.cells import EMPTY_TYPES, Asked
from ingestion.csv.kinds import EVENTS, MAILS
from ingestion.csv.layouts.mail import EVENT_WORDS
from ingestion.csv.names import join_mail_names
from ingestion.csv.reading import raw_rows, read_rows
from ingestion.csv.source import Source

SOFT = r"(?i)soft|throttled|mailbox_full|deferred"


def count_events(sources: Sequence[Source], names: Sequence[Source], asked: Asked, notes: list[str]) -> Batch:
    """Return the mails of files of events, each with how often what happened to it.

    Opens and clicks count each time and once a person; what is no such event is passed over and noted.

    Raises:
        BadInput: no file tells to whom the mails were sent.
    """
    frames, bad, spoilt, rows = [], [], [], 0
    for source in sources:
        part = source.part(EVENTS)
        assert part is not None  # noqa: S101 - only files of events come here
        cells, wrong = read_rows(source, part, asked, notes)
        rows += cells.frame.height
        bad += wrong
        lines = [row.line for row in wrong]
        spoilt.append(raw_rows(source).filter(pl.col("line").is_in(lines)).select("line", "raw"))
        kept = [EVENTS.column(name) for name in EVENTS.fields]
        frames.append(cells.frame.filter(~pl.col("line").is_in(lines)).select(kept))
    events = pl.concat(frames)
    word = pl.col("event").str.to_lowercase()
    counted = word.replace_strict(EVENT_WORDS, default=None, return_dtype=pl.String)
    other = events.filter(counted.is_null())["event"].unique().sort().to_list()
    if other:
        notes.append(f"Events that are no sending, open or click were passed over: {', '.join(other)}.")
    events = events.with_columns(counted.alias("event")).drop_nulls("event")
    if not events["event"].eq("sent").any():
        files = " and ".join(source.name for source in sources)
        raise BadInput(
            f"{files} does not tell to whom the mails were sent; give the file of recipients as well."
        )
    mails = join_mail_names(_per_mail(events), names, asked)
    missing = {
        MAILS.column(name): pl.lit(None, EMPTY_TYPES[cell])
        for name, cell in MAILS.fields.items()
        if MAILS.column(name) not in mails.columns and cell != "code"
    }
    mails = mails.with_columns(currency=pl.lit(None, pl.String), **missing)
    return Batch(
        MAILS, group(MAILS, mails.with_columns(raw=pl.lit(None, pl.String))), pl.concat(spoilt), bad, rows
    )


def _per_mail(events: pl.DataFrame) -> pl.DataFrame:
    def times(event: str, *more: pl.Expr) -> pl.Expr:
        return pl.all_horizontal(pl.col("event") == event, *more).sum().cast(pl.Int64)

    def people(event: str) -> pl.Expr:
        return pl.col("person_key").filter(pl.col("event") == event).n_unique().cast(pl.Int64)

    is_soft = pl.col("bounce").fill_null("").str.contains(SOFT)
    return events.group_by("mail_id", maintain_order=True).agg(
        *(pl.col(name).filter(pl.col(name) != "").first() for name in ("list_id", "title", "subject")),
        pl.col("occurred_at").filter(pl.col("event") == "sent").min().alias("sent_at"),
        times("sent").alias("sent"),
        times("open").alias("opens"),
        people("open").alias("unique_opens"),
        times("click").alias("clicks"),
        people("click").alias("unique_clicks"),
        times("bounce", ~is_soft).alias("hard_bounces"),
        times("bounce", is_soft).alias("soft_bounces"),
        people("unsubscribe").alias("unsubscribes"),
        people("complaint").alias("complaints"),
    )
