"""Channels side by side: shares, efficiency, claims against credit, change since the period before."""

from __future__ import annotations

from pydantic import BaseModel, Field

from core.context import Context
from core.operation import operation
from lake.analytics.figures import ChannelFigures, ModelChoice, Totals, read_figures
from lake.analytics.marts import open_marts
from lake.analytics.metric_series import (
    ByDimension,
    Draft,
    MetricNames,
    MetricRow,
    MetricTold,
    PerPeriod,
    read_series,
    tell_metrics,
)
from lake.analytics.overview import relative_change
from lake.analytics.period import FirstOn, LastOn, Period, choose_days, days_before, reporting_currency
from lake.metrics.definitions import METRICS
from lake.metrics.models import DEFAULT_MODEL, Model


class ChannelComparison(ChannelFigures):
    """A channel beside the others and beside itself in the period before."""

    spend_share: float | None = Field(description="Its part of all spend.")
    revenue_share: float | None = Field(description="Its part of all revenue.")
    ctr: float | None = Field(description="Clicks by times shown; null for unpaid channels.")
    cpc: float | None = Field(description="Spend per click, minor units; null without spend.")
    cpm: float | None = Field(description="Spend per thousand times shown, minor units.")
    previous_roi: float | None = Field(description="ROI in the period before.")
    spend_change: float | None = Field(description="Relative change of spend; null without a base.")
    revenue_change: float | None = Field(description="Relative change of revenue; null without a base.")


class Comparison(BaseModel):
    """The answer of `analytics.compareChannels`."""

    period: Period = Field(description="The days asked for.")
    previous: Period = Field(description="The days before, as many.")
    is_previous_whole: bool = Field(
        description="False where numbers do not cover these days and those before; then nothing is compared."
    )
    currency: str = Field(description="ISO 4217 reporting currency.")
    model: Model = Field(description="The attribution model that gives the credit.")
    note: str = Field(description="What credited figures say, and that they do not say what spend adds.")
    channels: list[ChannelComparison] = Field(description="Best ROI first, unpaid channels after.")
    totals: Totals = Field(description="Everything together.")
    known: list[MetricTold] = Field(description="Every metric there is; empty unless metrics are asked for.")
    series: list[MetricRow] = Field(description="The metrics asked for; empty without any.")


@operation("analytics.compareChannels", effect="read")
def compare_channels(
    ctx: Context,
    *,
    first_on: FirstOn = None,
    last_on: LastOn = None,
    metrics: MetricNames = [],  # noqa: B006 - read only
    per: PerPeriod = None,
    by: ByDimension = None,
    draft: Draft = None,
    model: ModelChoice = DEFAULT_MODEL,
) -> Comparison:
    """Return every channel beside the others: shares, ROAS, ROI, CAC, CTR, claims, and the change.

    Orders are credited by the model, last non-direct touch by default: ROI is of that credit, not of
    what the spend adds.

    Channels with spend come first, best ROI first; then unpaid ones by revenue. What platforms claim
    stands beside what they are credited with and is never added up. With `metrics` or a `draft` the answer
    also tells every metric there is, and these by period and dimension: sums of parts, divided once. A week
    or month that the range cuts is marked; what no order tells of a campaign or ad is null.

    Raises:
        BadInput: the range ends before it begins, a metric is unknown, wrong, or not known by `by`
            (blended ones are of the whole workspace), or the model credits no single days.
        NotFound: the models were never built, or attribution was never computed.
    """
    with open_marts(ctx) as link:
        days = choose_days(link, first_on, last_on)
        currency = reporting_currency(link)
        figures = read_figures(link, days, model)
        base = days_before(link, days)
        earlier = read_figures(link, base, model).channels if base else ()
        before = {(c.channel, c.currency): c for c in earlier}
        now, totals = figures.channels, figures.totals
        rows = [_compare(c, before.get((c.channel, c.currency)), totals) for c in now]
        is_asked = bool(metrics or draft)
        series = (
            read_series(link, metrics, days=days, per=per, by=by, draft=draft, model=model)
            if is_asked
            else []
        )
        rows.sort(key=lambda c: (c.roi is None, -(c.roi or 0), -c.revenue_minor, c.channel))
        return Comparison(
            period=Period.of(days),
            previous=Period.of(days.before()),
            is_previous_whole=base is not None,
            currency=currency,
            model=model,
            note=figures.note,
            channels=rows,
            totals=totals,
            known=tell_metrics(link) if is_asked else [],
            series=series,
        )


def _compare(now: ChannelFigures, before: ChannelFigures | None, totals: Totals) -> ChannelComparison:
    parts = now.model_dump()
    is_paid = bool(now.spend_minor)
    return ChannelComparison(
        **parts,
        spend_share=_share(now, totals, "spend_minor"),
        revenue_share=_share(now, totals, "revenue_minor"),
        ctr=METRICS["ctr"].of(parts),
        cpc=METRICS["cpc"].of(parts) if is_paid else None,
        cpm=METRICS["cpm"].of(parts) if is_paid else None,
        previous_roi=before.roi if before else None,
        spend_change=relative_change(now.spend_minor, before.spend_minor if before else None),
        revenue_change=relative_change(now.revenue_minor, before.revenue_minor if before else None),
    )


def _share(channel: ChannelFigures, totals: Totals, part: str) -> float | None:
    whole = getattr(totals, part)
    return getattr(channel, part) / whole if whole and channel.currency == totals.currency else None
