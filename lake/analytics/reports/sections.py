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
from lake.analytics.naming import channel_title
from lake.analytics.overview import get_overview
from lake.analytics.reports.content import Cell, Chart, Column, Quantity, Section, Table, money
from lake.analytics.roi import get_roi
from lake.metrics.metric import Unit
from lake.metrics.models import MODELS

Name = Literal["overview", "trend", "channels", "campaigns", "attribution", "organic", "mail"]
MOST_ROWS = 50
BEST_POSTS = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """What every section needs to know."""

    ctx: Context
    days: Days
    currency: str


def overview(asked: Asked) -> Section:
    """Return the main figures beside those of the period before."""
    answer = get_overview(asked.ctx, first_on=asked.days.first, last_on=asked.days.last)
    rows: list[list[Cell]] = [
        [
            kpi.title,
            *(_figure(value, kpi.unit, answer.currency) for value in (kpi.value, kpi.previous)),
            kpi.change,
        ]
        for kpi in answer.kpis
    ]
    columns = [
        Column("Figure"),
        Column("Value", "count"),
        Column("Before", "count"),
        Column("Change", "share"),
    ]
    against = "The main figures against as many days before."
    if not answer.is_previous_whole:
        against = "Numbers do not cover these days and as many before: nothing is compared."
    note = f"{against} {answer.note}"
    return Section("Overview", note, Table(columns, rows))


def _figure(value: float | None, unit: Unit, currency: str) -> Cell:
    """Return a figure with its own unit: money with its currency, a share in percent, a count as it is."""
    if value is None:
        return None
    return money(value, currency) if unit == "minor" else Quantity(value, unit)


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
            channel_title(c.channel),
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
    note = f"{answer.note} What platforms claim stands beside it and is never added up."
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
            channel_title(r.channel or ""),
            *(money(m, r.currency) for m in (r.spend_minor, r.revenue_minor, r.margin_minor)),
            r.orders,
            r.roas,
            r.roi,
            money(r.cac, r.currency),
        ]
        for r in answer.rows[:MOST_ROWS]
    ]
    note = f"The {len(rows)} of {len(answer.rows)} with most spend. ROI is (credited margin - spend) / spend."
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
    columns = [Column("Channel"), *(Column(_model_title(model), "count") for model in models)]
    rows: list[list[Cell]] = [
        [channel_title(name), *(sums.get((name, model), 0.0) for model in models)] for name in names
    ]
    note = "Orders credited by each model; a model's column adds up to the orders there were."
    if not found:
        note = "Attribution was not computed for these days; run `spreaders build`."
    charts = [Chart("bar", "Orders by model", tuple(range(1, len(columns))))] if found else []
    return Section("Attribution", note, Table(columns, rows), charts)


def _model_title(model: str) -> str:
    title = {str(name): text for name, text in MODELS.items()}.get(model, model)
    return title[0].upper() + title[1:]


def organic(asked: Asked) -> Section:
    """Return the posts of every channel that people reacted to most."""
    answer = get_engagement(
        asked.ctx, by="post", first_on=asked.days.first, last_on=asked.days.last, limit=500
    )
    columns = [
        Column("Post"),
        Column("Channel"),
        Column("Published"),
        Column("Views", "count"),
        Column("Engagements", "count"),
        Column("Engagement rate", "share"),
    ]
    names = sorted({post.channel for post in answer.rows})
    best = [[post for post in answer.rows if post.channel == name][:BEST_POSTS] for name in names]
    rows: list[list[Cell]] = [
        [r.name, channel_title(r.channel), r.published_at, r.views, r.engagements, r.engagement_rate]
        for posts in best
        for r in posts
    ]
    note = f"The {BEST_POSTS} posts of each channel with most reactions in these days."
    return Section("Organic", note, Table(columns, rows))


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
