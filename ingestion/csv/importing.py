"""Import of reports by hand: from files to bronze and silver, by the same way as every connector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date as Date  # noqa: N812 - `date` is the option's name
from pathlib import Path
from typing import Any
from uuid import UUID

from core.money import minor_digits
from core.time import Clock, zone
from ingestion.csv.batch import BadRow
from ingestion.csv.cells import Asked
from ingestion.csv.plan import Planned, plan_import
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
) -> ImportResult:
    """Bring one CSV report into bronze and the silver table of its kind; return what came of it.

    The account is `import:<file name>`; a file imported again replaces what it said before, and
    the same file changes nothing. Rows that cannot be read are put aside with the reason. A file of
    several kinds (a shop's orders with their lines) returns the result of the first.

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
        account: The account's name instead of the file's, for files that belong together.
        choice: Columns and layout a person chose; `channel` goes before the one in it.
        hash_key: Key of the hashes that stand for persons; needed when the file holds any.

    Raises:
        BadInput: the file cannot be understood; the sentence names file, line, column and the cure.
        Conflict: a file of that name was imported before for other days, or days would count twice.
    """
    asked = make_asked(date, currency, assumed_currency, timezone, clock.now().date())
    chosen = choice or Choice()
    chosen = replace(chosen, channel=channel or chosen.channel)
    source = open_source(Path(path), chosen, hash_key)
    planned = plan_import([source], asked, account=account, lake=lake, workspace=workspace)
    return store(planned, lake=lake, workspace=workspace, clock=clock)[0]


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
    planned: Sequence[Planned], *, lake: Lake, workspace: UUID | str, clock: Clock
) -> list[ImportResult]:
    """Load what was planned and return one result a kind of record.

    Raises:
        Conflict: the lake could not take it.
    """
    results = []
    for one in planned:
        loads = store_batches(lake, one.channel, one.account, one.batches, workspace=workspace, clock=clock)
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
        notes = planned.notes if at == 0 else []
        results.append(tell(batch, load, about=about, notes=list(dict.fromkeys(notes)), mapping=mapping))
    return results
