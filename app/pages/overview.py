"""Overview: the main figures against the period before, the trend, spend and revenue by channel."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app.client import call
from app.look import change, channel_chart, channel_title, claim_chart, figure, in_units, money, trend_chart
from app.period import choose_period

# More of these is worse news, or neither good nor bad.
COLOUR_OF_MORE: dict[str, Any] = {"cac": "inverse", "spend_minor": "off"}


def show_kpis(overview: dict[str, Any]) -> None:
    """Show the figures as cards, four a row."""
    kpis, currency = overview["kpis"], overview["currency"]
    for row in (kpis[:4], kpis[4:]):
        for column, kpi in zip(st.columns(4), row, strict=False):
            column.metric(
                kpi["title"],
                figure(kpi["value"], kpi["unit"], currency),
                change(kpi["change"]),
                delta_color=COLOUR_OF_MORE.get(kpi["name"], "normal"),
                help=f"The period before: {figure(kpi['previous'], kpi['unit'], currency)}",
                border=True,
            )


def show_table(overview: dict[str, Any]) -> None:
    """Show every channel with its money and ratios."""
    currency = overview["currency"]
    amounts = ["spend_minor", "revenue_minor", "margin_minor", "claimed_value_minor"]
    frame = in_units(pd.DataFrame(overview["channels"]), amounts, currency)
    frame["channel"] = frame["channel"].map(channel_title)
    number = st.column_config.NumberColumn
    columns: dict[str, Any] = {
        "channel": "Channel",
        "spend": number("Spend", format="%.2f"),
        "revenue": number("Revenue", format="%.2f", help="Real orders, credited by last non-direct touch"),
        "margin": number("Margin", format="%.2f"),
        "orders": number("Orders"),
        "roas": number("ROAS", format="%.2f", help="Revenue by spend"),
        "roi": number("ROI", format="%.2f", help="(Margin - spend) by spend"),
        "claimed_value": number("Claimed value", format="%.2f", help="What the platform says it brought"),
        "over_claim_ratio": number(
            "Over-claim", format="%.2f", help="Claimed conversions by credited orders"
        ),
    }
    st.dataframe(frame[list(columns)], column_config=columns, hide_index=True, width="stretch")
    st.caption(
        f"Amounts in {currency}. What platforms claim is never added up: several claim the same order."
    )


def show() -> None:
    """Draw the page."""
    st.title("Overview")
    period = choose_period()
    if period is None:
        return
    overview = call("analytics.getOverview", first_on=period[0], last_on=period[1])
    st.caption(
        f"{overview['period']['first_on']} to {overview['period']['last_on']}, against "
        f"{overview['previous']['first_on']} to {overview['previous']['last_on']}"
    )
    show_kpis(overview)
    currency = overview["currency"]
    spend, revenue = (
        sum(day[name] for day in overview["trend"]) for name in ("spend_minor", "revenue_minor")
    )
    st.subheader("Spend and revenue by day")
    st.caption(f"{money(spend, currency)} spent, {money(revenue, currency)} earned")
    st.altair_chart(trend_chart(overview["trend"], currency), width="stretch")
    left, right = st.columns(2)
    with left:
        st.subheader("By channel")
        st.altair_chart(channel_chart(overview["channels"], currency), width="stretch")
    with right:
        st.subheader("Claimed and credited")
        if any(channel["claimed_conversions"] for channel in overview["channels"]):
            st.altair_chart(claim_chart(overview["channels"]), width="stretch")
        st.caption("Platforms report every order they touched; an order is credited once.")
    show_table(overview)


show()
