"""Overview: the main figures against the period before, the trend, spend and revenue by channel."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app.charts import claim_chart, money_chart, trend_chart
from app.client import call
from app.look import (
    COUNT_CELL,
    MONEY_CELL,
    SHARE_CELL,
    change,
    channel_title,
    figure,
    in_units,
    money,
    show_frame,
    without_rate,
)
from app.period import choose_period, show_period

# More of these is worse news, or neither good nor bad.
COLOUR_OF_MORE: dict[str, Any] = {"cac": "inverse", "spend_minor": "off"}
MEANING = {
    "margin_minor": "Revenue less the cost of the goods, before spend.",
    "mer": "Marketing efficiency ratio: all revenue by all spend.",
    "roi": "(Margin - spend) / spend: 0% is break-even.",
    "cac": "Spend per new customer.",
}
AMOUNTS = ["spend_minor", "revenue_minor", "margin_minor", "claimed_value_minor"]
number = st.column_config.NumberColumn
COLUMNS: dict[str, Any] = {
    "channel": "Channel",
    "currency": "Currency",
    "spend": number("Spend", format=MONEY_CELL),
    "revenue": number("Revenue", format=MONEY_CELL, help="Real orders, credited by last non-direct touch"),
    "margin": number("Margin", format=MONEY_CELL, help="Before spend"),
    "orders": number("Orders", format=COUNT_CELL),
    "roas": number("ROAS", format="%.2f", help="Revenue by spend"),
    "roi": number("ROI", format=SHARE_CELL, help="(Margin - spend) / spend"),
    "claimed_conversions": number("Claimed", format=COUNT_CELL, help="Conversions the platform claims"),
    "claimed_value": number("Claimed value", format=MONEY_CELL, help="What the platform says it brought"),
    "over_claim_ratio": number("Over-claim", format="%.2f", help="Claimed conversions by credited orders"),
}


def show_kpis(overview: dict[str, Any]) -> None:
    """Show the figures as cards, four a row, with the days behind those that have them."""
    kpis, currency = overview["kpis"], overview["currency"]
    for row in (kpis[:4], kpis[4:]):
        for column, kpi in zip(st.columns(4), row, strict=False):
            before = f"The period before: {figure(kpi['previous'], kpi['unit'], currency)}"
            column.metric(
                kpi["title"],
                figure(kpi["value"], kpi["unit"], currency),
                change(kpi["change"]),
                delta_color=COLOUR_OF_MORE.get(kpi["name"], "normal"),
                help=f"{MEANING.get(kpi['name'], '')} {before}".strip(),
                border=True,
            )


def show_trend(overview: dict[str, Any]) -> None:
    """Show spend and revenue day by day."""
    currency, days = overview["currency"], overview["trend"]
    spend, revenue = (sum(day[name] for day in days) for name in ("spend_minor", "revenue_minor"))
    st.subheader("Spend and revenue by day")
    st.caption(f"{money(spend, currency)} spent, {money(revenue, currency)} earned.")
    st.altair_chart(trend_chart(days, currency))


def show_channels(overview: dict[str, Any]) -> None:
    """Show what every channel cost and brought, and what the platforms say about it."""
    currency, channels = overview["currency"], overview["channels"]
    claims = any(channel["claimed_conversions"] for channel in channels)
    left, right = st.columns([3, 2], gap="large") if claims else (st.container(), None)
    with left:
        st.subheader("Spend and revenue by channel")
        st.caption("Real orders, each credited once: to the last touch that was not direct.")
        st.altair_chart(money_chart(channels, currency))
    if right is not None:
        with right:
            st.subheader("Claimed and credited")
            st.caption("Platforms count every order they touched, several count the same one.")
            st.altair_chart(claim_chart(channels))
    frame = in_units(pd.DataFrame(channels), AMOUNTS, currency)
    frame["channel"] = frame["channel"].map(channel_title)
    frame["claimed_conversions"] = frame["claimed_conversions"].round(1)
    apart = without_rate(channels, currency)
    show_frame(frame, COLUMNS if apart else {k: v for k, v in COLUMNS.items() if k != "currency"})
    st.caption(apart or f"Amounts in {currency}.")


def show() -> None:
    """Draw the page."""
    st.title("Overview")
    period = choose_period()
    if period is None:
        return
    overview = call("analytics.getOverview", first_on=period[0], last_on=period[1])
    show_period(overview["period"], overview["previous"])
    show_kpis(overview)
    show_trend(overview)
    if overview["channels"]:
        show_channels(overview)


show()
