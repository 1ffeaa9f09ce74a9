"""What was bought, by whom and through what; what platforms claim; what attribution models say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import psycopg
from pydantic import BaseModel, Field

from core.context import Context
from core.operation import operation
from core.time import Days
from lake.analytics.attributed import ModelCredit, read_models
from lake.analytics.figures import to_minor
from lake.analytics.journeys import Journeys, Uplift, read_doubts, read_journeys, read_uplift
from lake.analytics.marts import open_marts, read_rows
from lake.analytics.naming import channel_title
from lake.analytics.period import FirstOn, LastOn, Period, choose_days, reporting_currency
from lake.metrics.definitions import METRICS

By = Annotated[
    Literal["channel", "campaign", "customer_kind", "total"], Field(description="What each row stands for.")
]
WithModels = Annotated[
    bool, Field(description="Whether to add the attribution models' credits side by side.")
]
WithPaths = Annotated[bool, Field(description="Whether to add the paths that led to orders, and to none.")]
Limit = Annotated[int, Field(description="Most rows to return.", ge=1, le=1000)]
KEYS: Mapping[str, tuple[str, str]] = {
    "channel": ("credited_channel", "''"),
    "campaign": ("credited_channel", "coalesce(credited_campaign_id, '')"),
    "customer_kind": ("CASE WHEN is_new_customer THEN 'new' ELSE 'returning' END", "''"),
    "total": ("'all'", "''"),
}
ORDERS = """
    SELECT {group} AS id, {campaign} AS campaign_id, reporting_currency AS currency, count(*) AS orders,
        count(*) FILTER (WHERE is_new_customer) AS new_customers,
        sum(reporting_revenue_micros)::bigint AS revenue_micros,
        sum(reporting_margin_micros)::bigint AS margin_micros
    FROM marts.fct_orders WHERE day_on BETWEEN %(first)s AND %(last)s GROUP BY 1, 2, 3
"""
# Ads and mails claim; the same order may be claimed by several, so claims stand only where one claims.
CLAIMS = """
    SELECT {group} AS id, {campaign} AS campaign_id, currency,
        sum(claimed::numeric)::double precision AS claimed_conversions,
        sum(claimed_micros)::bigint AS claimed_value_micros,
        CASE WHEN count(DISTINCT claim_window) > 1 THEN 'mixed' ELSE min(claim_window) END AS claim_window
    FROM (
        SELECT channel, campaign_id, reporting_currency AS currency, claim_window,
            claimed_conversions AS claimed, reporting_claimed_value_micros AS claimed_micros
        FROM marts.fct_ad_daily WHERE day_on BETWEEN %(first)s AND %(last)s
        UNION ALL
        SELECT channel, mail_id, coalesce(reporting_currency, %(currency)s), 'mail', claimed_orders,
            reporting_claimed_value_micros
        FROM marts.fct_email_campaign WHERE sent_on BETWEEN %(first)s AND %(last)s
    ) AS claims WHERE claimed IS NOT NULL GROUP BY 1, 2, 3
"""
NAMES = "SELECT channel, campaign_id, max(name) AS name FROM marts.dim_campaign GROUP BY 1, 2"
VISITORS = """
    SELECT count(DISTINCT anonymous_id) AS visitors,
        count(DISTINCT anonymous_id) FILTER (WHERE kind = 'purchase') AS buyers
    FROM lake.touch WHERE day_on BETWEEN %(first)s AND %(last)s
