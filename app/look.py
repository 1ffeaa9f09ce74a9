"""How numbers, channels and charts look, the same on every page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from core.money import Money

# Paid in warm, own channels in cool, people who came by themselves in grey.
COLOURS = {
    "google_ads": "#E8710A",
    "meta_ads": "#D93A6A",
    "mailchimp": "#1B998B",
    "youtube": "#3D6FB6",
    "instagram": "#6C5CE7",
    "facebook": "#4DA3FF",
    "organic_search": "#7A8B99",
    "referral": "#A5B1BA",
    "direct": "#C9D1D6",
}
OTHER = "#B08968"
SPEND, REVENUE, PREVIOUS = "#E8710A", "#1B998B", "#C9D1D6"
TITLES = {
    "google_ads": "Google Ads",
    "meta_ads": "Meta Ads",
    "mailchimp": "Mailchimp",
    "youtube": "YouTube",
    "instagram": "Instagram",
    "facebook": "Facebook",
    "shopify": "Shopify",
    "site": "Web site",
    "organic_search": "Organic search",
    "referral": "Referral",
    "direct": "Direct",
}
COMPACT = ((1_000_000, "M"), (10_000, "k"))


def channel_title(name: str) -> str:
    """Return a channel's name as people write it."""
    return TITLES.get(name, name.replace("_", " ").capitalize())


def money(minor: float | None, currency: str, *, compact: bool = False) -> str:
    """Return an amount such as `12,345.67 EUR`, or `388 k EUR` where space is short."""
    if minor is None:
        return "n/a"
    amount = Money(round(minor), currency).amount
    if compact:
        for size, letter in COMPACT:
            if abs(amount) >= size:
                return f"{amount / (size if letter == 'M' else 1000):,.1f} {letter} {currency}"
    return f"{amount:,} {currency}"


def figure(value: float | None, unit: str, currency: str) -> str:
    """Return a figure by its unit: minor, count, factor or share."""
    if value is None:
        return "n/a"
    if unit == "minor":
        return money(value, currency, compact=True)
    if unit == "share":
        return f"{value:.1%}"
    return f"{value:,.0f}" if unit == "count" else f"{value:.2f}"


def change(value: float | None) -> str | None:
    """Return a relative change such as `+4.2 %`; None where there is no base."""
    return None if value is None else f"{value * 100:+.1f} %"


def in_units(frame: pd.DataFrame, columns: Sequence[str], currency: str) -> pd.DataFrame:
    """Return the frame with `…_minor` columns as whole currency units, for drawing only."""
    scale = float(Money(1, currency).amount)
    return frame.assign(
        **{name.removesuffix("_minor"): frame[name].astype(float) * scale for name in columns}
    )


def trend_chart(days: Sequence[Mapping[str, Any]], currency: str) -> alt.Chart:
    """Return spend and revenue by day as two lines."""
    frame = in_units(pd.DataFrame(days), ["spend_minor", "revenue_minor"], currency)
    frame["day_on"] = pd.to_datetime(frame["day_on"])
    long = frame.melt("day_on", ["spend", "revenue"], "figure", "amount")
    colour = alt.Color("figure:N", title=None, legend=alt.Legend(orient="top"))
    colour = colour.scale(domain=["revenue", "spend"], range=[REVENUE, SPEND])
    base = alt.Chart(long).encode(
        x=alt.X("day_on:T", title=None, axis=alt.Axis(format="%d %b", grid=False)),
        y=alt.Y("amount:Q", title=currency, axis=alt.Axis(format="~s")),
        color=colour,
        tooltip=[alt.Tooltip("day_on:T", title="Day"), "figure:N", alt.Tooltip("amount:Q", format=",.2f")],
    )
    chart: alt.Chart = (base.mark_line(strokeWidth=2.5) + base.mark_point(size=18, filled=True)).properties(
        height=290
    )
    return chart


def channel_chart(channels: Sequence[Mapping[str, Any]], currency: str) -> alt.Chart:
    """Return spend and revenue side by side for every channel."""
    frame = in_units(pd.DataFrame(channels), ["spend_minor", "revenue_minor"], currency)
    frame["channel"] = frame["channel"].map(channel_title)
    order = frame.sort_values("revenue", ascending=False)["channel"].tolist()
    long = frame.melt("channel", ["spend", "revenue"], "figure", "amount")
    chart: alt.Chart = (
        alt.Chart(long)
        .mark_bar(cornerRadiusEnd=3)
        .encode(
            y=alt.Y("channel:N", title=None, sort=order),
            yOffset=alt.YOffset("figure:N", sort=["revenue", "spend"]),
            x=alt.X("amount:Q", title=currency, axis=alt.Axis(format="~s")),
            color=alt.Color("figure:N", title=None, legend=alt.Legend(orient="top")).scale(
                domain=["revenue", "spend"], range=[REVENUE, SPEND]
            ),
            tooltip=["channel:N", "figure:N", alt.Tooltip("amount:Q", format=",.2f")],
        )
        .properties(height=max(220, 46 * len(order)))
    )
    return chart


def claim_chart(channels: Sequence[Mapping[str, Any]]) -> alt.Chart:
    """Return, for platforms that claim, the claimed conversions beside the credited orders."""
    frame = pd.DataFrame([c for c in channels if c["claimed_conversions"]])
    frame["channel"] = frame["channel"].map(channel_title)
    frame = frame.rename(
        columns={"claimed_conversions": "claimed by the platform", "orders": "credited orders"}
    )
    names = ["claimed by the platform", "credited orders"]
    chart: alt.Chart = (
        alt.Chart(frame.melt("channel", names, "figure", "count"))
        .mark_bar(cornerRadiusEnd=3)
        .encode(
            y=alt.Y("channel:N", title=None),
            yOffset=alt.YOffset("figure:N", sort=names),
            x=alt.X("count:Q", title="conversions", axis=alt.Axis(format="~s")),
            color=alt.Color("figure:N", title=None, legend=alt.Legend(orient="top")).scale(
                domain=names, range=["#D93A6A", REVENUE]
            ),
            tooltip=["channel:N", "figure:N", alt.Tooltip("count:Q", format=",.0f")],
        )
        .properties(height=max(150, 70 * len(frame)))
    )
    return chart
