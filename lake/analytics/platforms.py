"""One platform from the inside: its accounts, campaigns, ad sets, ads, posts or mails."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import psycopg
from pydantic import BaseModel, Field

from core.context import Context
from core.errors import BadInput
from core.operation import operation
from lake.analytics.figures import to_minor
from lake.analytics.marts import open_marts, read_rows
from lake.analytics.period import FirstOn, LastOn, Period, choose_days, reporting_currency
from lake.analytics.platform_queries import AD_LEVELS, MAIL_ACCOUNTS, MAILS, ORGANIC_ACCOUNTS, POSTS
from lake.metrics.definitions import METRICS

Level = Literal["account", "campaign", "ad_set", "ad", "post", "mail"]
PAGE_ROWS = 50
MONEY = ("spend", "own_spend", "claimed_value", "revenue", "margin")
RATIOS = "ctr cpc cpm roas roi over_claim_ratio open_rate click_rate engagement_rate".split()
MIXING = {"roas", "roi", "over_claim_ratio"}
WHAT_IT_HAS = """
    SELECT EXISTS (SELECT FROM marts.fct_ad_daily WHERE channel = %(channel)s) AS ads,
        EXISTS (SELECT FROM marts.fct_account_daily WHERE channel = %(channel)s)
        OR EXISTS (SELECT FROM marts.fct_post WHERE channel = %(channel)s) AS posts,
        EXISTS (SELECT FROM marts.fct_email_campaign WHERE channel = %(channel)s)
        OR EXISTS (SELECT FROM marts.fct_email_daily WHERE channel = %(channel)s) AS mails
