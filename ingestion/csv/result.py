"""What an import did, in numbers a person can compare with the platform's own page."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from core.money import Money
from ingestion.csv.batch import BadRow, Batch
from ingestion.csv.kinds import ADDED
from ingestion.csv.source import MappedColumn
from ingestion.ledger import LoadResult


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did, or with `dry_run` would do.

    `rows` are the file's, `records` the records they make; `new`, `changed`, `deleted` count records.
    The totals are of the rows that are stored, the others are in `bad_rows`.
    Money is rounded once, from the exact sum. What a kind of report
    does not tell is None, `totals` holds everything it tells: counts, and money by currency in minor units.
    """

    file: str
    channel: str
    account_id: str
    layout: str
    currency: str
    first_on: date | None
    last_on: date | None
    rows: int
    records: int
    quarantined: int
    new: int
    changed: int
    deleted: int
    impressions: int | None
    clicks: int | None
    spend_minor: int | None
    claimed_conversions: float | None
    bad_rows: list[BadRow]
    notes: list[str]
    kind: str = ""
    files: list[str] = field(default_factory=list)
    totals: dict[str, Any] = field(default_factory=dict)
    mapping: list[MappedColumn] = field(default_factory=list)
    dry_run: bool = False

    @property
    def is_stored(self) -> bool:
        """Whether every row that is reported is in the lake and every row set aside is named."""
        return self.quarantined <= len(self.bad_rows)


def tell_totals(batch: Batch) -> dict[str, Any]:
    """Return the sums of a batch's good records by field; money per currency, in minor units."""
    kind, rows = batch.kind, batch.good
    totals: dict[str, Any] = {}
    for name, cell in kind.fields.items():
        told = rows.filter(pl.col(kind.column(name)).is_not_null())
        if cell not in ADDED or told.is_empty():
            continue
        if cell == "money":
            sums = told.group_by("currency").agg(pl.col(kind.column(name)).sum()).sort("currency")
            totals[f"{name}_minor"] = {
                code: Money.from_micros(micros, code).minor for code, micros in sums.rows()
            }
        else:
            total = told[kind.column(name)].sum()
            totals[kind.column(name)] = float(total) if cell == "real" else int(total)
    return totals


def tell(
    batch: Batch, load: LoadResult, *, about: dict[str, Any], notes: list[str], mapping: list[MappedColumn]
) -> ImportResult:
    """Return the result of one batch; `about` holds what its file and account say: names and currency."""
    totals = tell_totals(batch)
    days = (
        batch.good["day_on"].drop_nulls() if "day_on" in batch.good.columns else pl.Series([], dtype=pl.Date)
    )
    first, last = (days.min(), days.max()) if len(days) else (None, None)
    spend = totals.get("spend_minor")
    return ImportResult(
        **about,
        first_on=first if isinstance(first, date) else None,
        last_on=last if isinstance(last, date) else None,
        rows=batch.rows,
        records=batch.good.height + len(batch.bad),
        quarantined=load.quarantined if load.load_id else len(batch.bad),
        new=load.new,
        changed=load.changed,
        deleted=load.deleted,
        impressions=totals.get("impressions"),
        clicks=totals.get("clicks"),
        spend_minor=None if spend is None else sum(spend.values()),
        claimed_conversions=totals.get("claimed_conversions"),
        bad_rows=batch.bad,
        notes=notes,
        kind=batch.kind.name,
        totals=totals,
        mapping=mapping,
    )
