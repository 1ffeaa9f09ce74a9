"""Several files as one import: which belong together, what they join, and the records they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

import polars as pl

from channels.contract import Account
from core.errors import BadInput, Conflict
from ingestion.csv import shop
from ingestion.csv.batch import Batch
from ingestion.csv.cells import Asked
from ingestion.csv.claims import read_claims
from ingestion.csv.events import count_events
from ingestion.csv.kinds import ACTIONS, ADS, EVENTS, MAIL_NAMES, MAILS, NAMES, SPEND, Kind
from ingestion.csv.names import join_mail_names, join_names
from ingestion.csv.overlap import PREFIX, Where, refuse_known, settle_account
from ingestion.csv.reading import read_batch, refuse_missing
from ingestion.csv.source import Source
from lake.delta import Lake
from lake.schemas import SILVER

# Files of these kinds add to others and are no report of their own.
HELPING = (NAMES, MAIL_NAMES, ACTIONS)
ALONE = (ADS, SPEND, MAILS)
# A batch and the files it came from.
Made = tuple[Batch, list[Source]]


@dataclass(slots=True)
class Planned:
    """One account's part of an import: read and checked whole, not stored yet."""

    channel: str
    account: Account
    batches: list[Batch]
    sources: list[list[Source]]
    notes: list[str] = field(default_factory=list)


def plan_import(
    sources: Sequence[Source], asked: Asked, *, account: str | None, lake: Lake, workspace: UUID | str
) -> list[Planned]:
    """Return what the files would bring, joined with one another; nothing is written.

    Reports of ads and mails are accounts of their own; the files of a shop or of a page share one.

    Raises:
        BadInput: a file cannot be used; the sentence names file, line, column and the cure.
        Conflict: a file would count days twice or replace other days.
    """
    for source in sources:
        for part in source.layout.parts:
            refuse_missing(source, part, asked)
        if source.channel is None:
            raise BadInput(
                f"{source.name} does not tell the platform; say it with --channel, such as google_ads."
            )
    planned: list[Planned] = []
    for members in _families(sources):
        notes: list[str] = list(dict.fromkeys(note for one in members for note in one.table.notes))
        made = _make_batches(members, sources, asked, notes)
        notes += [one.layout.note for one in members if one.layout.note]
        channel = members[0].channel or ""
        pending = [(p.account.id, b) for p in planned if p.channel == channel for b in p.batches]
        where = Where(lake, workspace, channel, pending, is_named=account is not None)
        planned.append(_settle(where, made, notes, account or made[0][1][0].table.path.stem, asked))
    if not planned:
        names = ", ".join(source.name for source in sources)
        raise BadInput(f"{names} only adds to a report; give the report itself in the same call.")
    return planned


def _families(sources: Sequence[Source]) -> list[list[Source]]:
    """Return the files that make one account: an ad or mail report alone, the others by channel."""
    families: dict[object, list[Source]] = {}
    for at, source in enumerate(sources):
        kind = source.layout.parts[0].kind
        if kind in HELPING:
            continue
        family = at if kind in ALONE else (source.channel, "events" if kind is EVENTS else "")
        families.setdefault(family, []).append(source)
    return list(families.values())


def _make_batches(
    members: Sequence[Source], sources: Sequence[Source], asked: Asked, notes: list[str]
) -> list[Made]:
    def helping(kind: Kind) -> list[Source]:
        return [one for one in sources if one.channel == members[0].channel and one.part(kind)]

    first = members[0]
    if first.layout.parts[0].kind is EVENTS:
        files = sorted(members, key=lambda one: one.name)
        return [(count_events(files, helping(MAIL_NAMES), asked, notes), files)]
    if first.layout.parts[0].kind not in ALONE:
        return shop.read_together(members, asked, notes)

    def amend(rows: pl.DataFrame) -> pl.DataFrame:
        if kind is MAILS:
            return join_mail_names(rows, helping(MAIL_NAMES), asked)
        if kind is ADS and (names := helping(NAMES)):
            notes.append(f"Names were taken from {', '.join(one.name for one in names)}.")
            rows = join_names(rows, names, asked)
        return read_claims(rows, first, helping(ACTIONS), asked)

    kind = first.layout.parts[0].kind
    return [(read_batch(first, first.layout.parts[0], asked, notes, amend), [first])]


def _settle(where: Where, made: list[Made], notes: list[str], name: str, asked: Asked) -> Planned:
    """Find the account of the batches and refuse what would replace other days."""
    batch, (first, *_) = made[0]
    coins = pl.Series("currency", [], dtype=pl.String)
    if "currency" in batch.good.columns:
        coins = batch.good["currency"].drop_nulls().value_counts(sort=True)["currency"]
    account_id = PREFIX + name
    if batch.kind in (ADS, SPEND):
        if len(coins) > 1:
            several = " and ".join(coins.sort())
            raise BadInput(f"{first.name} mixes {several}; export one account at a time.")
        settled = settle_account(where, batch, account_id, first.name)
        if settled != account_id:
            notes.append(f"The account's days were imported before as {settled}; this file joins them.")
        account_id = settled
    currency = coins[0] if len(coins) else asked.currency or asked.assumed_currency
    account = Account(account_id, first.name, currency, asked.timezone)
    for one, sources in made:
        if (account_id, one.kind.stream) in {(name, other.kind.stream) for name, other in where.pending}:
            raise BadInput(
                f"Two files of one call are {account_id.removeprefix(PREFIX)!r}, and the second "
                "would replace the first; rename one of them, or put them into one file."
            )
        refuse_known(where, one, account_id, sources[0].name)
        _refuse_other_days(where, account, one, sources)
    return Planned(where.channel, account, [one for one, _ in made], [files for _, files in made], notes)


def _refuse_other_days(where: Where, account: Account, batch: Batch, sources: list[Source]) -> None:
    """Do not let this month's `report.csv` silently replace last month's."""
    kind = batch.kind
    if SILVER[kind.table].day is None or not any(_has_days(source, kind) for source in sources):
        return
    rows = where.days(kind, pl.col("account_id") == account.id, columns=["day_on"])
    days = batch.good["day_on"].drop_nulls()
    first, last = days.min(), days.max()
    if rows.is_empty() or not isinstance(first, date) or not isinstance(last, date):
        return
    if not rows["day_on"].is_between(first, last).any():
        raise Conflict(
            f"A file named {account.name} was imported before, for other days (one is {rows['day_on'][0]}); "
            "rename this one or give another --account to keep both."
        )


def _has_days(source: Source, kind: Kind) -> bool:
    part = source.part(kind)
    times = ("day", "ordered_at", "refunded_at")
    return part is not None and any(name in part.columns for name in times)