"""
CLAIMED = ("claimed_conversions", "claimed_value_micros", "claim_window")


class Conversion(BaseModel):
    """The orders of one channel, campaign or kind of customer, and what platforms claim of it."""

    id: str = Field(description="The channel; new or returning; all.")
    campaign_id: str = Field(description="The campaign or mail; empty where none is known or asked for.")
    name: str = Field(description="What to call it.")
    currency: str = Field(description="ISO 4217 currency of every amount of this row.")
    orders: int = Field(description="Real orders, credited by last non-direct touch.")
    new_customers: int = Field(description="Of these, first orders of a customer.")
    revenue_minor: int = Field(description="What customers paid less refunds, minor units.")
    margin_minor: int = Field(description="Margin of these orders before spend, minor units.")
    average_order_minor: float | None = Field(description="Revenue an order, minor units.")
    order_share: float | None = Field(description="Its part of all orders.")
    claimed_conversions: float | None = Field(description="What the platform claims; null where none claims.")
    claimed_value_minor: int | None = Field(description="Value of the claims, minor units.")
    claim_window: str | None = Field(description="Attribution window of the claims; mixed where unlike meet.")
    over_claim_ratio: float | None = Field(description="Claimed conversions by credited orders.")


class Conversions(BaseModel):
    """The answer of `analytics.getConversions`."""

    period: Period = Field(description="The days asked for.")
    currency: str = Field(description="ISO 4217 reporting currency.")
    by: str = Field(description="What each row stands for.")
    rows: list[Conversion] = Field(description="Most orders first.")
    orders: int = Field(description="All orders.")
    visitors: int = Field(description="Browsers seen on the site; 0 without its events.")
    buyers: int = Field(description="Of these, browsers with a purchase.")
    conversion_rate: float | None = Field(
        description="Buyers / visitors: the share of browsers with a purchase, not orders / visitors, which"
        " counts a browser that buys twice twice and orders of no known browser too; null without visitors."
    )
    models: list[ModelCredit] | None = Field(
        description="Each attribution model's credit by channel or campaign; null unless asked for, and where"
        " attribution was never computed."
    )
    uplift: list[Uplift] | None = Field(
        description="The data-driven model's credit over the whole history; null like models."
    )
    uplift_doubts: list[str] = Field(
        description="Reasons in the data to trust the data-driven credit less; empty where there is none."
    )
    journeys: Journeys | None = Field(
        description="Paths before orders; null unless asked for, and where paths were never built."
    )


@operation("analytics.getConversions", effect="read")
def get_conversions(
    ctx: Context,
    *,
    first_on: FirstOn = None,
    last_on: LastOn = None,
    by: By = "channel",
    with_models: WithModels = False,
    with_paths: WithPaths = False,
    limit: Limit = 200,
) -> Conversions:
    """Return orders, revenue and conversion rate by channel, campaign or new and returning customers.

    Orders are real and credited by last non-direct touch; platforms' claims stand beside them and are never
    added up over channels. `with_models` adds every attribution model's credit by channel (by campaign when
    asked by campaign), null where attribution was never computed; the data-driven model speaks of the whole
    history. `with_paths` adds the ways people took. Amounts are minor units.

    Raises:
        BadInput: the range ends before it begins.
        NotFound: the models were never built.
    """
    with open_marts(ctx) as link:
        days = choose_days(link, first_on, last_on)
        currency = reporting_currency(link)
        rows = _read(link, by, days, currency)
        seen = read_rows(link, VISITORS, {"first": days.first, "last": days.last})[0]
    orders = sum(row.orders for row in rows)
    grain: Literal["channel", "campaign"] = "campaign" if by == "campaign" else "channel"
    return Conversions(
        period=Period.of(days),
        currency=currency,
        by=by,
        rows=rows[:limit],
        orders=orders,
        visitors=seen["visitors"],
        buyers=seen["buyers"],
        conversion_rate=seen["buyers"] / seen["visitors"] if seen["visitors"] else None,
        models=read_models(ctx, days, grain) if with_models else None,
        uplift=read_uplift(ctx) if with_models else None,
        uplift_doubts=read_doubts(ctx) if with_models else [],
        journeys=read_journeys(ctx, days) if with_paths else None,
    )


def _read(link: psycopg.Connection, by: str, days: Days, currency: str) -> list[Conversion]:
    params: dict[str, object] = {"first": days.first, "last": days.last, "currency": currency}
    group, campaign = KEYS[by]
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in read_rows(link, ORDERS.format(group=group, campaign=campaign), params):
        rows[row["id"], row["campaign_id"], row["currency"]] = dict(row)
    if by in {"channel", "campaign"}:
        claimed = CLAIMS.format(group="channel", campaign="campaign_id" if by == "campaign" else "''")
        for row in read_rows(link, claimed, params):
            rows.setdefault((row["id"], row["campaign_id"], row["currency"]), {}).update(row)
    names = {(r["channel"], r["campaign_id"]): r["name"] for r in read_rows(link, NAMES)}
    whole = sum(row.get("orders", 0) for row in rows.values())
    told = [_conversion(row, _name(row, names, by), whole) for row in rows.values()]
    return sorted(told, key=lambda row: (-row.orders, -row.revenue_minor, row.id, row.campaign_id))


def _name(row: Mapping[str, Any], names: Mapping[tuple[str, str], str], by: str) -> str:
    if by == "channel":
        return channel_title(row["id"])
    if by != "campaign":
        return str(row["id"])
    known = names.get((row["id"], row["campaign_id"])) or row["campaign_id"]
    return known or f"{channel_title(row['id'])}, no campaign known"


def _conversion(row: Mapping[str, Any], name: str, whole: int) -> Conversion:
    empty = {"orders": 0, "new_customers": 0, "revenue_micros": 0, "margin_micros": 0}
    parts = {**empty, **dict.fromkeys(CLAIMED), **row}
    amounts = {
        f"{name}_minor": to_minor(parts[f"{name}_micros"], row["currency"])
        for name in ("revenue", "margin", "claimed_value")
    }
    parts |= amounts
    is_claimed = parts["claimed_conversions"] is not None
    ratios = {
        "average_order_minor": METRICS["aov"].of(parts),
        "order_share": parts["orders"] / whole if whole else None,
        "over_claim_ratio": METRICS["over_claim_ratio"].of(parts) if is_claimed else None,
    }
    return Conversion.model_validate({**parts, **ratios, "name": name})
