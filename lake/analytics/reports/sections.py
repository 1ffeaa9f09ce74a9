"""The sections of a report, each from the operation that answers the same question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from core.context import Context
from core.time import Days
from lake.analytics.attributed import read_models
from lake.analytics.compare import compare_channels
from lake.analytics.engagement import get_engagement
from lake.analytics.overview import get_overview
from lake.analytics.reports.content import Cell, Chart, Column, Section, Table, money
from lake.analytics.roi import get_roi

Name = Literal["overview", "trend", "channels", "campaigns", "attribution", "organic", "mail"]
MOST_ROWS = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """What every section needs to know."""

    ctx: Context
    days: Days
    currency: str


def overview(asked: Asked) -> Section:
    """Return the main figures beside those of the period before."""
    answer = get_overview(asked.ctx, first_on=asked.days.first, last_on=asked.days.last)
    rows: list[list[Cell]] = []
    for kpi in answer.kpis:
        if kpi.unit == "minor":
            pair: list[Cell] = [money(kpi.value, answer.currency), money(kpi.previous, answer.currency)]
        elif kpi.unit == "count":
            pair = [None if v is None else int(v) for v in (kpi.value, kpi.previous)]
        else:
            pair = [kpi.value, kpi.previous]
        rows.append([kpi.title, *pair, kpi.change])
    columns = [
        Column("Figure"),
        Column("Value", "factor"),
        Column("Before", "factor"),
        Column("Change", "share"),
    ]
    return Section("Overview", "The main figures against as many days before.", Table(columns, rows))


def trend(asked: Asked) -> Section:
    """Return every day's spend, revenue and orders."""
    answer = get_overview(asked.ctx, first_on=asked.days.first, last_on=asked.days.last)
    columns = [
        Column("Day"),
        Column("Spend", "minor"),
        Column("Revenue", "minor"),
        Column("Margin", "minor"),
        Column("Orders", "count"),
        Column("New customers", "count"),
    ]
    rows = [
        [
            day.day_on,
            *(money(m, answer.currency) for m in (day.spend_minor, day.revenue_minor, day.margin_minor)),
            day.orders,
            day.new_customers,
        ]
        for day in answer.trend
    ]
    charts = [Chart("line", "Spend and revenue by day", (1, 2)), Chart("bar", "Orders by day", (4,))]
    return Section("By day", "Revenue is booked on the day of the order.", Table(columns, rows), charts)


def channels(asked: Asked) -> Section:
    """Return every channel beside the others."""
    answer = compare_channels(asked.ctx, first_on=asked.days.first, last_on=asked.days.last)
    columns = [
        Column("Channel"),
        Column("Spend", "minor"),
        Column("Revenue", "minor"),
        Column("Margin", "minor"),
        Column("Orders", "count"),
        Column("ROAS", "factor"),
        Column("ROI", "share"),
        Column("Claimed", "count"),
        Column("Over-claim", "factor"),
        Column("Spend change", "share"),
        Column("Revenue change", "share"),
    ]
    rows = [
        [
            c.channel,
            *(money(m, c.currency) for m in (c.spend_minor, c.revenue_minor, c.margin_minor)),
            c.orders,
            c.roas,
            c.roi,
            c.claimed_conversions,
            c.over_claim_ratio,
            c.spend_change,
            c.revenue_change,
        ]
        for c in answer.channels
    ]
    note = "Orders are real and credited by last non-direct touch; claims stand beside them."
    return Section(
        "Channels", note, Table(columns, rows), [Chart("bar", "Spend and revenue by channel", (1, 2))]
    )


def campaigns(asked: Asked) -> Section:
    """Return the dearest campaigns and what they brought."""
    answer = get_roi(asked.ctx, by="campaign", first_on=asked.days.first, last_on=asked.days.last)
    columns = [
        Column("Campaign"),
        Column("Channel"),
        Column("Spend", "minor"),
        Column("Revenue", "minor"),
        Column("Margin", "minor"),
        Column("Orders", "count"),
        Column("ROAS", "factor"),
        Column("ROI", "share"),
        Column("CAC", "minor"),
    ]
    rows = [
        [
            r.name,
            r.channel,
            *(money(m, r.currency) for m in (r.spend_minor, r.revenue_minor, r.margin_minor)),
            r.orders,
            r.roas,
            r.roi,
            money(r.cac, r.currency),
        ]
        for r in answer.rows[:MOST_ROWS]
    ]
    note = f"Dearest first, {len(rows)} of {len(answer.rows)}. ROI: {answer.formula}."
    return Section("Campaigns", note, Table(columns, rows), [Chart("bar", "Revenue by campaign", (3,))])


def attribution(asked: Asked) -> Section:
    """Return the attribution models side by side, or say that none was computed."""
    found = read_models(asked.ctx, asked.days, "channel") or []
    models = list(dict.fromkeys(credit.model for credit in found))
    names = sorted({credit.channel for credit in found})
    sums: dict[tuple[str, str], float] = {}
    for credit in found:
        key = credit.channel, credit.model
        sums[key] = sums.get(key, 0.0) + credit.conversions
    columns = [Column("Channel"), *(Column(model, "count") for model in models)]
    rows: list[list[Cell]] = [[name, *(sums.get((name, model), 0.0) for model in models)] for name in names]
    note = "Conversions credited by each model; a model's column adds up to the conversions there were."
    if not found:
        note = "Attribution was not computed for these days; run the attribution job."
    charts = [Chart("bar", "Conversions by model", tuple(range(1, len(columns))))] if found else []
    return Section("Attribution", note, Table(columns, rows), charts)


def organic(asked: Asked) -> Section:
    """Return the posts people reacted to most."""
    answer = get_engagement(asked.ctx, by="post", first_on=asked.days.first, last_on=asked.days.last)
    columns = [
        Column("Post"),
        Column("Channel"),
        Column("Published"),
        Column("Views", "count"),
        Column("Engagements", "count"),
        Column("Engagement rate", "share"),
    ]
    rows = [
        [r.name, r.channel, r.published_at, r.views, r.engagements, r.engagement_rate]
        for r in answer.rows[:MOST_ROWS]
    ]
    return Section("Organic", "Posts by reactions in the period.", Table(columns, rows))


def mail(asked: Asked) -> Section:
    """Return the mails sent and how they were received."""
    answer = get_engagement(asked.ctx, by="mail", first_on=asked.days.first, last_on=asked.days.last)
    columns = [
        Column("Mail"),
        Column("Sent at"),
        Column("Sent", "count"),
        Column("Opened", "count"),
        Column("Clicked", "count"),
        Column("Open rate", "share"),
        Column("Click rate", "share"),
        Column("Unsubscribed", "count"),
    ]
    rows = [
        [
            r.name, r.published_at, r.sent, r.unique_opens, r.unique_clicks, r.open_rate, r.click_rate,
            r.unsubscribes,
        ]
        for r in answer.rows[:MOST_ROWS]
    ]  # fmt: skip
    return Section("Mail", "Opens include machines that open by themselves.", Table(columns, rows))


SECTIONS: Mapping[Name, Callable[[Asked], Section]] = MappingProxyType(
    {
        "overview": overview,
        "trend": trend,
        "channels": channels,
        "campaigns": campaigns,
        "attribution": attribution,
        "organic": organic,
        "mail": mail,
    }
)
