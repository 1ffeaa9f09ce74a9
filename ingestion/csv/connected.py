"""Rows that a connected account of the channel brings itself: a file may not bring them again."""

from __future__ import annotations

from datetime import date
from typing import NoReturn

import polars as pl

from core.errors import Conflict
from ingestion.csv.batch import Batch
from ingestion.csv.identity import INSTANT, THING, plain_account, plain_id, plain_name
from ingestion.csv.kinds import (
    ACCOUNT_DAYS,
    ADS,
    CUSTOMERS,
    LINES,
    MAILS,
    ORDERS,
    POST_DAYS,
    POSTS,
    REFUNDS,
    SPEND,
)
from ingestion.csv.owners import SAME_HOURS, alike_rows
from ingestion.csv.stored import Where, range_of, spans

CHECKED = (MAILS, POSTS, POST_DAYS, CUSTOMERS, ORDERS, LINES, REFUNDS)
FIGURES = ["impressions", "clicks", "spend_micros"]


def refuse_connected(where: Where, batch: Batch, file: str) -> None:
    """Raise Conflict where a connected account brings rows of the file itself.

    Accounts are compared without dashes, campaigns by id or name, orders by id or name, other things by id;
    a report without campaigns meets any account of its days unless `--account` names another.
    """
    if batch.kind in (ADS, SPEND):
        _refuse_ads(where, batch, file)
    elif batch.kind is ACCOUNT_DAYS:
        _refuse_account_days(where, batch, file)
    elif batch.kind in CHECKED:
        _refuse_things(where, batch, file)


def _refuse_ads(where: Where, batch: Batch, file: str) -> None:
    rows = spans(batch.good.with_row_index("nth"))
    covered = range_of(rows)
    if covered is None:
        return
    near = pl.col("day_on").is_between(*covered)
    levels = ["campaign_id", "campaign_name"]
    parts = [
        where.connected(table, near, columns=["day_on", *more, *FIGURES])
        for table, more in (("ad_daily", levels), ("spend_daily", []))
    ]
    ads, totals = parts
    if ads.is_empty() and totals.is_empty():
        return
    days = rows.with_columns(pl.date_ranges("day_on", "until_on").alias("day_on")).explode("day_on")
    days = days.with_columns(plain_account(pl.col("account")).fill_null("").alias("vendor"))
    known = pl.concat(parts, how="diagonal").with_columns(plain_account(pl.col("account_id")).alias("vendor"))
    twice = days.join(known, on=["vendor", "day_on"], how="semi")
    strange = pl.col("vendor").is_in(known["vendor"].unique().implode()) | (pl.col("vendor") == "")
    if batch.kind is ADS:
        twice = pl.concat([twice, _same_campaigns(where, days, ads, strange)])
    elif where.account is None:
        twice = pl.concat([twice, days.filter(pl.col("vendor") == "").join(known, on="day_on", how="semi")])
    else:
        sums = known.group_by("account_id", "day_on").agg(pl.col(FIGURES).sum())
        shared, alike = alike_rows(days, sums, FIGURES)
        if alike["nth"].n_unique() * 2 >= max(shared, 1):
            twice = pl.concat([twice, days.join(alike, on="nth", how="semi")])
    if not twice.is_empty():
        _refuse(file, "days", twice["day_on"], rows, known)


def _same_campaigns(where: Where, days: pl.DataFrame, ads: pl.DataFrame, strange: pl.Expr) -> pl.DataFrame:
    """Return the days of campaigns that a connected account has by id, or by name if no account is told."""
    theirs = ads.select("day_on", "campaign_id", plain_name(pl.col("campaign_name")).alias("campaign"))
    mine = days.with_columns(plain_name(pl.col("campaign_name")).alias("campaign"))
    is_id = pl.col("campaign_id") != pl.col("campaign_name").fill_null("")
    by_id = mine.filter(is_id, pl.col("campaign_id") != "").join(
        theirs, on=["day_on", "campaign_id"], how="semi"
    )
    named = mine.filter(strange, pl.col("campaign") != "")
    by_name = named.join(theirs, on=["day_on", "campaign"], how="semi")
    if where.account is not None:
        shared, alike = alike_rows(named, ads, FIGURES)
        by_name = by_name.filter(pl.lit(alike["nth"].n_unique() * 2 >= max(shared, 1)))
    untold = mine.filter(pl.col("campaign_id") == "", pl.col("vendor") == "", pl.lit(where.account is None))
    return pl.concat([by_id, by_name, untold.join(theirs, on="day_on", how="semi")]).drop("campaign")


def _refuse_account_days(where: Where, batch: Batch, file: str) -> None:
    known = where.connected("account_daily", columns=["day_on"])
    twice = batch.good.join(known, on="day_on", how="semi")
    if where.account is None and not twice.is_empty():
        _refuse(file, "days", twice["day_on"], spans(batch.good), known)


def _refuse(file: str, what: str, twice: pl.Series, rows: pl.DataFrame, known: pl.DataFrame) -> NoReturn:
    first, last = known["day_on"].min(), known["day_on"].max()
    outside = rows.filter((pl.col("day_on") < first) | (pl.col("until_on") > last))
    account = known["account_id"][0]
    cure = "Leave this file out; nothing is missing."
    if not outside.is_empty() and isinstance(first, date) and isinstance(last, date):
        cure = f"Export the report without {first} to {last} and import that; those days are there already."
    raise Conflict(
        f"{file} holds {what} that the connected account {account} brings itself (such as {twice[0]}); "
        f"importing both would count them twice. {cure}"
    )


def _refuse_things(where: Where, batch: Batch, file: str) -> None:
    kind = batch.kind
    table = "order" if kind in (ORDERS, LINES, REFUNDS) else kind.table
    label = THING[kind.name][0]
    names = ["order_id", "order_name"] if table == "order" else [label]
    instant = INSTANT.get("orders" if table == "order" else kind.name)
    times = [instant] if instant else []
    known = where.connected(table, columns=[*names, *times])
    if known.is_empty():
        return
    mine = [name for name in names if name in batch.good.columns]
    forms = [batch.good.select(plain_id(pl.col(name)).alias("thing"), pl.col(label).alias("shown"),
                               *(t for t in times if t in batch.good.columns)) for name in mine]  # fmt: skip
    theirs = pl.concat([known.select(plain_id(pl.col(name)).alias("thing"), *times) for name in names])
    met = pl.concat(forms).filter(pl.col("thing") != "").join(theirs, on="thing", suffix="_before")
    if instant and f"{instant}_before" in met.columns:
        apart = (pl.col(instant) - pl.col(f"{instant}_before")).dt.total_hours().abs() > SAME_HOURS
        other = met.filter(apart.fill_null(value=False))
        if other.height * 2 > met.height:  # another shop's numbers
            if where.account is not None:
                return
            raise Conflict(
                f"{file} holds {kind.title} whose ids the connected account {known['account_id'][0]} has "
                f"with other times (such as {other['shown'][0]}); if they are of another shop, name it with "
                "--account."
            )
    if met.is_empty():
        return
    count, all_of = met["shown"].n_unique(), batch.good[label].n_unique()
    cure = "Leave this file out; nothing is missing."
    if count < all_of:
        cure = (
            f"Take those {count} of {all_of} out of the file (or export it without them) and import the rest."
        )
    raise Conflict(
        f"{file} holds {kind.title} that the connected account {known['account_id'][0]} brings itself "
        f"(such as {met['shown'][0]}); importing both would count them twice. {cure}"
    )
