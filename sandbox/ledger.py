"""What each twin reports now, by account and day, for reconciliation."""

from __future__ import annotations

from datetime import date

import polars as pl

from sandbox.guarded import GuardedWorld

PAID = {"google_ads", "meta_ads"}
ORGANIC = {"youtube", "facebook", "instagram"}
PAID_SUMS = (
    "impressions", "clicks", "link_clicks", "spend_minor",
    "conversions_click", "conversions_view", "conversion_value_minor",
)  # fmt: skip


def list_ledger(world: GuardedWorld, channel: str, first: date, last: date) -> pl.DataFrame | None:
    """Rows sorted by account and day; None for a channel the market does not know."""
    if channel in PAID:
        rows = world.ad_daily(channel, first, last)
        sums = rows.group_by("account_id", "day").agg(pl.col(PAID_SUMS).sum())
        return sums.sort("account_id", "day").with_columns(
            claimed_conversions=pl.col("conversions_click") + pl.col("conversions_view"),
            claimed_value_minor=pl.col("conversion_value_minor"),
            currency=pl.lit(world.accounts(channel)["currency"].first()),
        )
    if channel in ORGANIC:
        accounts: pl.DataFrame = world.account_daily(channel, first, last)
        return accounts.sort("account_id", "day")
    if channel == "mailchimp":
        return list_mail(world, first, last)
    return list_shop(world, first, last) if channel == "shopify" else None


def list_mail(world: GuardedWorld, first: date, last: date) -> pl.DataFrame:
    """Events by list, mail, day (of the account's zone) and kind; machine opens apart."""
    events = world.mail_events(first, last)
    day = pl.col("at").dt.convert_time_zone(world.timezone).dt.date().alias("day")
    return (
        events.group_by("list_id", "mail_id", day, "kind", "is_machine")
        .agg(pl.len().alias("events"))
        .sort("list_id", "mail_id", "day", "kind", "is_machine")
    )


def list_shop(world: GuardedWorld, first: date, last: date) -> pl.DataFrame:
    """Orders by day: how many, their money, what was given back; test and cancelled orders apart."""
    orders = world.orders()
    shop = world.accounts("shopify")["account_id"][0]
    money = (
        "total_minor",
        "subtotal_minor",
        "discount_minor",
        "tax_minor",
        "shipping_minor",
        "refunded_minor",
    )
    return (
        orders.filter(pl.col("day").is_between(first, last))
        .with_columns(is_cancelled=pl.col("cancelled_at").is_not_null())
        .group_by("day", "is_test", "is_cancelled")
        .agg(
            pl.len().alias("orders"),
            pl.col(money).sum(),
        )
        .sort("day", "is_test", "is_cancelled")
        .with_columns(account_id=pl.lit(shop), currency=pl.lit(world.currency))
    )
