"""A channel's figures over some days: sums of additive parts, ratios by the metric definitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import psycopg
from pydantic import BaseModel, Field

from core.money import Money
from core.time import Days
from lake.analytics.marts import read_rows
from lake.analytics.period import reporting_currency
from lake.metrics.definitions import METRICS

MONEY = ("spend", "claimed_value", "revenue", "margin")
COUNTS = ("orders", "new_customers")
CHANNEL_SUMS = """
    SELECT channel, currency,
        sum(impressions)::bigint AS impressions, sum(clicks)::bigint AS clicks, sum(views)::bigint AS views,
        sum(engagements)::bigint AS engagements, sum(mails_sent)::bigint AS mails_sent,
        sum(spend_micros)::bigint AS spend_micros,
        sum(claimed_conversions::numeric)::double precision AS claimed_conversions,  -- exact in any order
        CASE WHEN count(DISTINCT claim_window) > 1 THEN 'mixed' ELSE min(claim_window) END AS claim_window,
        sum(claimed_value_micros)::bigint AS claimed_value_micros, sum(orders)::bigint AS orders,
        sum(new_customers)::bigint AS new_customers, sum(revenue_micros)::bigint AS revenue_micros,
        sum(margin_micros)::bigint AS margin_micros
    FROM marts.fct_channel_daily WHERE day_on BETWEEN %(first)s AND %(last)s
    GROUP BY channel, currency ORDER BY sum(spend_micros) DESC, sum(revenue_micros) DESC, channel
"""


class ChannelFigures(BaseModel):
    """One marketing channel over the period; orders are credited by last non-direct touch."""

    channel: str = Field(description="Marketing channel, paid or not; orders nobody brought are direct.")
    currency: str = Field(description="ISO 4217 currency of every amount of this row.")
    spend_minor: int = Field(description="Spend, minor units.")
    orders: int = Field(description="Orders credited to the channel.")
    new_customers: int = Field(description="Of these, first orders of a customer.")
    revenue_minor: int = Field(description="Revenue of the credited orders less refunds, minor units.")
    margin_minor: int = Field(description="Margin of the credited orders before spend, minor units.")
    claimed_conversions: float | None = Field(description="What the platform claims; null where none claims.")
    claimed_value_minor: int | None = Field(description="Value of these claims, minor units.")
    claim_window: str | None = Field(description="Attribution window of the claims; mixed where unlike meet.")
    impressions: int | None = Field(description="Ads shown; null for unpaid channels.")
    clicks: int | None = Field(description="Clicks on ads or in mails.")
    views: int | None = Field(description="Views of organic content.")
    engagements: int | None = Field(description="Reactions to organic content.")
    mails_sent: int | None = Field(description="Mails sent.")
    roas: float | None = Field(description="Revenue by spend; null without spend.")
    roi: float | None = Field(description="Margin less spend by spend; null without spend.")
    cac: float | None = Field(description="Spend per new customer, minor units; null without one.")
    over_claim_ratio: float | None = Field(description="Claimed conversions by credited orders.")


class Totals(BaseModel):
    """All channels together, in the reporting currency; platform claims are never added up."""

    currency: str = Field(description="ISO 4217 currency of every amount.")
    spend_minor: int = Field(description="All spend, minor units.")
    orders: int = Field(description="All orders, whoever gets the credit.")
    new_customers: int = Field(description="First orders of a customer.")
    revenue_minor: int = Field(description="All revenue less refunds, minor units.")
    margin_minor: int = Field(description="All margin before spend, minor units.")
    roas: float | None = Field(description="Revenue by spend; over all channels the same as MER.")
    mer: float | None = Field(description="All revenue by all spend; null without spend.")
    roi: float | None = Field(description="Margin less spend by spend; null without spend.")
    cac: float | None = Field(description="Spend per new customer, minor units; null without one.")


def to_minor(micros: int | None, currency: str) -> int | None:
    """Return micros rounded once into minor units; None stays None."""
    return None if micros is None else Money.from_micros(micros, currency).minor


def read_channels(link: psycopg.Connection, days: Days) -> list[ChannelFigures]:
    """Return every channel with anything in these days, dearest first.

    Money that no dated rate converts has a row of its own in its own currency; such a row has no
    ratio of revenue and spend, because its revenue is told elsewhere.
    """
    wanted = reporting_currency(link)
    rows = read_rows(link, CHANNEL_SUMS, {"first": days.first, "last": days.last})
    return [_channel(row, wanted) for row in rows]


def _channel(row: Mapping[str, Any], wanted: str) -> ChannelFigures:
    amounts = {f"{name}_minor": to_minor(row[f"{name}_micros"], row["currency"]) for name in MONEY}
    parts = {**row, **amounts}
    whole = row["currency"] == wanted
    ratios = {
        name: METRICS[name].of(parts) if whole else None
        for name in ("roas", "roi", "cac", "over_claim_ratio")
    }
    if parts["claimed_conversions"] is None:
        ratios["over_claim_ratio"] = None
    return ChannelFigures.model_validate({**parts, **ratios})


def add_up(channels: Iterable[ChannelFigures], currency: str) -> Totals:
    """Return the totals of the channels whose money is in this currency."""
    kept = [c for c in channels if c.currency == currency]
    parts = {
        name: sum(getattr(c, name) for c in kept)
        for name in ("spend_minor", "revenue_minor", "margin_minor", *COUNTS)
    }
    ratios = {name: METRICS[name].of(parts) for name in ("roas", "mer", "roi", "cac")}
    return Totals.model_validate({"currency": currency, **parts, **ratios})
