"""What was brought before, by an import or by a connected channel, so that nothing is counted twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import polars as pl

from core.errors import Conflict
from ingestion.csv.batch import Batch
from ingestion.csv.kinds import ADS, MAILS, ORDERS, POST_DAYS, POSTS, SPEND, Kind
from lake.delta import Lake
from lake.layout import bronze_name

LEVELS = ("campaign_id", "ad_set_id", "ad_id")
PREFIX = "import:"


@dataclass(frozen=True, slots=True)
class Where:
    """The lake, whose rows, the channel an import is for, and what the same call brings beside it.

    `pending` are batches by account that were read and are not stored yet. `is_named` says that the caller
    named the account: alike campaigns of another one are then no reason to stop.
    """

    lake: Lake
    workspace: UUID | str
    channel: str
    pending: Sequence[tuple[str, Batch]] = ()
    is_named: bool = False

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
    """What the channel has on days of this import from elsewhere: by ad, or as the account's total."""

    account_id: str
    rows: pl.DataFrame
    vendor_accounts: frozenset[str]
    is_total: bool

    @property
    def is_import(self) -> bool:
        """A connected channel's rows are no import; they cannot be replaced or joined by one."""
        return self.account_id.startswith(PREFIX)


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
        if where.is_named and not is_same:
            continue
        if before.is_import and before.is_total != (batch.kind is SPEND):
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
        rows = where.lake.read(
            *("silver", kind.table, where.workspace),
            pl.col("channel") == where.channel,
            pl.col("account_id") != mine,
            pl.col("day_on").is_in(days),
            columns=["account_id", "day_on", *levels],
        )
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
    if not account_id.startswith(PREFIX):
        return frozenset({account_id, account_id.removeprefix("act_"), account_id.replace("-", "")})
    bronze = bronze_name(where.channel, kind.stream)
    mine = pl.col("account_id") == account_id
    payloads = where.lake.read("bronze", bronze, where.workspace, mine, columns=["payload"])
    told = payloads["payload"].drop_nulls().str.json_path_match("$.account").drop_nulls().unique()
    return frozenset(told) - {""}


def _shared_day(batch: Batch, before: Before, *, is_same: bool) -> object | None:
    """Return a day both tell of one campaign, ad set or ad; of one account where no id is common."""
    mine, theirs = batch.good, before.rows
    if not before.is_total and batch.kind is ADS:
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
    if not account_id.startswith(PREFIX):
        return Conflict(
            f"{file} holds days of {whose} that the connected account {account_id} brings itself "
            f"(such as {day}); importing both would count them twice. Leave this file out."
        )
    name = account_id.removeprefix(PREFIX)
    return Conflict(
        f"{file} holds days of {whose} that an earlier import, {name!r}, brought already (such as {day}); "
        "importing both would count them twice. To replace the earlier one, import this file with "
        f"--account {name}; if it is another account, with --account and another name."
    )


# What one thing is known by, in kinds that are no days of an account.
KNOWN_BY = {ORDERS.name: ("order_id",), MAILS.name: ("mail_id",), POSTS.name: ("post_id",),
            POST_DAYS.name: ("post_id", "day_on")}  # fmt: skip


def refuse_known(where: Where, batch: Batch, account_id: str, file: str) -> None:
    """Raise Conflict where another account of the channel has an order, a mail or a post of the file."""
    keys = KNOWN_BY.get(batch.kind.name)
    if keys is None or where.is_named:
        return
    rows = where.lake.read(
        *("silver", batch.kind.table, where.workspace),
        pl.col("channel") == where.channel,
        pl.col("account_id") != account_id,
        columns=["account_id", *keys],
    )
    shared = rows.join(batch.good, on=keys, how="semi")
    if shared.is_empty():
        return
    other, name = shared["account_id"][0], shared["account_id"][0].removeprefix(PREFIX)
    cure = (
        f"To replace it, import this file with --account {name}" if other != name else "Leave this file out"
    )
    raise Conflict(
        f"{file} holds {batch.kind.title} that {name!r} brought already (such as {shared[keys[0]][0]}); "
        f"importing both would count them twice. {cure}; if it is another account, say so with "
        "--account and its name."
    )
