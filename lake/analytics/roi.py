"""What the spend brought back, by channel, by campaign or in total."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import psycopg
from pydantic import BaseModel, Field

from core.context import Context
from core.operation import operation
from core.time import Days
from lake.analytics.figures import ModelChoice, Totals, read_figures, to_minor
from lake.analytics.marts import Params, open_marts, read_rows
from lake.analytics.naming import channel_title
from lake.analytics.period import FirstOn, LastOn, Period, choose_days, reporting_currency
from lake.metrics.definitions import METRICS
from lake.metrics.facts import SHARES
from lake.metrics.levels import find_uncredited
from lake.metrics.models import DEFAULT_MODEL, Model

By = Annotated[Literal["channel", "campaign", "total"], Field(description="What each row stands for.")]
MOST_CAMPAIGNS = 1000
RATIOS = ("roas", "roi", "cac")
EARNED = """
        SELECT credited_channel AS channel, coalesce(credited_campaign_id, '') AS campaign_id,
            reporting_currency AS currency, count(*) AS orders,
            count(*) FILTER (WHERE is_new_customer) AS new_customers,
            sum(reporting_revenue_micros)::bigint AS revenue_micros,
            sum(reporting_margin_micros)::bigint AS margin_micros
        FROM marts.fct_orders WHERE day_on BETWEEN %(first)s AND %(last)s GROUP BY 1, 2, 3
"""
SHARED = f"""
        SELECT channel, coalesce(campaign_id, '') AS campaign_id, currency,
            sum(orders::numeric)::double precision AS orders,
            sum(new_customers::numeric)::double precision AS new_customers,
            sum(revenue_micros::numeric) AS revenue_micros, sum(margin_micros::numeric) AS margin_micros
        FROM marts.{SHARES}
        WHERE model = %(model)s AND day_on BETWEEN %(first)s AND %(last)s GROUP BY 1, 2, 3
"""
CAMPAIGNS = """
    WITH spent AS (
        SELECT channel, campaign_id, reporting_currency AS currency,
            sum(reporting_spend_micros)::bigint AS spend_micros
        FROM marts.fct_ad_daily WHERE day_on BETWEEN %(first)s AND %(last)s GROUP BY 1, 2, 3
    ), earned AS ({earned}), names AS (
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
    orders: int | float | None = Field(
        description="Orders credited by the model; null for a campaign of a channel whose orders name none."
    )
    new_customers: int | float | None = Field(description="Of these, first orders of a customer.")
    revenue_minor: int | None = Field(description="Revenue of the credited orders, minor units.")
    margin_minor: int | None = Field(description="Margin of the credited orders before spend, minor units.")
    gain_minor: int | None = Field(description="Credited margin less spend; null where `roi` is.")
    roas: float | None = Field(
        description="Credited revenue / spend; null without spend, in the total and where the campaign is not"
        " known."
    )
    roi: float | None = Field(description="(Credited margin - spend) / spend; null like `roas`.")
    cac: float | None = Field(description="Spend per credited new customer, minor units; null like `roas`.")


class ReturnOnInvestment(BaseModel):
    """The answer of `analytics.getROI`."""

    period: Period = Field(description="The days asked for.")
    currency: str = Field(description="ISO 4217 reporting currency.")
    by: Literal["channel", "campaign", "total"] = Field(description="What each row stands for.")
    model: Model = Field(description="The attribution model that gives the credit.")
    note: str = Field(description="What credited figures say, and that they do not say what spend adds.")
    rows: list[Return] = Field(description="Dearest first; at most 1,000 campaigns.")
    totals: Totals = Field(description="Everything together: blended, and paid by the model's credit.")
    formula: str = Field(description="How the ROI of a row is made.")


@operation("analytics.getROI", effect="read")
def get_roi(
    ctx: Context,
    *,
    first_on: FirstOn = None,
    last_on: LastOn = None,
    by: By = "channel",
    model: ModelChoice = DEFAULT_MODEL,
) -> ReturnOnInvestment:
    """Return spend, revenue, margin, ROAS and ROI by channel, by campaign or in total.

    ROI is (credited margin - spend) / spend, 0 is break-even. The model gives the credit, last
    non-direct touch by default; what a channel is credited with is not what its spend adds. The totals
    tell blended ROI (all orders by all spend) and paid ROI (what channels with spend are credited with).
    Amounts are minor units. Money without a dated rate keeps its own currency and has no ratio.

    Raises:
        BadInput: the range ends before it begins, or the model credits no single days.
        NotFound: the models were never built, or attribution was never computed.
    """
    with open_marts(ctx) as link:
        days = choose_days(link, first_on, last_on)
        currency = reporting_currency(link)
        figures = read_figures(link, days, model)
        if by == "total":
            whole = {**figures.totals.model_dump(), **dict.fromkeys(RATIOS), "name": "All channels"}
            rows = [_return(whole, is_credited=False)]
        elif by == "channel":
            rows = [
                _return(
                    {**c.model_dump(), "name": channel_title(c.channel)}, is_credited=c.currency == currency
                )
                for c in figures.channels
            ]
        else:
            rows = _read_campaigns(link, days, currency, model)
        return ReturnOnInvestment(
            period=Period.of(days),
            currency=currency,
            by=by,
            model=model,
            note=figures.note,
            rows=rows,
            totals=figures.totals,
            formula=METRICS["roi"].formula,
        )


def _read_campaigns(link: psycopg.Connection, days: Days, wanted: str, model: Model) -> list[Return]:
    params: Params = {"first": days.first, "last": days.last, "limit": MOST_CAMPAIGNS, "model": model}
    query = CAMPAIGNS.format(earned=EARNED if model == DEFAULT_MODEL else SHARED)
    uncredited = find_uncredited(link, days, "campaign")
    rows = []
    for row in read_rows(link, query, params):
        name = row["name"] or row["campaign_id"] or f"{channel_title(row['channel'])}, no campaign known"
        amounts = {
            f"{part}_minor": to_minor(row[f"{part}_micros"], row["currency"])
            for part in ("spend", "revenue", "margin")
        }
        parts = {**row, **amounts, "name": name}
        if (row["channel"], row["campaign_id"]) in uncredited:
            parts |= dict.fromkeys(("orders", "new_customers", "revenue_minor", "margin_minor"))
        is_credited = row["currency"] == wanted and row["campaign_id"] != ""
        rows.append(_return(parts, is_credited=is_credited))
    return rows


def _return(parts: Mapping[str, Any], *, is_credited: bool) -> Return:
    """Return the row; its ratios only where the spend and the orders are known to belong together."""
    is_paid = is_credited and bool(parts["spend_minor"])
    ratios = {name: METRICS[name].of(parts) if is_paid else None for name in RATIOS}
    gain = METRICS["gain"].of(parts) if is_paid else None
    empty = {"channel": None, "campaign_id": None}
    return Return.model_validate({**empty, **parts, **ratios, "gain_minor": gain})
