"""The pictures of attribution: models side by side, and the ways people came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd
import plotly.graph_objects as go

from app.charts import AMOUNTS, CLAIMED, LEGEND
from app.look import COLOURS, channel_title, in_order

# The models in the order people read them: rules of thumb, then those that learn.
MODELS = {
    "first": "First touch",
    "last": "Last touch",
    "last_non_direct": "Last non-direct",
    "linear": "Linear",
    "position": "Position 40/20/40",
    "time_decay": "Time decay",
    "markov": "Markov",
    "shapley": "Shapley",
}
CLAIM = "Platform's claim"
HUES = ["#9AA5B1", "#4B5563", "#1F2937", "#4DA3FF", "#3D6FB6", "#6C5CE7", "#0F766E", "#E8710A"]
ROW, FRAME = 38, 100
ORDER, ORDER_HUE = "order", "#0F766E"
FAINT = 0.35
Row = Mapping[str, Any]


def model_chart(credited: pd.DataFrame, claims: Mapping[str, float], measure: str) -> alt.LayerChart:
    """Return one row a channel with a dot for every model; a platform's own claim is a hollow diamond.

    `credited` needs `channel`, `model` and `amount`; `claims` are in the same unit.
    """
    frame = credited.assign(title=lambda rows: rows["model"].map(MODELS))
    frame["row"] = frame["channel"].map(channel_title)
    order = frame.groupby("row")["amount"].max().sort_values(ascending=False).index.tolist()
    y = alt.Y(
        "row:N", title=None, sort=order, axis=alt.Axis(labelLimit=260, ticks=False, domain=False, grid=True)
    )
    scale = alt.Scale(domain=list(MODELS.values()), range=HUES)
    pointed = [
        alt.Tooltip("row:N", title="Channel"),
        alt.Tooltip("title:N", title="Model"),
        alt.Tooltip("amount:Q", title=measure, format=",.1f"),
    ]
    spread = frame.groupby("row", as_index=False).agg(low=("amount", "min"), high=("amount", "max"))
    bar = alt.Chart(spread).mark_rule(color="#D5DBE1", strokeWidth=6).encode(x="low:Q", x2="high:Q", y=y)
    dots = (
        alt.Chart(frame)
        .mark_circle(size=110, opacity=0.9)
        .encode(
            x=alt.X("amount:Q", title=measure, axis=AMOUNTS),
            y=y,
            color=alt.Color("title:N", title=None, legend=LEGEND, scale=scale),
            tooltip=pointed,
        )
    )
    claimed = pd.DataFrame(
        [{"row": channel_title(name), "amount": amount, "title": CLAIM} for name, amount in claims.items()],
        columns=["row", "amount", "title"],
    )
    diamonds = (
        alt.Chart(claimed)
        .mark_point(shape="diamond", size=150, color=CLAIMED, strokeWidth=2, filled=False)
        .encode(x="amount:Q", y=y, tooltip=pointed)
    )
    chart: alt.LayerChart = (bar + dots + diamonds).properties(height=FRAME + ROW * len(order))
    return chart


def path_flows(flows: Sequence[Row]) -> go.Figure:
    """Return the last touches before orders as a Sankey diagram, first to last from left to right."""
    steps = sorted({flow["step"] for flow in flows}, reverse=True)
    names = in_order({flow["source"] for flow in flows})
    nodes = [(step, name) for step in steps for name in names]
    place = {node: number for number, node in enumerate(nodes)}
    end = len(nodes)
    links = [
        (
            place[flow["step"], flow["source"]],
            end if flow["target"] == ORDER else place[flow["step"] - 1, flow["target"]],
            flow["conversions"],
            COLOURS.get(flow["source"], "#7A8B99"),
        )
        for flow in flows
    ]
    figure = go.Figure(
        go.Sankey(
            arrangement="snap",
            node={
                "label": [channel_title(name) for _, name in nodes] + ["Order"],
                "color": [COLOURS.get(name, "#7A8B99") for _, name in nodes] + [ORDER_HUE],
                "align": "right",
                "pad": 18,
                "thickness": 16,
                "line": {"width": 0},
            },
            link={
                "source": [link[0] for link in links],
                "target": [link[1] for link in links],
                "value": [link[2] for link in links],
                "color": [faint(link[3]) for link in links],
            },
        )
    )
    figure.update_layout(height=460, margin={"l": 8, "r": 8, "t": 8, "b": 8}, font={"size": 13})
    return figure


def faint(colour: str) -> str:
    """Return a colour one can see through."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {FAINT})"
