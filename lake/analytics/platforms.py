"""One platform from the inside: its accounts, campaigns, ad sets, ads, posts or mails."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import psycopg
from pydantic import BaseModel, Field

from core.context import Context
from core.errors import BadInput
from core.operation import operation
from lake.analytics.figures import to_minor
from lake.analytics.marts import Params, open_marts, read_rows
from lake.analytics.metric_series import remainder_of
from lake.analytics.period import FirstOn, LastOn, Period, choose_days, reporting_currency
from lake.analytics.platform_queries import (
    AD_LEVELS,
    CREDITED,
    IS_CAMPAIGN,
    MAIL_ACCOUNTS,
    MAILS,
    ORGANIC_ACCOUNTS,
    POSTS,
)
from lake.metrics.definitions import METRICS
from lake.metrics.levels import find_uncredited
from lake.metrics.models import DEFAULT_MODEL, Model

Level = Literal["account", "campaign", "ad_set", "ad", "post", "mail"]
PAGE_ROWS = 50
MONEY = ("spend", "own_spend", "claimed_value", "revenue", "margin")
RATIOS = "ctr cpc cpm roas roi over_claim_ratio open_rate click_rate engagement_rate".split()
MIXING = {"roas", "roi", "over_claim_ratio"}
EARNED = ("orders", "revenue_minor", "margin_minor")
WORDS = {"ad_set": "ad set"}
# Orders of posts and mails that are not among the rows.
OTHERS = {"post": "Older posts, and links to no post", "mail": "Earlier mails, and links to no mail"}
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

    id: str = Field(description="The vendor's id; empty for a remainder.")
    is_remainder: bool = Field(
        default=False,
        description="What the vendor splits by no row of this level, one row a campaign; its orders are not"
        " known. Of posts and mails: the orders of those that are not listed.",
    )
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
    orders: int | None = Field(
        None,
        description="Orders credited to it by last non-direct touch; null where no order tells of the level.",
    )
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
    roas: float | None = Field(None, description="Credited revenue / spend; null without spend or credit.")
    roi: float | None = Field(None, description="(Credited margin - spend) / spend; null like roas.")
    over_claim_ratio: float | None = Field(None, description="Claimed conversions by credited orders.")
    open_rate: float | None = Field(None, description="People who opened by mails delivered.")
    click_rate: float | None = Field(None, description="People who clicked by mails delivered.")
    engagement_rate: float | None = Field(None, description="Reactions by views.")


class LevelCredit(BaseModel):
    """How the orders of the rows add up to those of the channel, or of the campaign looked into."""

    orders: int = Field(description="Orders credited to the channel, or to the campaign `parent_id`.")
    revenue_minor: int = Field(description="Their revenue, minor units.")
    listed_orders: int = Field(description="Orders of all rows of this level, those of other pages included.")
    listed_revenue_minor: int = Field(description="Their revenue, minor units.")
    other_orders: int = Field(description="Orders of none of the rows.")
    other_revenue_minor: int = Field(description="Their revenue, minor units.")
    note: str = Field(description="Why some orders belong to no row; empty where all do.")


class PlatformMetrics(BaseModel):
    """The answer of `analytics.getPlatformMetrics`."""

    channel: str = Field(description="The channel asked for.")
    level: Level = Field(description="What each row stands for.")
    period: Period = Field(description="The days asked for.")
    currency: str = Field(description="ISO 4217 reporting currency.")
    model: Model = Field(description="The attribution model that gives the credit.")
    credit: LevelCredit | None = Field(
        description="How rows and channel add up; null inside an account, ad set or list."
    )
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

    Ads, ad sets, campaigns and accounts add up to the same spend: what the vendor splits by none of them
    is a remainder, one row a campaign. Orders are credited by last non-direct touch; where none tells of a
    level, its orders, revenue and ROI are null. `credit` tells how the rows' orders add up to the
    channel's. Amounts are minor units of `currency`.

    Raises:
        BadInput: the channel has nothing of this level, or the range ends before it begins.
        NotFound: the models were never built.
    """
    with open_marts(ctx) as link:
        days = choose_days(link, first_on, last_on)
        wanted = reporting_currency(link)
        query = _query(link, channel, level, is_whole=parent_id is None)
        params: Params = {"channel": channel, "first": days.first, "last": days.last, "parent": parent_id}
        found = read_rows(link, query, {**params, "limit": limit, "skip": skip})
        names = {r["account_id"]: r["name"] for r in read_rows(link, ACCOUNT_NAMES, {"channel": channel})}
        uncredited = {name for owner, name in find_uncredited(link, days, level) if owner == channel}
        credit = _read_credit(link, found, level, {**params, "currency": wanted})
    total = found[0]["total"] if found else 0
    is_last = skip + len(found) >= total
    rows = [_row(row, level, wanted, names, uncredited) for row in found]
    if is_last and level in OTHERS and credit and credit.other_orders:
        rows.append(_others(level, credit, wanted))
    return PlatformMetrics(
        channel=channel,
        level=level,
        period=Period.of(days),
        currency=wanted,
        model=DEFAULT_MODEL,
        credit=credit,
        rows=rows,
        total=total + (level in OTHERS and credit is not None and credit.other_orders > 0),
        next_skip=None if is_last else skip + len(found),
    )


