"""Two files of one ad account: what the second may add, so that no spend is counted twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import polars as pl

from core.errors import Conflict
from ingestion.csv.batch import Batch
from ingestion.csv.kinds import ADS, SPEND, Kind
from lake.delta import Lake
from lake.layout import bronze_name

LEVELS = ("campaign_id", "ad_set_id", "ad_id")
PREFIX = "import:"


@dataclass(frozen=True, slots=True)
class Where:
    """The lake, whose rows, the channel an import is for, and what the same call brings beside it.

    `pending` are batches by account that were read and are not stored yet.
    """

    lake: Lake
    workspace: UUID | str
    channel: str
    pending: Sequence[tuple[str, Batch]] = ()

    def days(self, kind: Kind, *more: pl.Expr, columns: list[str]) -> pl.DataFrame:
        """Return rows that earlier imports brought into the kind's silver table."""
        return self.lake.read(
            *("silver", kind.table, self.workspace),
            pl.col("channel") == self.channel,
            pl.col("stream") == kind.stream,
            *more,
            columns=columns,
        )


@dataclass(frozen=True, slots=True)
class Before:
    """What an earlier import of the channel brought on days of this one: by ad, or as the account's total."""

    account_id: str
    rows: pl.DataFrame
    vendor_accounts: frozenset[str]
    is_total: bool


def settle_account(where: Where, batch: Batch, account_id: str, file: str) -> str:
    """Return the account a report belongs to, after comparing it with what was imported before.

    Totals of an account join the account whose ads were imported, and the other way round: then only
    what the ads leave over is added. Two reports of one account and day at the same grain, or by
    campaign and by ad, are refused.

    Raises:
        Conflict: importing the file would count days twice; the sentence says how to import it.
    """
    vendor = _told_accounts(batch)
    joined = set()
    for before in _find_before(where, batch, account_id):
        if vendor and before.vendor_accounts and not vendor & before.vendor_accounts:
            continue
        is_same = bool(vendor & before.vendor_accounts)
        if before.is_total != (batch.kind is SPEND):
            joined |= {before.account_id} if is_same else set()
        elif (day := _shared_day(batch, before, is_same=is_same)) is not None:
            raise _twice(file, before.account_id, vendor & before.vendor_accounts, day)
    if not joined:
        return account_id
    if len(joined) > 1 or _has_stream(where, batch, min(joined)):
        raise _twice(file, min(joined), vendor, batch.good["day_on"][0])
    return joined.pop()


def _find_before(where: Where, batch: Batch, mine: str) -> list[Before]:
    days = batch.good["day_on"].unique().to_list()
    found = []
    for kind in (ADS, SPEND):
        levels = LEVELS if kind is ADS else ()
        others = (pl.col("account_id") != mine, pl.col("day_on").is_in(days))
        rows = where.days(kind, *others, columns=["account_id", "day_on", *levels])
        for (account_id,), part in rows.group_by("account_id"):
            vendor = _vendor_accounts(where, kind, str(account_id))
            found.append(Before(str(account_id), part, vendor, kind is SPEND))
    for account_id, other in where.pending:
        if other.kind in (ADS, SPEND) and account_id != mine:
            found.append(Before(account_id, other.good, _told_accounts(other), other.kind is SPEND))
    return found


def _told_accounts(batch: Batch) -> frozenset[str]:
    return frozenset(batch.good["account"].drop_nulls().to_list()) - {""}


def _vendor_accounts(where: Where, kind: Kind, account_id: str) -> frozenset[str]:
    bronze = bronze_name(where.channel, kind.stream)
    mine = pl.col("account_id") == account_id
    payloads = where.lake.read("bronze", bronze, where.workspace, mine, columns=["payload"])
    told = payloads["payload"].drop_nulls().str.json_path_match("$.account").drop_nulls().unique()
    return frozenset(told) - {""}


def _shared_day(batch: Batch, before: Before, *, is_same: bool) -> object | None:
    """Return a day both tell of one campaign, ad set or ad; of one account where no id is common."""
    mine, theirs = batch.good, before.rows
    if not before.is_total:
        common = [level for level in LEVELS if (mine[level] != "").any() and (theirs[level] != "").any()]
        if common:
            on = ["day_on", common[0]]
            shared = mine.filter(pl.col(common[0]) != "").join(theirs, on=on, how="semi")
            return shared["day_on"].min()
    return mine.join(theirs, on="day_on", how="semi")["day_on"].min() if is_same else None


def _has_stream(where: Where, batch: Batch, account_id: str) -> bool:
    if any(name == account_id and other.kind is batch.kind for name, other in where.pending):
        return True
    mine = pl.col("account_id") == account_id
    return not where.days(batch.kind, mine, columns=["day_on"]).is_empty()


def _twice(file: str, account_id: str, vendor: frozenset[str], day: object) -> Conflict:
    whose = f"account {', '.join(sorted(vendor))}" if vendor else "campaigns"
    name = account_id.removeprefix(PREFIX)
    return Conflict(
        f"{file} holds days of {whose} that an earlier import, {name!r}, brought already (such as {day}); "
        "importing both would count them twice. To replace the earlier one, import this file with "
        f"--account {name}."
    )
