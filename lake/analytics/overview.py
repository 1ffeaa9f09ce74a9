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
from lake.analytics.figures import ChannelFigures, ModelChoice, Totals, read_figures, to_minor
from lake.analytics.marts import open_marts, read_rows
from lake.analytics.period import FirstOn, LastOn, Period, choose_days, days_before, reporting_currency
from lake.metrics.definitions import find_metric
from lake.metrics.metric import Unit
from lake.metrics.models import DEFAULT_MODEL, MODELS, Model

# The figures of the page by the name of their metric; over all channels a credited ratio is a paid one.
KPIS = (
    "spend_minor revenue_minor margin_minor orders new_customers mer blended_roi blended_cac roas roi cac"
).split()
TREND = """
    SELECT day_on, spend_micros, revenue_micros, margin_micros, orders, new_customers
    FROM marts.fct_blended_daily
    WHERE day_on BETWEEN %(first)s AND %(last)s AND currency = %(currency)s
"""


class Kpi(BaseModel):
    """One figure of the period beside the same of the period before."""

    name: str = Field(description="Name of the metric, such as revenue_minor, blended_roi or roi.")
    title: str = Field(description="The figure as people call it.")
    kind: Literal["sum", "blended", "paid"] = Field(
        description="sum: of everything; blended: all orders by all spend; paid: what the model credits to"
        " channels with spend, by that spend."
    )
    description: str = Field(description="What it tells.")
    formula: str = Field(description="How it is made.")
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
    is_previous_whole: bool = Field(
        description="False where numbers do not cover these days and those before; then nothing is compared."
    )
    currency: str = Field(description="ISO 4217 reporting currency.")
    model: Model = Field(description="The attribution model that gives the credit.")
    note: str = Field(description="What credited figures say, and that they do not say what spend adds.")
    kpis: list[Kpi] = Field(description="The main figures against the period before.")
    trend: list[TrendDay] = Field(description="Every day of the period, oldest first.")
    channels: list[ChannelFigures] = Field(description="Spend and revenue by channel, dearest first.")


@operation("analytics.getOverview", effect="read")
def get_overview(
    ctx: Context, *, first_on: FirstOn = None, last_on: LastOn = None, model: ModelChoice = DEFAULT_MODEL
) -> Overview:
    """Return the main figures against the period before, the daily trend and every channel.

    Revenue and margin are real orders; the period defaults to the 28 days up to the latest with
    numbers. Blended figures hold all orders and all spend; paid ones and the channels hold what the
    attribution model credits (last non-direct touch by default), which is not what the spend adds.
    Amounts are minor units of the reporting currency.

    Raises:
        BadInput: the range ends before it begins, or the model credits no single days.
        NotFound: the models were never built, or attribution was never computed.
    """
    with open_marts(ctx) as link:
        days = choose_days(link, first_on, last_on)
        currency = reporting_currency(link)
        base = days_before(link, days)
        now, before = read_figures(link, days, model), read_figures(link, base, model) if base else None
        return Overview(
            period=Period.of(days),
            previous=Period.of(days.before()),
            is_previous_whole=before is not None,
            currency=currency,
            model=model,
            note=now.note,
            kpis=_compare(now.totals, before.totals if before else None, model),
            trend=_read_trend(link, days, currency),
            channels=list(now.channels),
        )


def _compare(now: Totals, before: Totals | None, model: Model) -> list[Kpi]:
    kpis = []
    for metric in map(find_metric, KPIS):
        value, old = getattr(now, metric.name), getattr(before, metric.name) if before else None
        is_paid = metric.scope == "paid"
        kpis.append(
            Kpi(
                name=metric.name,
                title=metric.title_over_all,
                kind="paid" if is_paid else "blended" if metric.scope == "whole" else "sum",
                description=metric.description + f" Credited by {MODELS[model]}." * is_paid,
                formula=metric.formula,
                unit=metric.unit,
                value=value,
                previous=old,
                change=relative_change(value, old),
            )
        )
    return kpis


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
