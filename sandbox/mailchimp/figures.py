"""Numbers of lists and mails, counted from the events of single people."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from sandbox.guarded import GuardedWorld

KIND = pl.col("kind")
OPEN, CLICK = KIND == "open", KIND == "click"
PERSON = pl.col("person_id")


def all_events(world: GuardedWorld) -> pl.DataFrame:
    """Everything that happened to every mail so far."""
    return world.mail_events(world.first_day, world.today)


def events_by_mail(world: GuardedWorld) -> dict[str, pl.DataFrame]:
    """The events of each mail."""
    return world.cached("mailchimp events", lambda: split_events(world))


def split_events(world: GuardedWorld) -> dict[str, pl.DataFrame]:
    """The events, one table a mail."""
    parts = all_events(world).partition_by("mail_id", as_dict=True)
    return {str(key[0]): part for key, part in parts.items()}


def mail_totals(world: GuardedWorld) -> dict[str, dict[str, Any]]:
    """What each mail reached so far, by mail id."""
    return world.cached("mailchimp totals", lambda: sum_mails(world))


def sum_mails(world: GuardedWorld) -> dict[str, dict[str, Any]]:
    """Counts by mail; claimed orders are those whose last visit came from the mail."""
    counts = all_events(world).group_by("mail_id").agg(
        (KIND == "sent").sum().alias("sent"),
        (KIND == "hard_bounce").sum().alias("hard"),
        (KIND == "soft_bounce").sum().alias("soft"),
        (KIND == "unsubscribe").sum().alias("unsubscribed"),
        (KIND == "complaint").sum().alias("complaints"),
        OPEN.sum().alias("opens"),
        PERSON.filter(OPEN).n_unique().alias("openers"),
        pl.col("at").filter(OPEN).max().alias("last_open"),
        CLICK.sum().alias("clicks"),
        PERSON.filter(CLICK).n_unique().alias("clickers"),
        pl.struct("person_id", "url").filter(CLICK).n_unique().alias("unique_clicks"),
        pl.col("at").filter(CLICK).max().alias("last_click"),
    )  # fmt: skip
    claims = (
        world.orders()
        .filter(
            ~pl.col("is_test"), pl.col("cancelled_at").is_null(), pl.col("last_utm_source") == "mailchimp"
        )
        .group_by(pl.col("last_utm_content").alias("mail_id"))
        .agg(
            pl.len().alias("orders"),
            pl.col("total_minor").sum().alias("spent_minor"),
            (pl.col("total_minor") - pl.col("tax_minor") - pl.col("shipping_minor"))
            .sum()
            .alias("revenue_minor"),
        )
    )
    joined = counts.join(claims, on="mail_id", how="left").with_columns(
        pl.col("orders", "spent_minor", "revenue_minor").fill_null(0)
    )
    return {row["mail_id"]: row for row in joined.iter_rows(named=True)}


def list_days(world: GuardedWorld, list_id: str) -> dict[date, dict[str, int]]:
    """What happened on a list, by day of the account's zone."""
    return world.cached(("mailchimp days", list_id), lambda: sum_days(world, list_id))


def sum_days(world: GuardedWorld, list_id: str) -> dict[date, dict[str, int]]:
    """The days of a list on which anything happened."""
    local_day = pl.col("at").dt.convert_time_zone(world.timezone).dt.date().alias("day")
    events = all_events(world).filter(pl.col("list_id") == list_id).group_by(local_day).agg(
        (KIND == "sent").sum().alias("emails_sent"),
        pl.struct("mail_id", "person_id").filter(OPEN).n_unique().alias("unique_opens"),
        pl.struct("mail_id", "person_id").filter(CLICK).n_unique().alias("recipient_clicks"),
        (KIND == "hard_bounce").sum().alias("hard_bounce"),
        (KIND == "soft_bounce").sum().alias("soft_bounce"),
        KIND.is_in(["unsubscribe", "complaint"]).sum().alias("unsubs"),
    )  # fmt: skip
    joined = world.mail_members().filter(pl.col("list_id") == list_id)
    joined_on = pl.col("subscribed_at").dt.convert_time_zone(world.timezone).dt.date().alias("day")
    subscribed = joined.group_by(joined_on).agg(pl.len().alias("subs"))
    table = events.join(subscribed, on="day", how="full", coalesce=True).with_columns(
        pl.exclude("day").fill_null(0).cast(pl.Int64)
    )
    return {row.pop("day"): row for row in table.iter_rows(named=True)}