"""
ACCOUNT_NAMES = "SELECT account_id, name FROM marts.dim_account WHERE channel = %(channel)s"

ChannelName = Annotated[str, Field(description="The channel, such as meta_ads or youtube.", max_length=64)]
ParentId = Annotated[
    str | None, Field(description="Only what lies below this account, campaign, ad set or list.")
]
Skip = Annotated[int, Field(description="Rows to skip: `next_skip` of the page before.", ge=0)]
Limit = Annotated[int, Field(description="Rows of a page.", ge=1, le=500)]


class PlatformRow(BaseModel):
    """One account, campaign, ad set, ad, post or mail; null where the platform has no such number."""

    id: str = Field(description="The vendor's id; empty for what the vendor allots to none.")
    name: str = Field(description="Latest name, title or subject.")
    account_id: str | None = Field(None, description="The account it belongs to.")
    parent_id: str | None = Field(None, description="The level above: account, campaign, ad set or list.")
    kind: str | None = Field(None, description="Kind of post.")
    url: str | None = Field(None, description="Public address of a post.")
    published_at: datetime | None = Field(None, description="Instant of publication or sending, UTC.")
    currency: str | None = Field(None, description="ISO 4217 currency of the amounts.")
    spend_minor: int | None = Field(None, description="Spend, minor units.")
    own_currency: str | None = Field(None, description="The account's own currency.")
    own_spend_minor: int | None = Field(None, description="Spend in the account's own currency.")
    impressions: int | None = Field(None, description="Ads shown.")
    clicks: int | None = Field(None, description="Clicks.")
    claimed_conversions: float | None = Field(None, description="Conversions the platform claims.")
    claimed_value_minor: int | None = Field(None, description="Value of the claims, minor units.")
    claim_window: str | None = Field(None, description="Attribution window of the claims.")
    orders: int | None = Field(None, description="Orders credited to it by last non-direct touch.")
    revenue_minor: int | None = Field(None, description="Revenue of these orders, minor units.")
    margin_minor: int | None = Field(None, description="Margin of these orders before spend.")
    views: int | None = Field(None, description="Views in the period.")
    lifetime_views: int | None = Field(None, description="Views of the post so far.")
    engagements: int | None = Field(None, description="Likes, comments, shares and saves.")
    watch_seconds: int | None = Field(None, description="Seconds watched.")
    followers: int | None = Field(None, description="Followers at the end of the period.")
    follows: int | None = Field(None, description="New followers.")
    sent: int | None = Field(None, description="Mails sent.")
    unique_opens: int | None = Field(None, description="People who opened, machines included.")
    unique_clicks: int | None = Field(None, description="People who clicked.")
    unsubscribes: int | None = Field(None, description="People who left.")
    ctr: float | None = Field(None, description="Clicks by times shown.")
    cpc: float | None = Field(None, description="Spend per click, minor units.")
    cpm: float | None = Field(None, description="Spend per thousand times shown, minor units.")
    roas: float | None = Field(None, description="Revenue by spend.")
    roi: float | None = Field(None, description="Margin less spend by spend.")
    over_claim_ratio: float | None = Field(None, description="Claimed conversions by credited orders.")
    open_rate: float | None = Field(None, description="People who opened by mails delivered.")
    click_rate: float | None = Field(None, description="People who clicked by mails delivered.")
    engagement_rate: float | None = Field(None, description="Reactions by views.")


class PlatformMetrics(BaseModel):
    """The answer of `analytics.getPlatformMetrics`."""

    channel: str = Field(description="The channel asked for.")
    level: Level = Field(description="What each row stands for.")
    period: Period = Field(description="The days asked for.")
    currency: str = Field(description="ISO 4217 reporting currency.")
    rows: list[PlatformRow] = Field(description="Ads by spend, posts by views, mails newest first.")
    total: int = Field(description="Rows there are.")
    next_skip: int | None = Field(description="`skip` of the next page; null on the last.")


@operation("analytics.getPlatformMetrics", effect="read")
def get_platform_metrics(
    ctx: Context,
    *,
    channel: ChannelName,
    first_on: FirstOn = None,
    last_on: LastOn = None,
    level: Level = "account",
    parent_id: ParentId = None,
    skip: Skip = 0,
    limit: Limit = PAGE_ROWS,
) -> PlatformMetrics:
    """Return a channel's accounts, campaigns, ad sets, ads, posts or mails with their figures.

    Ads, ad sets, campaigns and accounts add up to the same spend: what the vendor allots to none has
    the empty id. Amounts are minor units of `currency`; orders are credited by last non-direct touch.

    Raises:
        BadInput: the channel has nothing of this level, or the range ends before it begins.
        NotFound: the models were never built.
    """
    with open_marts(ctx) as link:
        days = choose_days(link, first_on, last_on)
        wanted = reporting_currency(link)
        query = _query(link, channel, level, is_whole=parent_id is None)
        params: dict[str, object] = {"channel": channel, "first": days.first, "last": days.last}
        found = read_rows(link, query, {**params, "parent": parent_id, "limit": limit, "skip": skip})
        names = {r["account_id"]: r["name"] for r in read_rows(link, ACCOUNT_NAMES, {"channel": channel})}
    total = found[0]["total"] if found else 0
    return PlatformMetrics(
        channel=channel,
        level=level,
        period=Period.of(days),
        currency=wanted,
        rows=[_row(row, level, wanted, names) for row in found],
        total=total,
        next_skip=skip + len(found) if skip + len(found) < total else None,
    )


def _query(link: psycopg.Connection, channel: str, level: Level, *, is_whole: bool) -> str:
    """Return the query of this level, which depends on whether the channel has ads, posts or mails."""
    has = read_rows(link, WHAT_IT_HAS, {"channel": channel})[0]
    if has["ads"] and level in AD_LEVELS:
        return AD_LEVELS[level].query(is_whole=is_whole)
    if has["posts"] and level in {"account", "post"}:
        return POSTS if level == "post" else ORGANIC_ACCOUNTS
    if has["mails"] and level in {"account", "mail"}:
        return MAILS if level == "mail" else MAIL_ACCOUNTS
    offered = (
        [*AD_LEVELS] * has["ads"] + ["account", "post"] * has["posts"] + ["account", "mail"] * has["mails"]
    )
    if not offered:
        raise BadInput(f"There is nothing of {channel!r}; connect it or load it first.")
    raise BadInput(f"{channel} has no {level}; ask for {', '.join(dict.fromkeys(offered))}.")


def _row(row: Mapping[str, Any], level: Level, wanted: str, names: Mapping[str, str | None]) -> PlatformRow:
    currency = row.get("currency") or wanted
    own = {"own_spend": row.get("own_currency") or currency}
    amounts = {
        f"{name}_minor": to_minor(row.get(f"{name}_micros"), own.get(name, currency)) for name in MONEY
    }
    parts = {**dict.fromkeys(PARTS), **row, **amounts, "currency": currency}
    # Nothing earned is a zero of its own, not an unknown.
    parts |= {name: parts[name] or 0 for name in ("orders", "revenue_minor", "margin_minor")}
    ratios = {name: METRICS[name].of(parts) for name in RATIOS if currency == wanted or name not in MIXING}
    name = names.get(row["id"]) if level == "account" else row.get("name")
    nothing = f"No {level.replace('_', ' ')}"
    return PlatformRow.model_validate({**parts, **ratios, "name": name or row["id"] or nothing})


PARTS = {part for name in RATIOS for part in (*METRICS[name].numerator, *METRICS[name].denominator)}
