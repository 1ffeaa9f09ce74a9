"""One metric over time, a line a channel or campaign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from app.look import COLOURS, channel_title, in_one_currency
from core.money import Money

ALL = "All together"
FORMATS = {"share": ".1%", "factor": ".2f", "minor": ",.2f", "count": ",.0f", "seconds": ",.0f"}
DAYS = {"day": "%-d %b", "week": "%-d %b", "month": "%b %Y"}
# Lines beyond these cannot be told apart; the table below the chart has them all.
MOST_LINES = 8
# So many points have a tick each.
FEW = 16
PLAIN, HEIGHT = "#0F766E", 230


def series_frame(
    rows: Sequence[Mapping[str, Any]], metric: Mapping[str, Any], currency: str, by: str | None
) -> pd.DataFrame:
    """Return `start_on`, `line` and `value` of a metric; money in units of the one currency drawn."""
    kept, currency = in_one_currency(rows, currency)
    scale = float(Money(1, currency).amount) if metric["unit"] == "minor" else 1.0
    title = channel_title if by == "channel" else str
    told = [
        (
            row["start_on"],
            title(row["name"] or "none") if by else ALL,
            row["values"][metric["name"]],
            row["key"],
        )
        for row in kept
    ]
    frame = pd.DataFrame(told, columns=["start_on", "line", "value", "key"]).dropna(subset=["value"])
    return frame.assign(
        value=frame["value"].astype(float) * scale, start_on=pd.to_datetime(frame["start_on"])
    )


def series_chart(frame: pd.DataFrame, metric: Mapping[str, Any], per: str) -> alt.Chart:
    """Return the lines; the largest eight where there are more."""
    sizes = frame.groupby("line")["value"].apply(lambda values: values.abs().sum())
    shown = sizes.nlargest(MOST_LINES).index.tolist()
    frame = frame[frame["line"].isin(shown)]
    shape = FORMATS[metric["unit"]]
    starts = frame["start_on"].drop_duplicates().sort_values()
    ticks: Any = list(starts) if len(starts) <= FEW else alt.Undefined
    axis = alt.Axis(format="~s" if metric["unit"] in {"minor", "count"} else shape, tickCount=4)
    chart: alt.Chart = (
        alt.Chart(frame)
        .mark_line(strokeWidth=2, point={"size": 26})
        .encode(
            x=alt.X(
                "start_on:T",
                title=None,
                axis=alt.Axis(format=DAYS[per], grid=False, tickCount=10, values=ticks),
            ),
            y=alt.Y("value:Q", title=None, axis=axis, scale=alt.Scale(zero=metric["unit"] != "share")),
            color=_colours(frame),
            tooltip=[
                alt.Tooltip("start_on:T", title="From", format="%-d %B %Y"),
                alt.Tooltip("line:N", title="Name"),
                alt.Tooltip("value:Q", title=metric["title"], format=shape),
            ],
        )
        .properties(height=HEIGHT)
    )
    return chart


def _colours(frame: pd.DataFrame) -> Any:
    lines = frame.drop_duplicates("line")
    if lines["line"].tolist() in ([], [ALL]):
        return alt.value(PLAIN)
    legend = alt.Legend(orient="top", symbolType="stroke", columns=MOST_LINES, labelLimit=220)
    pairs = zip(lines["line"].astype(str), lines["key"].astype(str), strict=True)
    known = {line: COLOURS[key] for line, key in pairs if key in COLOURS}
    if len(known) < len(lines):
        return alt.Color("line:N", title=None, legend=legend)
    scale = alt.Scale(domain=list(known), range=list(known.values()))
    return alt.Color("line:N", title=None, legend=legend, scale=scale)
