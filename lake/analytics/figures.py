"""A channel's figures over some days: sums of additive parts, ratios by the metric definitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import psycopg
from pydantic import BaseModel, Field

from core.errors import NotFound
from core.money import Money
from core.time import Days
from lake.analytics.marts import Params, read_rows
from lake.analytics.period import reporting_currency
from lake.metrics.definitions import METRICS
from lake.metrics.models import DEFAULT_MODEL, MODELS, Model, check_model

ModelChoice = Annotated[
    Model,
    Field(
        description="Attribution model that gives the credit; the default is last_non_direct, the only one"
        " that needs no attribution job. data_driven credits no single day and is refused with a sentence."
    ),
]
MONEY = ("spend", "claimed_value", "revenue", "margin")
SOLD = ("orders", "new_customers", "revenue_micros", "margin_micros")
PAID_RATIOS = ("roas", "roi", "cac")
BLENDED_RATIOS = ("mer", "blended_roi", "blended_cac")
# What a channel reports of itself, whoever gets the credit.
REPORTED = (
    "spend_micros impressions clicks views engagements mails_sent claimed_conversions claim_window"
    " claimed_value_micros"
).split()
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
CREDIT = """
    SELECT channel, currency, sum(orders::numeric)::double precision AS orders,
        sum(new_customers::numeric)::double precision AS new_customers,
        sum(revenue_micros::numeric) AS revenue_micros, sum(margin_micros::numeric) AS margin_micros
    FROM marts.fct_credit_daily WHERE model = %(model)s AND day_on BETWEEN %(first)s AND %(last)s
    GROUP BY channel, currency
"""
HAS_CREDIT = "SELECT EXISTS (SELECT FROM marts.fct_credit_daily) AS is_there"


class ChannelFigures(BaseModel):
    """One marketing channel over the period; orders are credited by the answer's model."""

    channel: str = Field(description="Marketing channel, paid or not; orders nobody brought are direct.")
    currency: str = Field(description="ISO 4217 currency of every amount of this row.")
    spend_minor: int = Field(description="Spend, minor units.")
    orders: int | float = Field(description="Orders credited to the channel; some models share an order.")
    new_customers: int | float = Field(description="Of these, first orders of a customer.")
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
    roas: float | None = Field(description="Credited revenue / spend; null without spend.")
    roi: float | None = Field(description="(Credited margin - spend) / spend; null without spend.")
    cac: float | None = Field(
        description="Spend per credited new customer, minor units; null without spend or customer."
    )
    over_claim_ratio: float | None = Field(description="Claimed conversions / credited orders.")


class Totals(BaseModel):
    """All channels together, in the reporting currency; platform claims are never added up.

    Sums and blended ratios hold every order, whoever gets the credit. The paid figures hold what the
    model credits to channels with spend in these days.
    """

    currency: str = Field(description="ISO 4217 currency of every amount.")
    spend_minor: int = Field(description="All spend, minor units.")
    orders: int = Field(description="All orders, whoever gets the credit.")
    new_customers: int = Field(description="First orders of a customer.")
    revenue_minor: int = Field(description="All revenue less refunds, minor units.")
    margin_minor: int = Field(description="All margin before spend, minor units.")
    mer: float | None = Field(description="Blended: all revenue / all spend; null without spend.")
    blended_roi: float | None = Field(description="Blended: (all margin - all spend) / all spend.")
    blended_cac: float | None = Field(description="Blended: all spend per new customer, minor units.")
    paid_orders: int | float = Field(description="Orders the model credits to channels with spend.")
    paid_new_customers: int | float = Field(description="Of these, first orders of a customer.")
    paid_revenue_minor: int = Field(description="Revenue of these orders, minor units.")
    paid_margin_minor: int = Field(description="Margin of these orders before spend, minor units.")
    roas: float | None = Field(description="Paid ROAS: credited revenue of channels with spend / spend.")
    roi: float | None = Field(
        description="Paid ROI: (credited margin of channels with spend - spend) / spend."
    )
    cac: float | None = Field(description="Paid CAC: spend per new customer credited to channels with spend.")


@dataclass(frozen=True, slots=True)
class Figures:
    """Every channel of some days, dearest first, and all of them together."""

    channels: Sequence[ChannelFigures]
    totals: Totals
    model: Model
    uncredited: float

    @property
    def note(self) -> str:
        """What the credited figures say, and what they do not."""
        return note_of(self.model, self.uncredited)


