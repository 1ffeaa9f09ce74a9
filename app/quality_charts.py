"""The charts of the Quality page: verdicts by day, and a figure inside the band it should keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from app.charts import AMOUNTS

# Green, amber and red read as what they are; they also differ in lightness.
VERDICTS = {"ok": "#2F9E77", "warn": "#F2B134", "stop": "#C92A4B"}
BAND, LINE = "#0F766E", "#1F2A37"
ODD = {"warning": "#F2B134", "critical": "#C92A4B"}
TITLES = {"ok": "Holds", "warn": "Warning", "stop": "Stopped"}
LAYERS = {"silver": 0, "gold": 1, "mart": 2}
CELL, LEAST, CHART = 17, 220, 260


def history_chart(days: Sequence[Mapping[str, Any]]) -> alt.Chart:
    """Return tables by days as a heat map, the day's worst verdict as the colour."""
    frame = pd.DataFrame(days)
    frame["found"] = frame["verdict"].map(TITLES)
    frame["day"] = pd.to_datetime(frame["on_day"]).dt.strftime("%-d %b")
    in_layers = frame.assign(place=frame["layer"].map(LAYERS)).sort_values(["place", "table"])
    order = in_layers["table"].drop_duplicates().tolist()
    chart: alt.Chart = (
        alt.Chart(frame)
        .mark_rect(stroke="white", strokeWidth=2, cornerRadius=3)
        .encode(
            x=alt.X(
                "day:O",
                title=None,
                sort=frame.sort_values("on_day")["day"].drop_duplicates().tolist(),
                axis=alt.Axis(labelAngle=0, labelOverlap=True, ticks=False, domain=False, orient="top"),
            ),
            y=alt.Y(
                "table:N",
                title=None,
                sort=order,
                axis=alt.Axis(
                    labelLimit=220, labelOverlap=False, labelFontSize=10, ticks=False, domain=False
                ),
            ),
            color=alt.Color(
                "found:N",
                title=None,
                scale=alt.Scale(domain=list(TITLES.values()), range=list(VERDICTS.values())),
                legend=alt.Legend(orient="bottom", symbolType="square"),
            ),
            tooltip=[
                alt.Tooltip("table:N", title="Table"),
                alt.Tooltip("on_day:N", title="Day"),
                alt.Tooltip("found:N", title="Verdict"),
                alt.Tooltip("runs:Q", title="Runs that day"),
            ],
        )
        .properties(height=max(LEAST, CELL * len(order) + 60))
    )
    return chart


def band_chart(figure: Mapping[str, Any], title: str) -> alt.LayerChart:
    """Return a figure by day as a line over the band it should keep, odd days as points."""
    frame = pd.DataFrame(figure["days"])
    frame["day_on"] = pd.to_datetime(frame["day_on"])
    frame["what"] = frame["severity"].map({"warning": "Odd", "critical": "Nothing came"})
    x = alt.X("day_on:T", title=None, axis=alt.Axis(format="%-d %b", grid=False, tickCount=10))
    shown = [
        alt.Tooltip("day_on:T", title="Day", format="%A, %-d %B %Y"),
        alt.Tooltip("seen:Q", title="Seen", format=",.0f"),
        alt.Tooltip("expected:Q", title="Expected", format=",.0f"),
        alt.Tooltip("low:Q", title="At least", format=",.0f"),
        alt.Tooltip("high:Q", title="At most", format=",.0f"),
    ]
    base = alt.Chart(frame).encode(x=x)
    band = base.mark_area(color=BAND, opacity=0.15).encode(
        y=alt.Y("low:Q", title=title, axis=AMOUNTS), y2="high:Q"
    )
    middle = base.mark_line(color=BAND, strokeDash=[4, 3], strokeWidth=1.5).encode(y="expected:Q")
    line = base.mark_line(color=LINE, strokeWidth=2).encode(y="seen:Q")
    hover = base.mark_point(size=120, opacity=0).encode(y="seen:Q", tooltip=shown)
    odd = (
        alt.Chart(frame.dropna(subset=["severity"]))
        .mark_point(size=110, filled=True, opacity=1, stroke="white", strokeWidth=1.5)
        .encode(
            x=x,
            y="seen:Q",
            color=alt.Color(
                "what:N",
                title=None,
                scale=alt.Scale(domain=["Odd", "Nothing came"], range=list(ODD.values())),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=shown,
        )
    )
    chart: alt.LayerChart = (band + middle + line + hover + odd).properties(height=CHART)
    return chart
