"""What the spend brought back, by channel, by campaign or in total."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import psycopg
from pydantic import BaseModel, Field

from core.context import Context
from core.operation import operation
from core.time import Days
from lake.analytics.figures import Totals, add_up, read_channels, to_minor
from lake.analytics.marts import open_marts, read_rows
from lake.analytics.period import FirstOn, LastOn, Period, choose_days, reporting_currency
from lake.metrics.definitions import METRICS

By = Annotated[Literal["channel", "campaign", "total"], Field(description="What each row stands for.")]
MOST_CAMPAIGNS = 1000
CAMPAIGNS = """
    WITH spent AS (
        SELECT channel, campaign_id, reporting_currency AS currency,
            sum(reporting_spend_micros)::bigint AS spend_micros
        FROM marts.fct_ad_daily WHERE day_on BETWEEN %(first)s AND %(last)s GROUP BY 1, 2, 3
    ), earned AS (
        SELECT credited_channel AS channel, coalesce(credited_campaign_id, '') AS campaign_id,
            reporting_currency AS currency, count(*) AS orders,
            count(*) FILTER (WHERE is_new_customer) AS new_customers,
            sum(reporting_revenue_micros)::bigint AS revenue_micros,
            sum(reporting_margin_micros)::bigint AS margin_micros
        FROM marts.fct_orders WHERE day_on BETWEEN %(first)s AND %(last)s GROUP BY 1, 2, 3
    ), names AS (
        SELECT channel, campaign_id, max(name) AS name FROM marts.dim_campaign GROUP BY 1, 2
    )
    SELECT channel, campaign_id, currency, names.name,
        coalesce(spent.spend_micros, 0) AS spend_micros, coalesce(earned.orders, 0) AS orders,
        coalesce(earned.new_customers, 0) AS new_customers,
        coalesce(earned.revenue_micros, 0) AS revenue_micros,
        coalesce(earned.margin_micros, 0) AS margin_micros
    FROM spent FULL JOIN earned USING (channel, campaign_id, currency)
    LEFT JOIN names USING (channel, campaign_id)
    ORDER BY spend_micros DESC, revenue_micros DESC, channel, campaign_id LIMIT %(limit)s
"""


class Return(BaseModel):
    """What one channel or campaign cost and brought."""

    channel: str | None = Field(description="Marketing channel; null in the total.")
    campaign_id: str | None = Field(description="Campaign or mail; empty where no campaign is known.")
    name: str = Field(description="What to call it.")
    currency: str = Field(description="ISO 4217 currency of every amount.")
    spend_minor: int = Field(description="Spend, minor units.")
    orders: int = Field(description="Credited orders (last non-direct touch).")
    new_customers: int = Field(description="Of these, first orders of a customer.")
    revenue_minor: int = Field(description="Revenue of the credited orders, minor units.")
    margin_minor: int = Field(description="Margin of the credited orders before spend, minor units.")
    gain_minor: int = Field(description="Margin less spend, minor units.")
    roas: float | None = Field(description="Revenue by spend; null without spend.")
    roi: float | None = Field(description="Margin less spend by spend; null without spend.")
    cac: float | None = Field(description="Spend per new customer, minor units; null without one.")


class ReturnOnInvestment(BaseModel):
    """The answer of `analytics.getROI`."""

    period: Period = Field(description="The days asked for.")
    currency: str = Field(description="ISO 4217 reporting currency.")
    by: Literal["channel", "campaign", "total"] = Field(description="What each row stands for.")
    rows: list[Return] = Field(description="Dearest first; at most 1,000 campaigns.")
    totals: Totals = Field(description="Everything together.")
    formula: str = Field(description="How ROI is made.")


@operation("analytics.getROI", effect="read")
def get_roi(
    ctx: Context, *, first_on: FirstOn = None, last_on: LastOn = None, by: By = "channel"
) -> ReturnOnInvestment:
    """Return spend, revenue, margin, ROAS and ROI by channel, by campaign or in total.

    ROI is margin-based: (margin - spend) / spend, 0 is break-even. Orders are credited by last
    non-direct touch; amounts are minor units. Money without a dated rate keeps its own currency and
    has no ratio.

    Raises:
        BadInput: the range ends before it begins.
        NotFound: the models were never built.
    """
    with open_marts(ctx) as link:
        days = choose_days(link, first_on, last_on)
        currency = reporting_currency(link)
        channels = read_channels(link, days)
        totals = add_up(channels, currency)
        if by == "total":
            rows = [_return({**totals.model_dump(), "name": "All channels"}, currency)]
        elif by == "channel":
            rows = [_return({**c.model_dump(), "name": c.channel}, currency) for c in channels]
        else:
            rows = _read_campaigns(link, days, currency)
        return ReturnOnInvestment(
            period=Period.of(days),
            currency=currency,
            by=by,
            rows=rows,
            totals=totals,
            formula=METRICS["roi"].formula,
        )


def _read_campaigns(link: psycopg.Connection, days: Days, wanted: str) -> list[Return]:
    params = {"first": days.first, "last": days.last, "limit": MOST_CAMPAIGNS}
    rows = []
    for row in read_rows(link, CAMPAIGNS, params):
        name = row["name"] or row["campaign_id"] or f"{row['channel']}, no campaign known"
        amounts = {
            f"{part}_minor": to_minor(row[f"{part}_micros"], row["currency"])
            for part in ("spend", "revenue", "margin")
        }
        rows.append(_return({**row, **amounts, "name": name}, wanted))
    return rows


def _return(parts: dict[str, Any], wanted: str) -> Return:
    whole = parts["currency"] == wanted
    ratios = {name: METRICS[name].of(parts) if whole else None for name in ("roas", "roi", "cac")}
    gain = parts["margin_minor"] - parts["spend_minor"]
    empty = {"channel": None, "campaign_id": None}
    return Return.model_validate({**empty, **parts, **ratios, "gain_minor": gain})
