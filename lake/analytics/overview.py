"""How marketing did: figures against the period before, the trend, spend and revenue by channel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Literal

import psycopg
from pydantic import BaseModel, Field

from core.context import Context
from core.operation import operation
from core.time import Days
from lake.analytics.figures import ChannelFigures, Totals, add_up, read_channels, to_minor
from lake.analytics.marts import open_marts, read_rows
from lake.analytics.period import FirstOn, LastOn, Period, choose_days, reporting_currency
from lake.metrics.definitions import METRICS

Unit = Literal["minor", "count", "factor", "share", "seconds"]
KPIS: Mapping[str, tuple[str, Unit]] = {
    "spend_minor": ("Spend", "minor"),
    "revenue_minor": ("Revenue", "minor"),
    "margin_minor": ("Margin", "minor"),
    "orders": ("Orders", "count"),
    "new_customers": ("New customers", "count"),
    **{name: (METRICS[name].title, METRICS[name].unit) for name in ("mer", "roi", "cac")},
}
TREND = """
    SELECT day_on, spend_micros, revenue_micros, margin_micros, orders, new_customers
    FROM marts.fct_blended_daily
    WHERE day_on BETWEEN %(first)s AND %(last)s AND currency = %(currency)s
"""


class Kpi(BaseModel):
    """One figure of the period beside the same of the period before."""

    name: str = Field(description="Name of the figure, such as revenue_minor or roi.")
    title: str = Field(description="The figure as people call it.")
    unit: Unit = Field(description="minor (minor units of the currency), count, factor or share.")
    value: float | None = Field(description="The figure; null where a ratio has no denominator.")
    previous: float | None = Field(description="The same over the period before.")
    change: float | None = Field(description="Relative change, 0.1 = 10 % more; null without a base.")


class TrendDay(BaseModel):
    """One day of all channels; a day without rows is zero."""

    day_on: date = Field(description="Day in the accounts' zones.")
    spend_minor: int = Field(description="Spend, minor units.")
    revenue_minor: int = Field(description="Revenue less refunds, booked on the day of the order.")
    margin_minor: int = Field(description="Margin before spend, minor units.")
    orders: int = Field(description="Orders.")
    new_customers: int = Field(description="First orders of a customer.")


class Overview(BaseModel):
    """The answer of `analytics.getOverview`; every amount is in `currency` unless its row says otherwise."""

    period: Period = Field(description="The days asked for.")
    previous: Period = Field(description="The days before, as many.")
    currency: str = Field(description="ISO 4217 reporting currency.")
    kpis: list[Kpi] = Field(description="The main figures against the period before.")
    trend: list[TrendDay] = Field(description="Every day of the period, oldest first.")
    channels: list[ChannelFigures] = Field(description="Spend and revenue by channel, dearest first.")


@operation("analytics.getOverview", effect="read")
def get_overview(ctx: Context, *, first_on: FirstOn = None, last_on: LastOn = None) -> Overview:
    """Return the main figures against the period before, the daily trend and every channel.

    Revenue and margin are real orders; the period defaults to the 28 days up to the latest with
    numbers. Amounts are minor units of the reporting currency.

    Raises:
        BadInput: the range ends before it begins.
        NotFound: the models were never built.
    """
    with open_marts(ctx) as link:
        days = choose_days(link, first_on, last_on)
        currency = reporting_currency(link)
        channels = read_channels(link, days)
        now, before = add_up(channels, currency), add_up(read_channels(link, days.before()), currency)
        return Overview(
            period=Period.of(days),
            previous=Period.of(days.before()),
            currency=currency,
            kpis=_compare(now, before),
            trend=_read_trend(link, days, currency),
            channels=channels,
        )


def _compare(now: Totals, before: Totals) -> list[Kpi]:
    return [
        Kpi(name=name, title=title, unit=unit, value=value, previous=old, change=relative_change(value, old))
        for name, (title, unit) in KPIS.items()
        for value, old in [(getattr(now, name), getattr(before, name))]
    ]


def relative_change(value: float | None, base: float | None) -> float | None:
    """Return how much more than the base, relative to its size; None where there is no base."""
    if value is None or not base:
        return None
    return (value - base) / abs(base)


def _read_trend(link: psycopg.Connection, days: Days, currency: str) -> list[TrendDay]:
    params = {"first": days.first, "last": days.last, "currency": currency}
    found = {row["day_on"]: row for row in read_rows(link, TREND, params)}
    dates = (days.first + timedelta(days=n) for n in range(len(days)))
    return [_trend_day(day, found.get(day, {}), currency) for day in dates]


def _trend_day(day: date, row: Mapping[str, Any], currency: str) -> TrendDay:
    amounts = {
        f"{name}_minor": to_minor(row.get(f"{name}_micros", 0), currency)
        for name in ("spend", "revenue", "margin")
    }
    counts = {name: row.get(name, 0) for name in ("orders", "new_customers")}
    return TrendDay.model_validate({"day_on": day, **amounts, **counts})
