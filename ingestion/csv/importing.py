"""Import of a report by hand: from a file to bronze and silver, by the same way as every connector."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812 - `date` is the option's name
from pathlib import Path
from typing import Any
from uuid import UUID

import polars as pl
import pyarrow as pa

from channels.connection import Answer, Connection
from channels.contract import Account, Channel, Record, Span, Stream
from core.errors import BadInput, Conflict
from core.money import Money, minor_digits
from core.time import Clock, zone
from ingestion.csv.layouts import NAMES
from ingestion.csv.report import Asked, BadRow, Report, read_report
from ingestion.csv.table import read_table
from ingestion.ledger import LoadResult
from ingestion.runner import load_channel
from lake.delta import Lake

STREAM = "report_import"
MODEL = "report"
FIELDS: dict[str, pa.DataType] = {
    **dict.fromkeys(("key", "day_on", *NAMES, "currency", "claim_action"), pa.string()),
    **dict.fromkeys(("impressions", "clicks", "spend_micros", "claimed_value_micros"), pa.int64()),
    "claimed_conversions": pa.float64(),
}


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did.

    `rows` are the file's, `records` the ads and days they make; `new`, `changed`, `deleted` count
    records. The totals are of the good rows; `spend_minor` is rounded once, from the exact sum.
    """

    file: str
    channel: str
    account_id: str
    layout: str
    currency: str
    first_on: Date
    last_on: Date
    rows: int
    records: int
    quarantined: int
    new: int
    changed: int
    deleted: int
    impressions: int
    clicks: int
    spend_minor: int
    claimed_conversions: float | None
    bad_rows: list[BadRow]
    notes: list[str]


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
) -> ImportResult:
    """Bring an ad platform's CSV report into bronze `<channel>__report_import` and silver `ad_daily`.

    The account is `import:<file name>`; a file imported again replaces what it said before, and
    the same file changes nothing. Rows that cannot be read are put aside with the reason.

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

    Raises:
        BadInput: the file cannot be understood; the sentence names file, line, column and the cure.
        Conflict: a file of that name was imported before for other days.
    """
    file = Path(path)
    zone(timezone)
    for code in (currency, assumed_currency):
        if code is not None:
            minor_digits(code)
    table = read_table(file)
    report = read_report(table, Asked(date, currency, assumed_currency))
    target = channel or report.layout.channel
    if target is None:
        raise BadInput(f"{file.name} does not tell the platform; say it with --channel, such as google_ads.")
    good = [record for record in report.records if "problem" not in record]
    coins = sorted({record["currency"] for record in good})
    if len(coins) > 1:
        raise BadInput(f"{file.name} mixes {' and '.join(coins)}; export one account at a time.")
    account = Account(f"import:{file.stem}", file.name, coins[0], timezone)
    days = sorted({Date.fromisoformat(record["day_on"]) for record in good})
    _refuse_other_days(lake, workspace, target, account, days, has_days="day" in report.layout.columns)
    source = _as_channel(target, account, report)
    results = load_channel(lake, source, None, workspace=workspace, clock=clock, days=1, hash_key=b"")
    failed = next((result.error for result in results if result.error), None)
    if failed:
        raise Conflict(f"{file.name} could not be stored: {failed}")
    return _tell(file, account, report, good, results[-1])


def _as_channel(name: str, account: Account, report: Report) -> Channel:
    """Return the report as a channel of one account whose vendor is the file."""

    def read_records(connection: Connection, asked: Account, span: Span) -> Iterator[list[Record]]:
        del connection, asked, span
        yield report.records

    def list_accounts(connection: Connection) -> list[Account]:
        del connection
        return [account]

    stream = Stream(
        name=STREAM,
        reading="snapshot",
        key=("key",),
        fields=FIELDS,
        pages=read_records,
        silver={"ad_daily": to_ad_daily},
        optional=frozenset({"rows", "problem"}),
    )
    return Channel(
        name=name,
        title=account.name,
        hosts={},
        api_version="1",
        sunset_on=None,
        credentials=(),
        check=_accept,
        authorise=_sign_nothing,
        accounts=list_accounts,
        streams=(stream,),
    )


def to_ad_daily(records: pl.DataFrame, account: Account) -> pl.DataFrame:
    """Return `ad_daily` rows; a record of a bad row has no day and so is put aside."""
    del account
    own = [name for name in FIELDS if name not in {"key", "day_on"}]
    return records.select(
        "record_key",
        *own,
        day_on=pl.col("day_on").str.to_date("%Y-%m-%d", strict=False),
        claim_window=pl.lit(None, pl.String),
        claim_model=pl.lit(MODEL),
    )


def _refuse_other_days(
    lake: Lake, workspace: UUID | str, channel: str, account: Account, days: list[Date], *, has_days: bool
) -> None:
    """Do not let this month's `report.csv` silently replace last month's."""
    rows = lake.read(
        *("silver", "ad_daily", workspace),
        pl.col("channel") == channel,
        pl.col("account_id") == account.id,
        columns=["day_on"],
    )
    if rows.is_empty() or not has_days:
        return
    before = rows["day_on"]
    if not before.is_between(days[0], days[-1]).any():
        raise Conflict(
            f"A file named {account.name} was imported before, for other days (one is {before[0]}); "
            "rename this one to keep both."
        )


def _tell(file: Path, account: Account, report: Report, good: list[Record], load: LoadResult) -> ImportResult:
    days = [Date.fromisoformat(record["day_on"]) for record in good]
    currency = account.currency or ""
    claims = [record["claimed_conversions"] for record in good if record["claimed_conversions"] is not None]
    spend = Money.from_micros(sum(record["spend_micros"] for record in good), currency)
    return ImportResult(
        file=str(file),
        channel=load.channel,
        account_id=account.id,
        layout=report.layout.name,
        currency=currency,
        first_on=min(days),
        last_on=max(days),
        rows=report.rows,
        records=len(report.records),
        quarantined=len(report.bad),
        new=load.new,
        changed=load.changed,
        deleted=load.deleted,
        impressions=sum(record["impressions"] for record in good),
        clicks=sum(record["clicks"] for record in good),
        spend_minor=spend.minor,
        claimed_conversions=sum(claims) if claims else None,
        bad_rows=report.bad,
        notes=report.notes,
    )


def _accept(answer: Answer) -> None:
    del answer  # nothing is asked over the network


def _sign_nothing(connection: Connection) -> tuple[dict[str, Any], dict[str, Any]]:
    del connection
    return {}, {}
