"""The charts of audiences: what one is made of, how it grew, where all of them overlap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from app.charts import BAR_ROW, FRAME, Drawing, by_colour, day_axis, row_axis
from app.look import NOTHING, channel_title

MEMBERS, EVERYONE, ENTERED, LEFT = "#0F8578", "#8893A0", "#0F8578", "#DE6B0A"
LEAST_SHARE = 0.005
MOST_ROWS = 9
SHADES = ["#F2F7F6", "#9CCCC6", "#0F766E"]
LIGHT_ABOVE = 0.55
CELL = 46
COUNTS = alt.Axis(format=",.0f", tickCount=4, titlePadding=8)
Row = Mapping[str, Any]


def value_title(part: str, name: str | None, clusters: Mapping[str, str] | None = None) -> str:
    """Return a value of the profile as people write it."""
    if name is None:
        return {"acquired_channel": "Never on the site", "rfm_segment": "No orders"}.get(part, NOTHING)
    if part == "acquired_channel":
        return channel_title(name)
    if part == "cluster":
        return (clusters or {}).get(name, f"Group {name}")
    return name.replace("_", " ").capitalize()


def composition_chart(slices: Sequence[Row], clusters: Mapping[str, str]) -> Drawing:
    """Return one part of an audience, a bar a value, beside the share of everyone."""
    shown = [s for s in slices if max(s["share"], s["everyone_share"]) >= LEAST_SHARE][:MOST_ROWS]
    frame = pd.DataFrame(shown)
    frame["row"] = [value_title(s["part"], s["name"], clusters) for s in shown]
    frame = frame.rename(columns={"share": "Members", "everyone_share": "Everyone"})
    bars = {"Members": MEMBERS, "Everyone": EVERYONE}
    chart = (
        alt.Chart(frame.melt(["row", "members"], list(bars), "figure", "share"))
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            y=alt.Y("row:N", title=None, sort=frame["row"].tolist(), axis=row_axis()),
            yOffset=alt.YOffset("figure:N", sort=list(bars)),
            x=alt.X("share:Q", title=None, axis=alt.Axis(format=".0%", tickCount=5)),
            color=by_colour("figure", bars),
            tooltip=[
                alt.Tooltip("row:N", title="Value"),
                alt.Tooltip("figure:N", title="Of"),
                alt.Tooltip("share:Q", title="Share", format=".1%"),
            ],
        )
        .properties(height=FRAME + BAR_ROW * len(shown) * 0.8)
    )
    words = f"Shares of the members and of everyone: {', '.join(frame['row'])}."
    return Drawing(chart, words, frame[["row", "members", "Members", "Everyone"]], bars)


def size_chart(days: Sequence[Row]) -> Drawing:
    """Return the size of an audience by day; it holds until the next day that was counted."""
    frame = _by_day(days)
    chart = (
        alt.Chart(frame)
        .mark_area(
            line={"strokeWidth": 2, "color": MEMBERS},
            color=MEMBERS,
            fillOpacity=0.1,
            interpolate="step-after",
        )
        .encode(
            x=_days(frame),
            y=alt.Y("size:Q", title="Members", axis=COUNTS),
            tooltip=[
                alt.Tooltip("day_on:T", title="Day", format="%-d %B %Y"),
                alt.Tooltip("size:Q", title="Members", format=",.0f"),
            ],
        )
        .properties(height=150)
    )
    words = f"Members by day, from {frame['size'].iloc[0]:,} to {frame['size'].iloc[-1]:,}."
    return Drawing(
        chart, words, frame.assign(day=frame["day_on"].dt.date)[["day", "size", "entered", "left"]]
    )


def flow_chart(days: Sequence[Row]) -> Drawing:
    """Return who came and who left each day."""
    frame = _by_day(days)
    moves = frame.assign(Came=frame["entered"], Left=-frame["left"])
    moves = moves.melt("day_on", ["Came", "Left"], "move", "persons")
    colours = {"Came": ENTERED, "Left": LEFT}
    chart = (
        alt.Chart(moves)
        .mark_bar(size=7)
        .encode(
            x=_days(frame),
            y=alt.Y("persons:Q", title="A day", axis=COUNTS),
            color=by_colour("move", colours),
            tooltip=[
                alt.Tooltip("day_on:T", title="Day", format="%-d %B %Y"),
                alt.Tooltip("move:N", title="Who"),
                alt.Tooltip("persons:Q", title="Persons", format=",.0f"),
            ],
        )
        .properties(height=130)
    )
    words = (
        f"Persons who came and left by day: {frame['entered'].sum():,} came, {frame['left'].sum():,} left."
    )
    return Drawing(chart, words, frame[["day_on", "entered", "left"]], colours)


def overlap_chart(pairs: Sequence[Row], names: Mapping[str, str]) -> Drawing:
    """Return a heat map: of the row's members, the share that is in the column's audience too."""
    known = {(pair["one"], pair["other"]): pair for pair in pairs}
    ids = [key for key in names if (key, key) in known]
    nothing = {"both": 0, "share": 0.0}
    frame = pd.DataFrame(
        [
            {"row": names[a], "column": names[b], "is_same": a == b, **known.get((a, b), nothing)}
            for a in ids
            for b in ids
        ]
    )
    order = [names[key] for key in ids]
    base = alt.Chart(frame).encode(
        x=alt.X(
            "column:N", title=None, sort=order, axis=alt.Axis(orient="top", labelAngle=-30, labelLimit=180)
        ),
        y=alt.Y("row:N", title=None, sort=order, axis=row_axis()),
    )
    cells = base.mark_rect(strokeWidth=3, cornerRadius=4).encode(
        color=alt.condition(
            "datum.is_same",
            alt.value("#E6EAED"),
            alt.Color("share:Q", legend=None, scale=alt.Scale(domain=[0, 0.5, 1], range=SHADES)),
        ),
        tooltip=[
            alt.Tooltip("row:N", title="Of"),
            alt.Tooltip("column:N", title="Also in"),
            alt.Tooltip("both:Q", title="Persons in both", format=",.0f"),
            alt.Tooltip("share:Q", title="Share", format=".1%"),
        ],
    )
    frame_text = "datum.is_same ? format(datum.both, ',') : datum.both ? format(datum.share, '.0%') : ''"
    words = (
        base.transform_calculate(words=frame_text)
        .mark_text(fontSize=13)
        .encode(
            text="words:N",
            color=alt.condition(
                f"datum.share > {LIGHT_ABOVE} && !datum.is_same", alt.value("white"), alt.value("#334155")
            ),
        )
    )
    chart = (cells + words).properties(height=90 + CELL * len(ids))
    about = f"Of each audience the share that is in each other one: {', '.join(order)}."
    table = frame.pivot_table("share", "row", "column", sort=False).reset_index()
    return Drawing(chart, about, table)


def _by_day(days: Sequence[Row]) -> pd.DataFrame:
    return pd.DataFrame(days).assign(day_on=lambda frame: pd.to_datetime(frame["day_on"]))


def _days(frame: pd.DataFrame) -> alt.X:
    return alt.X("day_on:T", title=None, axis=day_axis(list(frame["day_on"].dt.date)))
