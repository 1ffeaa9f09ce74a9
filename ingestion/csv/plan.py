"""Several files as one import: which belong together, what they join, and the records they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

import polars as pl

from channels.contract import Account
from core.errors import BadInput
from ingestion.csv import shop
from ingestion.csv.batch import Batch
from ingestion.csv.cells import Asked
from ingestion.csv.claims import read_claims
from ingestion.csv.connected import refuse_connected
from ingestion.csv.events import count_events
from ingestion.csv.identity import PREFIX
from ingestion.csv.judge import judge, refuse_nothing
from ingestion.csv.kinds import ACTIONS, ADS, EVENTS, MAIL_NAMES, MAILS, NAMES, SPEND, Kind
from ingestion.csv.names import join_mail_names, join_names
from ingestion.csv.owners import find_owners
from ingestion.csv.reading import read_batch, refuse_missing
from ingestion.csv.restate import Loss, find_losses, note_untold
from ingestion.csv.source import Source
from ingestion.csv.stored import Where
from lake.delta import Lake

# Files of these kinds add to others and are no report of their own.
HELPING = (NAMES, MAIL_NAMES, ACTIONS)
ALONE = (ADS, SPEND, MAILS)
# A batch and the files it came from.
Made = tuple[Batch, list[Source]]


@dataclass(slots=True)
class Planned:
    """One account's part of an import: read and checked whole, not stored yet.

    `losses` are earlier rows that would go; storing needs a word on them.
    """

    channel: str
    account: Account
    batches: list[Batch]
    sources: list[list[Source]]
    notes: list[str] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)

    @property
    def file(self) -> str:
        """The name of the first file."""
        return self.sources[0][0].name


def plan_import(
    sources: Sequence[Source],
    asked: Asked,
    *,
    account: str | None,
    lake: Lake,
    workspace: UUID | str,
    today: date | None = None,
) -> list[Planned]:
    """Return what the files would bring, joined with one another; nothing is written.

    Every row goes to the account named, else to the one that has its campaign, order, mail or post, else to
    that of the file's own column of accounts, else to the channel's own. `today` is the day of the import.

    Raises:
        BadInput: a file cannot be used; the sentence names file, line, column and the cure.
        Conflict: a file would count something twice.
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
        where = Where(lake, workspace, channel, pending, account)
        planned += _settle(where, made, notes, asked, today)
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


def _settle(
    where: Where, made: list[Made], notes: list[str], asked: Asked, today: date | None
) -> list[Planned]:
    """Give every row its account, and find what storing it would count twice or take away."""
    parts: dict[str, list[Made]] = {}
    for batch, sources in made:
        refuse_connected(where, batch, sources[0].name)
        owners = find_owners(where, batch, sources[0].name)
        there = owners.unique(maintain_order=True).to_list() or [_own(where, parts)]
        for at, account_id in enumerate(there):
            part = _part(batch, owners == account_id, is_first=at == 0)
            parts.setdefault(account_id, []).append((part, sources))
    currencies = {account_id: _currency(own, asked) for account_id, own in parts.items()}
    parts = {
        account_id: [(judge(batch, today), sources) for batch, sources in own]
        for account_id, own in parts.items()
    }
    refuse_nothing([batch for own in parts.values() for batch, _ in own], made[0][1][0].name)
    planned: list[Planned] = []
    for account_id, own in parts.items():
        account = Account(account_id, account_id.removeprefix(PREFIX), currencies[account_id], asked.timezone)
        losses = [
            loss
            for batch, sources in own
            for loss in find_losses(
                where, batch, account_id, sources[0].name, is_dated=_is_dated(sources, asked)
            )
        ]
        own_notes = notes if not planned else []
        own_notes = [*own_notes, *_note_home(where, own, account_id)]
        batches, files = [batch for batch, _ in own], [sources for _, sources in own]
        planned.append(Planned(where.channel, account, batches, files, own_notes, losses))
    return planned


def _note_home(where: Where, made: Sequence[Made], account_id: str) -> list[str]:
    """Say where rows go that are not the channel's own, and what of their days the file does not tell."""
    notes = []
    if where.account is None and account_id != PREFIX + where.channel:
        notes.append(f"Stored in account {account_id.removeprefix(PREFIX)!r}; --account names another.")
    for batch, _ in made:
        notes += note_untold(where, batch, account_id)
    return notes


def _is_dated(sources: Sequence[Source], asked: Asked) -> bool:
    """Say whether the day of the rows is the caller's word alone."""
    headers = {name for source in sources for part in source.layout.parts for name in part.columns}
    return asked.day is not None and "day" not in headers


def _own(where: Where, parts: Mapping[str, list[Made]]) -> str:
    return next(iter(parts), PREFIX + (where.account or where.channel))


def _part(batch: Batch, mask: pl.Series, *, is_first: bool) -> Batch:
    """Return the rows of one account; what cannot be read goes with the first of them."""
    good = batch.good.filter(mask)
    if is_first:
        others = batch.good.height - good.height
        return Batch(batch.kind, good, batch.spoilt, batch.bad, max(batch.rows - others, good.height))
    return Batch(batch.kind, good, batch.spoilt.clear(), [], good.height)


def _currency(made: Sequence[Made], asked: Asked) -> str:
    """Return the currency of an account's rows, the most frequent where a shop has several.

    Raises:
        BadInput: days of ads in several currencies.
    """
    batch, (first, *_) = made[0]
    if "currency" not in batch.good.columns:
        return asked.currency or asked.assumed_currency
    coins = batch.good["currency"].drop_nulls()
    coins = coins.filter(coins != "").value_counts(sort=True)["currency"]
    if batch.kind in (ADS, SPEND) and len(coins) > 1:
        raise BadInput(f"{first.name} mixes {' and '.join(coins.sort())}; export one account at a time.")
    return str(coins[0]) if len(coins) else asked.currency or asked.assumed_currency
