"""Import of reports by hand: from files to bronze and silver, by the same way as every connector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date as Date  # noqa: N812 - `date` is the option's name
from pathlib import Path
from typing import Any
from uuid import UUID

from core.money import minor_digits
from core.time import Clock, local_day, zone
from ingestion.csv.batch import BadRow
from ingestion.csv.cells import Asked
from ingestion.csv.plan import Planned, plan_import
from ingestion.csv.restate import settle_losses
from ingestion.csv.result import ImportResult, tell
from ingestion.csv.source import Choice, open_source
from ingestion.csv.store import store_batches
from ingestion.ledger import LoadResult
from lake.delta import Lake

__all__ = ["BadRow", "ImportResult", "describe", "import_report", "store"]


def import_report(
    path: Path | str,
    *,
    channel: str | None = None,
    date: Date | None = None,
    currency: str | None = None,
    lake: Lake,
    workspace: UUID | str,
    clock: Clock,
    timezone: str = "UTC",
    assumed_currency: str = "EUR",
    account: str | None = None,
    choice: Choice | None = None,
    hash_key: bytes | None = None,
    remove: bool | None = None,
) -> ImportResult:
    """Bring one CSV report into bronze and the silver table of its kind; return what came of it.

    The name of the file means nothing. The account is `import:` and the name given, else that which the
    file's column of accounts tells, else the channel; rows that another import brought stay in the account
    they are in. Orders, mails, posts and customers are added and brought up to date by their ids; days are
    restated from the file's first to its last for the campaigns it tells, and earlier rows among them that
    it no longer has are named first (`remove`). The same file changes nothing. Rows that cannot be stored
    are put aside with the reason. A file of several kinds (a shop's orders with their lines) returns the
    result of the first.

    Args:
        path: The file; separator, encoding and columns are found out.
        channel: Name of the channel; needed when the columns do not tell.
        date: The day of a report that has no days.
        currency: ISO 4217 code of a report that names none.
        lake: Where to.
        workspace: Whose rows these become.
        clock: Says the instant of the import.
        timezone: IANA zone of the report's days.
        assumed_currency: What to take when neither the report nor the caller says; noted in the result.
        account: The account the file belongs to, where file and lake do not tell.
        choice: Columns and layout a person chose; `channel` goes before the one in it.
        hash_key: Key of the hashes that stand for persons; needed when the file holds any.
        remove: Whether earlier rows that the file no longer tells go (True) or stay (False); None refuses
            where there are any.

    Raises:
        BadInput: the file cannot be understood; the sentence names file, line, column and the cure.
        Conflict: something would count twice, or go without a word on it.
    """
    asked = make_asked(date, currency, assumed_currency, timezone, clock.now().date())
    chosen = choice or Choice()
    chosen = replace(chosen, channel=channel or chosen.channel)
    source = open_source(Path(path), chosen, hash_key)
    today = local_day(clock.now(), timezone)
    planned = plan_import([source], asked, account=account, lake=lake, workspace=workspace, today=today)
    return store(planned, lake=lake, workspace=workspace, clock=clock, remove=remove)[0]


def make_asked(
    day: Date | None, currency: str | None, assumed_currency: str, timezone: str, seen_on: Date | None = None
) -> Asked:
    """Return what a caller says about reports.

    Raises:
        BadInput: no such currency or time zone.
    """
    zone(timezone)
    for code in (currency, assumed_currency):
        if code is not None:
            minor_digits(code)
    return Asked(day, currency, assumed_currency, timezone, seen_on=day or seen_on)


def store(
    planned: Sequence[Planned],
    *,
    lake: Lake,
    workspace: UUID | str,
    clock: Clock,
    remove: bool | None = None,
) -> list[ImportResult]:
    """Load what was planned and return one result a kind of record.

    Raises:
        Conflict: the lake could not take it, or earlier rows would go and `remove` does not say so.
    """
    settled = [(one, settle_losses(one.losses, one.file, remove=remove)) for one in planned]
    results = []
    for one, losses in settled:
        loads = store_batches(
            *(lake, one.channel, one.account, one.batches, losses), workspace=workspace, clock=clock
        )
        results += _results(one, loads, is_dry=False)
    return results


def describe(planned: Sequence[Planned]) -> list[ImportResult]:
    """Return what storing would bring: the same totals, nothing written."""
    return [result for one in planned for result in _results(one, None, is_dry=True)]


def _results(planned: Planned, loads: Sequence[LoadResult] | None, *, is_dry: bool) -> list[ImportResult]:
    results = []
    for at, (batch, sources) in enumerate(zip(planned.batches, planned.sources, strict=True)):
        load = loads[at] if loads else LoadResult(planned.channel, batch.kind.stream, planned.account.id, "")
        about: dict[str, Any] = {
            "file": str(sources[0].table.path),
            "files": [str(source.table.path) for source in sources],
            "channel": planned.channel,
            "account_id": planned.account.id,
            "layout": sources[0].layout.name,
            "currency": planned.account.currency or "",
            "dry_run": is_dry,
        }
        mapping = [column for source in sources for column in source.mapping()]
        notes = list(planned.notes) if at == 0 else []
        notes += [f"Would go: {loss.what}." for loss in planned.losses if loss.kind is batch.kind and is_dry]
        results.append(tell(batch, load, about=about, notes=list(dict.fromkeys(notes)), mapping=mapping))
    return results
