"""The charts: spend is orange and revenue green wherever they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from app.look import channel_title, in_one_currency, in_units

SPEND, REVENUE, CLAIMED = "#E8710A", "#0F766E", "#D93A6A"
LEGEND = alt.Legend(orient="top", offset=6, symbolType="square")
AMOUNTS = alt.Axis(format=",.0f", tickCount=5, titlePadding=8)
ROWS = alt.Axis(labelLimit=260, ticks=False, domain=False)
LONG = 120
BAR_ROW, FRAME = 34, 110


def trend_chart(days: Sequence[Mapping[str, Any]], currency: str) -> alt.LayerChart:
    """Return spend and revenue by day as two lines, with both numbers under the pointer."""
    frame = pd.DataFrame(days).assign(currency=currency)
    frame = in_units(frame, ["spend_minor", "revenue_minor"], currency)
    frame["day_on"] = pd.to_datetime(frame["day_on"])
    wide = frame.rename(columns={"spend": "Spend", "revenue": "Revenue"})
    long = wide.melt("day_on", ["Revenue", "Spend"], "figure", "amount")
    axis = alt.Axis(format="%b %Y" if len(days) > LONG else "%-d %b", grid=False, tickCount=12)
    x = alt.X("day_on:T", title=None, axis=axis)
    lines = (
        alt.Chart(long)
        .mark_area(line={"strokeWidth": 2}, fillOpacity=0.08)
        .encode(
            x=x,
            y=alt.Y("amount:Q", title=f"{currency} a day", axis=AMOUNTS, stack=False),
            color=_colours({"Revenue": REVENUE, "Spend": SPEND}),
        )
    )
    pointer = alt.selection_point(nearest=True, on="pointerover", fields=["day_on"], empty=False)
    rule = (
        alt.Chart(wide)
        .mark_rule(color="#9AA5B1")
        .encode(
            x=x,
            opacity=alt.condition(pointer, alt.value(0.8), alt.value(0)),
            tooltip=[
                alt.Tooltip("day_on:T", title="Day", format="%A, %-d %B %Y"),
                alt.Tooltip("Revenue:Q", format=",.2f"),
                alt.Tooltip("Spend:Q", format=",.2f"),
                alt.Tooltip("orders:Q", title="Orders", format=",.0f"),
            ],
        )
        .add_params(pointer)
    )
    chart: alt.LayerChart = (lines + rule).properties(height=280)
    return chart


def money_chart(rows: Sequence[Mapping[str, Any]], currency: str, label: str = "channel") -> alt.Chart:
    """Return spend and revenue side by side for every row, largest revenue first.

    Where the rows' money has several currencies, only one is drawn: the reporting one if it is there.
    """
    kept, currency = in_one_currency(rows, currency)
    frame = in_units(pd.DataFrame(kept), ["spend_minor", "revenue_minor"], currency)
    frame = frame.rename(columns={"spend": "Spend", "revenue": "Revenue", label: "row"})
    if label == "channel":
        frame["row"] = frame["row"].map(channel_title)
    else:
        twice = frame["row"].duplicated(keep=False)
        frame["row"] = frame["row"].where(~twice, frame["row"] + " (" + frame["id"] + ")")
    order = frame.sort_values("Revenue", ascending=False)["row"].tolist()
    bars = {"Revenue": REVENUE, "Spend": SPEND}
    return _pairs(frame, order, bars, currency, "Amount")


def claim_chart(channels: Sequence[Mapping[str, Any]]) -> alt.Chart:
    """Return, for platforms that claim, the claimed conversions beside the credited orders."""
    frame = pd.DataFrame([c for c in channels if c["claimed_conversions"]])
    frame["row"] = frame["channel"].map(channel_title)
    frame = frame.rename(columns={"claimed_conversions": "Claimed by the platform", "orders": "Credited"})
    order = frame.sort_values("Claimed by the platform", ascending=False)["row"].tolist()
    return _pairs(frame, order, {"Claimed by the platform": CLAIMED, "Credited": REVENUE}, "Orders", "Orders")


def _pairs(
    frame: pd.DataFrame, order: list[str], bars: Mapping[str, str], title: str, measure: str
) -> alt.Chart:
    chart: alt.Chart = (
        alt.Chart(frame.melt("row", list(bars), "figure", "amount"))
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            y=alt.Y(
                "row:N", title=None, sort=order, axis=alt.Axis(labelLimit=260, ticks=False, domain=False)
            ),
            yOffset=alt.YOffset("figure:N", sort=list(bars)),
            x=alt.X("amount:Q", title=title, axis=AMOUNTS),
            color=_colours(bars),
            tooltip=[
                alt.Tooltip("row:N", title="Name"),
                alt.Tooltip("figure:N", title="Figure"),
                alt.Tooltip("amount:Q", title=measure, format=",.2f"),
            ],
        )
        .properties(height=FRAME + BAR_ROW * len(order))
    )
    return chart


def _colours(bars: Mapping[str, str]) -> alt.Color:
    scale = alt.Scale(domain=list(bars), range=list(bars.values()))
    return alt.Color("figure:N", title=None, legend=LEGEND, scale=scale)