def _read_credit(
    link: psycopg.Connection, found: Sequence[Mapping[str, Any]], level: Level, params: Params
) -> LevelCredit | None:
    if params["parent"] is not None and not read_rows(link, IS_CAMPAIGN, params)[0]["is_campaign"]:
        return None
    whole = read_rows(link, CREDITED, params)[0]
    currency = str(params["currency"])
    listed = found[0]["listed_orders"] if found else 0
    revenue = to_minor(whole["revenue_micros"], currency) or 0
    listed_revenue = (to_minor(found[0]["listed_revenue_micros"], currency) or 0) if found else 0
    others = whole["orders"] - listed
    return LevelCredit(
        orders=whole["orders"],
        revenue_minor=revenue,
        listed_orders=listed,
        listed_revenue_minor=listed_revenue,
        other_orders=others,
        other_revenue_minor=revenue - listed_revenue,
        note=_tell_others(level, others),
    )


def _tell_others(level: Level, orders: int) -> str:
    if not orders:
        return ""
    if level in OTHERS:
        return f"{orders:,} more orders came through {OTHERS[level][0].lower()}{OTHERS[level][1:]}."
    word = WORDS.get(level, level)
    return f"{orders:,} more orders name no {word} that is listed; they are in the channel's figures only."


def _others(level: Level, credit: LevelCredit, currency: str) -> PlatformRow:
    return PlatformRow(
        id="",
        is_remainder=True,
        name=OTHERS[level],
        currency=currency,
        orders=credit.other_orders,
        revenue_minor=credit.other_revenue_minor,
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


def _row(
    row: Mapping[str, Any],
    level: Level,
    wanted: str,
    names: Mapping[str, str | None],
    uncredited: Collection[str],
) -> PlatformRow:
    currency = row.get("currency") or wanted
    own = {"own_spend": row.get("own_currency") or currency}
    amounts = {
        f"{name}_minor": to_minor(row.get(f"{name}_micros"), own.get(name, currency)) for name in MONEY
    }
    parts = {**dict.fromkeys(PARTS), **row, **amounts, "currency": currency}
    is_remainder = row["id"] == "" or row["id"] is None
    is_known = not is_remainder and row["id"] not in uncredited
    # Nothing earned is a zero of its own where orders could tell of it.
    parts |= {name: (parts[name] or 0) if is_known else None for name in EARNED}
    ratios = {name: METRICS[name].of(parts) for name in RATIOS if currency == wanted or name not in MIXING}
    name = names.get(row["id"]) if level == "account" else row.get("name")
    if is_remainder:
        name = remainder_of(level, row.get("campaign_name"))
    return PlatformRow.model_validate(
        {**parts, **ratios, "name": name or row["id"], "is_remainder": is_remainder}
    )


PARTS = {part for name in RATIOS for part in (*METRICS[name].numerator, *METRICS[name].denominator)}
