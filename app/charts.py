"""The charts of money and claims: spend is orange and revenue green wherever they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import altair as alt
import pandas as pd

from app.look import channel_title, in_one_currency, in_units

# Each stands out by 3:1 or more from the white and from the dark page.
SPEND, REVENUE, CLAIMED = "#DE6B0A", "#0F8578", "#D93A6A"
LINE, SOFT = "#7A8B99", "#8893A0"
AMOUNTS = alt.Axis(format=",~f", tickCount=5, titlePadding=8)
# So many days have a tick each; more have one a week, then one a month.
FEW_DAYS, SOME_DAYS = 16, 120
MOST_TICKS = 13
BAR_ROW, FRAME = 34, 60
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart, what it shows in words, its numbers as a table, and what its colours mean."""

    chart: Any
    words: str
    table: pd.DataFrame
    legend: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)


def day_axis(days: Sequence[date]) -> alt.Axis:
    """Return an axis with one tick a day, a Monday or a month, never two of one day."""
    unique = sorted(set(days))
    if len(unique) <= FEW_DAYS:
        ticks, shape = unique, "%-d %b"
    elif len(unique) <= SOME_DAYS:
        mondays = [day for day in unique if day.weekday() == 0]
        ticks, shape = mondays[:: -(-len(mondays) // MOST_TICKS)], "%-d %b"
    else:
        firsts = [day for day in unique if day.day == 1]
        ticks, shape = firsts[:: -(-len(firsts) // MOST_TICKS) or 1], "%b %Y"
    values = [alt.DateTime(year=day.year, month=day.month, date=day.day) for day in ticks]
    return alt.Axis(format=shape, grid=False, values=values, labelOverlap="greedy")


def row_axis() -> alt.Axis:
    """Return the axis of names."""
    return alt.Axis(labelLimit=190, ticks=False, domain=False, minExtent=60)


def trend_chart(days: Sequence[Row], currency: str) -> Drawing:
    """Return spend and revenue by day as two lines, with both numbers under the pointer."""
    frame = pd.DataFrame(days).assign(currency=currency)
    frame = in_units(frame, ["spend_minor", "revenue_minor"], currency)
    frame["day_on"] = pd.to_datetime(frame["day_on"])
    wide = frame.rename(columns={"spend": "Spend", "revenue": "Revenue"})
    long = wide.melt("day_on", ["Revenue", "Spend"], "figure", "amount")
    x = alt.X("day_on:T", title=None, axis=day_axis(list(frame["day_on"].dt.date)))
    colours = {"Revenue": REVENUE, "Spend": SPEND}
    lines = (
        alt.Chart(long)
        .mark_area(line={"strokeWidth": 2}, fillOpacity=0.08)
        .encode(
            x=x,
            y=alt.Y("amount:Q", title=f"{currency} a day", axis=AMOUNTS, stack=False),
            color=by_colour("figure", colours),
        )
    )
    pointer = alt.selection_point(nearest=True, on="pointerover", fields=["day_on"], empty=False)
    rule = (
        alt.Chart(wide)
        .mark_rule(color=LINE)
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
    best = wide.nlargest(1, "Revenue").iloc[0]
    words = (
        f"Lines of spend and revenue by day, {len(days)} days. Most revenue on "
        f"{best['day_on']:%A, %-d %B %Y}: {best['Revenue']:,.0f} {currency}."
    )
    table = wide.assign(Day=wide["day_on"].dt.date).rename(columns={"orders": "Orders"})
    return Drawing(
        (lines + rule).properties(height=280), words, table[["Day", "Spend", "Revenue", "Orders"]], colours
    )


def money_chart(rows: Sequence[Row], currency: str, label: str = "channel") -> Drawing:
    """Return spend and revenue side by side for every row, in the rows' own order.

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
    return pairs(frame, {"Revenue": REVENUE, "Spend": SPEND}, currency, "amounts")


def claim_chart(channels: Sequence[Row]) -> Drawing:
    """Return, for platforms that claim, the claimed conversions beside the credited orders."""
    frame = pd.DataFrame([c for c in channels if c["claimed_conversions"]])
    frame["row"] = frame["channel"].map(channel_title)
    frame = frame.rename(columns={"claimed_conversions": "Claimed by the platform", "orders": "Credited"})
    return pairs(frame, {"Claimed by the platform": CLAIMED, "Credited": REVENUE}, "Orders", "orders")


def pairs(frame: pd.DataFrame, bars: Mapping[str, str], title: str, what: str) -> Drawing:
    """Return two bars a row, in the frame's own order, so that chart and table agree."""
    order = frame["row"].tolist()
    chart = (
        alt.Chart(frame.melt("row", list(bars), "figure", "amount"))
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            y=alt.Y("row:N", title=None, sort=order, axis=row_axis()),
            yOffset=alt.YOffset("figure:N", sort=list(bars)),
            x=alt.X("amount:Q", title=title, axis=AMOUNTS),
            color=by_colour("figure", bars),
            tooltip=[
                alt.Tooltip("row:N", title="Name"),
                alt.Tooltip("figure:N", title="Figure"),
                alt.Tooltip("amount:Q", title=title, format=",.2f"),
            ],
        )
        .properties(height=FRAME + BAR_ROW * len(order))
    )
    words = f"Bars of {' and '.join(name.lower() for name in bars)} ({what}) for {', '.join(order[:12])}."
    table = frame[["row", *bars]].rename(columns={"row": "Name"})
    return Drawing(chart, words, table, dict(bars))


def by_colour(name: str, colours: Mapping[str, str]) -> alt.Color:
    """Return the colours of a column; the page shows what they mean beside the chart."""
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    return alt.Color(f"{name}:N", title=None, legend=None, scale=scale)
