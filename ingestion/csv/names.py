"""Names and parents of campaigns, ad sets and ads from files of their own."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from ingestion.csv.cells import Asked
from ingestion.csv.kinds import MAIL_NAMES, NAMES
from ingestion.csv.reading import read_rows
from ingestion.csv.source import Source

# From the finest up: an ad's file may name its ad set, whose file then names the campaign.
LEVELS = ("ad", "ad_set", "campaign")
MAIL_LABELS = ("list_id", "title", "subject", "sent_at")


def join_names(rows: pl.DataFrame, sources: Sequence[Source], asked: Asked) -> pl.DataFrame:
    """Return an ad report's rows with the names and parents it lacks; what it tells itself stands."""
    rows = rows.with_columns(
        pl.col(f"{level}_{what}").fill_null("") for level in LEVELS for what in ("id", "name")
    )
    frames = [_latest(source, asked) for source in sources]
    for level in LEVELS:
        for frame in frames:
            own = f"{level}_id"
            if not frame[f"{level}_name"].fill_null("").ne("").any():
                continue
            others = [
                name
                for name in frame.columns
                if name.endswith(("_id", "_name")) and name in rows and name != own
            ]
            known = frame.filter(pl.col(own) != "").unique(own, keep="last").select(own, *others)
            rows = rows.join(known, on=own, how="left", suffix=".told", maintain_order="left")
            rows = rows.with_columns(
                pl.when(pl.col(name) == "")
                .then(pl.col(f"{name}.told").fill_null(""))
                .otherwise(name)
                .alias(name)
                for name in others
            ).drop(f"{name}.told" for name in others)
    return rows


def _latest(source: Source, asked: Asked) -> pl.DataFrame:
    """Return the file's rows in the order of their change, so that the last one of an id counts."""
    part = source.part(NAMES)
    assert part is not None  # noqa: S101 - only files of names come here
    cells, _ = read_rows(source, part, asked, [])
    return cells.frame.sort("changed_at", nulls_last=False, maintain_order=True)


def join_mail_names(mails: pl.DataFrame, sources: Sequence[Source], asked: Asked) -> pl.DataFrame:
    """Return mails with title, subject, list and instant of sending from files that name them."""
    for source in sources:
        part = source.part(MAIL_NAMES)
        assert part is not None  # noqa: S101 - only files of mails come here
        cells, _ = read_rows(source, part, asked, [])
        told = cells.frame.select("mail_id", *MAIL_LABELS).unique("mail_id", keep="last")
        mails = mails.join(told, on="mail_id", how="left", suffix=".told", maintain_order="left")
        mails = mails.with_columns(
            pl.coalesce(_word(f"{name}.told", mails), _word(name, mails)).alias(name) for name in MAIL_LABELS
        ).drop(f"{name}.told" for name in MAIL_LABELS)
    return mails


def _word(name: str, frame: pl.DataFrame) -> pl.Expr:
    column = pl.col(name)
    return pl.when(column != "").then(column) if frame[name].dtype == pl.String else column