def note_of(model: Model, uncredited: float = 0.0) -> str:
    """Return the sentence that stands beside credited figures."""
    text = (
        f"Credited by {MODELS[model]}: ROI and ROAS say which channel gets the credit for an order, not what"
        " the spend adds."
    )
    if round(uncredited) <= 0:
        return text
    return f"{text} {uncredited:,.0f} orders are not credited by it yet; run `spreaders build`."


def to_minor(micros: Any, currency: str) -> int | None:
    """Return micros rounded once into minor units, half to even; None stays None."""
    return None if micros is None else Money.from_micros(round(micros), currency).minor


def check_credit(link: psycopg.Connection, model: Model) -> None:
    """Make sure that a model can be asked for a period.

    Raises:
        BadInput: the model credits no single days.
        NotFound: attribution was never computed.
    """
    check_model(model)
    if model != DEFAULT_MODEL and not read_rows(link, HAS_CREDIT)[0]["is_there"]:
        raise NotFound(
            f"No order is credited by {model} yet; run `spreaders build`, or ask for {DEFAULT_MODEL}."
        )


def read_figures(link: psycopg.Connection, days: Days, model: Model = DEFAULT_MODEL) -> Figures:
    """Return every channel with anything in these days, and all of them together.

    Money that no dated rate converts has a row of its own in its own currency; such a row has no
    ratio of revenue and spend, because its revenue is told elsewhere. Every amount is a sum of micros,
    rounded once: a model that shares orders may leave rows a minor unit off their total.

    Raises:
        BadInput: the model credits no single days.
        NotFound: the model was never computed.
    """
    check_credit(link, model)
    wanted = reporting_currency(link)
    params: Params = {"first": days.first, "last": days.last, "model": model}
    rows = read_rows(link, CHANNEL_SUMS, params)
    whole = _add(row for row in rows if row["currency"] == wanted)
    if model != DEFAULT_MODEL:
        rows = _credit(rows, read_rows(link, CREDIT, params))
    paid = _add(row for row in rows if row["currency"] == wanted and row["spend_micros"])
    credited = sum(row["orders"] for row in rows if row["currency"] == wanted)
    return Figures(
        [_channel(row, wanted) for row in rows],
        _totals(whole, paid, wanted),
        model,
        float(whole["orders"] - credited),
    )


def _credit(rows: Iterable[Mapping[str, Any]], shares: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows with another model's credit in the place of the default's."""
    credited = {(row["channel"], row["currency"]): {**row, **dict.fromkeys(SOLD, 0)} for row in rows}
    for share in shares:
        key = share["channel"], share["currency"]
        credited[key] = {**credited.get(key, {**dict.fromkeys(REPORTED), "spend_micros": 0}), **share}
    kept = [row for row in credited.values() if any(row[name] for name in (*REPORTED, *SOLD))]
    return sorted(kept, key=lambda row: (-row["spend_micros"], -row["revenue_micros"], row["channel"]))


def _add(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    kept = list(rows)
    return {name: sum(row[name] for row in kept) for name in ("spend_micros", *SOLD)}


def _amounts(row: Mapping[str, Any], currency: str, names: Iterable[str] = MONEY) -> dict[str, Any]:
    return {f"{name}_minor": to_minor(row[f"{name}_micros"], currency) for name in names}


def _channel(row: Mapping[str, Any], wanted: str) -> ChannelFigures:
    parts = {**row, **_amounts(row, row["currency"])}
    is_paid = row["currency"] == wanted and bool(row["spend_micros"])
    ratios = {name: METRICS[name].of(parts) if is_paid else None for name in PAID_RATIOS}
    is_claimed = row["currency"] == wanted and parts["claimed_conversions"] is not None
    over = METRICS["over_claim_ratio"].of(parts) if is_claimed else None
    return ChannelFigures.model_validate({**parts, **ratios, "over_claim_ratio": over})


def _totals(whole: Mapping[str, Any], paid: Mapping[str, Any], currency: str) -> Totals:
    names = ("spend", "revenue", "margin")
    parts = {**whole, **_amounts(whole, currency, names)}
    credited = {**paid, **_amounts(paid, currency, names)}
    blended = {name: METRICS[name].of(parts) for name in BLENDED_RATIOS}
    ratios = {name: METRICS[name].of(credited) if paid["spend_micros"] else None for name in PAID_RATIOS}
    sold = ("orders", "new_customers", "revenue_minor", "margin_minor")
    shares = {f"paid_{name}": credited[name] for name in sold}
    return Totals.model_validate({"currency": currency, **parts, **blended, **shares, **ratios})


def no_totals(currency: str) -> Totals:
    """Return the totals of no days at all."""
    return _totals(_add([]), _add([]), currency)
