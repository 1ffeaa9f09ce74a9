"""The charts of data quality: the verdict on each table by day, and a figure inside its usual band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from app.charts import AMOUNTS, Drawing, by_colour, day_axis

# Each differs in lightness too, and in its word; each stands out by 3:1 or more.
VERDICTS = {"Holds": "#2F9E77", "Warning": "#B8860B", "Stopped": "#C92A4B"}
VERDICT_OF = {"ok": "Holds", "warn": "Warning", "stop": "Stopped"}
BAND, LINE = "#0F8578", "#6E7F8D"
ODD = {"Unusual": "#B8860B", "Nothing arrived": "#C92A4B"}
ODD_OF = {"warning": "Unusual", "critical": "Nothing arrived"}
LAYERS = {"silver": 0, "gold": 1, "mart": 2}
CELL, LEAST, CHART = 17, 220, 260


def history_chart(days: Sequence[Mapping[str, Any]]) -> Drawing:
    """Return tables by days as a heat map, the day's worst verdict as the colour."""
    frame = pd.DataFrame(days)
    frame["state"] = frame["verdict"].map(VERDICT_OF)
    frame["day"] = pd.to_datetime(frame["on_day"]).dt.strftime("%-d %b")
    in_layers = frame.assign(place=frame["layer"].map(LAYERS)).sort_values(["place", "table"])
    order = in_layers["table"].drop_duplicates().tolist()
    dates = frame.sort_values("on_day")["day"].drop_duplicates().tolist()
    axis = alt.Axis(labelAngle=0, labelOverlap=True, ticks=False, domain=False, orient="top")
    names = alt.Axis(labelLimit=220, labelOverlap=False, ticks=False, domain=False)
    chart = (
        alt.Chart(frame)
        .mark_rect(strokeWidth=2, cornerRadius=3)
        .encode(
            x=alt.X("day:O", title=None, sort=dates, axis=axis),
            y=alt.Y("table:N", title=None, sort=order, axis=names),
            color=by_colour("state", VERDICTS),
            tooltip=[
                alt.Tooltip("table:N", title="Table"),
                alt.Tooltip("on_day:N", title="Day"),
                alt.Tooltip("state:N", title="Verdict"),
                alt.Tooltip("runs:Q", title="Runs that day"),
            ],
        )
        .properties(height=max(LEAST, CELL * len(order) + 60))
    )
    words = f"The worst verdict of {len(dates)} days on each of {len(order)} tables."
    return Drawing(chart, words, frame[["table", "on_day", "state"]], VERDICTS)


def band_chart(figure: Mapping[str, Any], title: str) -> Drawing:
    """Return a figure by day as a line over its usual band, unusual days as points."""
    frame = pd.DataFrame(figure["days"])
    frame["day_on"] = pd.to_datetime(frame["day_on"])
    frame["state"] = frame["severity"].map(ODD_OF)
    x = alt.X("day_on:T", title=None, axis=day_axis(list(frame["day_on"].dt.date)))
    shown = [
        alt.Tooltip("day_on:T", title="Day", format="%A, %-d %B %Y"),
        alt.Tooltip("seen:Q", title="Seen", format=",.0f"),
        alt.Tooltip("expected:Q", title="Expected", format=",.0f"),
        alt.Tooltip("low:Q", title="At least", format=",.0f"),
        alt.Tooltip("high:Q", title="At most", format=",.0f"),
    ]
    base = alt.Chart(frame).encode(x=x)
    band = base.mark_area(color=BAND, opacity=0.2).encode(
        y=alt.Y("low:Q", title=title, axis=AMOUNTS), y2="high:Q"
    )
    middle = base.mark_line(color=BAND, strokeDash=[4, 3], strokeWidth=1.5).encode(y="expected:Q")
    line = base.mark_line(color=LINE, strokeWidth=2).encode(y="seen:Q")
    hover = base.mark_point(size=120, opacity=0).encode(y="seen:Q", tooltip=shown)
    odd = (
        alt.Chart(frame.dropna(subset=["state"]))
        .mark_point(size=110, filled=True, opacity=1)
        .encode(x=x, y="seen:Q", color=by_colour("state", ODD), tooltip=shown)
    )
    legend = {"What arrived": LINE, "Expected": BAND, **ODD}
    marks = {"What arrived": "━", "Expected": "┅", "Unusual": "●", "Nothing arrived": "●"}
    unusual = len(frame.dropna(subset=["state"]))
    words = f"{title} by day as a line, the usual range as a band, {unusual} unusual days."
    table = frame.assign(day=frame["day_on"].dt.date)[["day", "seen", "low", "expected", "high"]]
    chart = (band + middle + line + hover + odd).properties(height=CHART)
    return Drawing(chart, words, table, legend, marks)
