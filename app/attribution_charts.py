"""The pictures of attribution: models side by side, and the ways people came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd
import plotly.graph_objects as go

from app.charts import AMOUNTS, SOFT, Drawing, row_axis
from app.look import channel_title, colour, in_order
from app.models import MODELS, model_title

CLAIM = "The platform's own claim"
# Colours and signs that no channel has, so that a model is never taken for a channel.
LOOKS = {
    "first": ("#A06C3C", "circle", "●"),
    "last": ("#5B8C3A", "square", "■"),
    "last_non_direct": ("#B0568F", "triangle-up", "▲"),
    "linear": ("#808A00", "triangle-down", "▼"),
    "position": ("#99631E", "diamond", "◆"),
    "time_decay": ("#A855C7", "cross", "✚"),
    "markov": ("#607D3B", "triangle-right", "▶"),
    "shapley": ("#B8860B", "triangle-left", "◀"),
    "data_driven": ("#9B4DCA", "wedge", "✦"),
}
OTHER_LOOK = ("#7A8B99", "circle", "●")
CLAIM_LOOK = ("#C92A4B", "◇")
ROW, FRAME = 38, 70
ORDER, ORDER_COLOUR = "order", "#0F8578"
FAINT = 0.22
# Parts of the diagram's height: all flows of a column together, and the room of the smallest label.
FLOW_PART, LEAST_SLOT = 0.62, 0.042
Row = Mapping[str, Any]


def model_chart(credited: pd.DataFrame, claims: Mapping[str, float], measure: str) -> Drawing:
    """Return one row a channel with a sign for every model; a platform's own claim is a hollow diamond.

    `credited` needs `channel`, `model` and `amount`; `claims` are in the same unit. The rows are in the
    order of the table beside it.
    """
    frame = credited.assign(title=credited["model"].map(model_title))
    frame["row"] = frame["channel"].map(channel_title)
    order = [channel_title(name) for name in by_amount(credited)]
    names = [name for name in MODELS if name in set(frame["model"])]
    titles = [model_title(name) for name in names]
    looks = [LOOKS.get(name, OTHER_LOOK) for name in names]
    colours = alt.Scale(domain=titles, range=[shade for shade, _, _ in looks])
    shapes = alt.Scale(domain=titles, range=[shape for _, shape, _ in looks])
    y = alt.Y("row:N", title=None, sort=order, axis=row_axis())
    pointed = [
        alt.Tooltip("row:N", title="Channel"),
        alt.Tooltip("title:N", title="Model"),
        alt.Tooltip("amount:Q", title=measure, format=",.1f"),
    ]
    spread = frame.groupby("row", as_index=False).agg(low=("amount", "min"), high=("amount", "max"))
    bar = alt.Chart(spread).mark_rule(color=SOFT, opacity=0.35, strokeWidth=6)
    bar = bar.encode(x=alt.X("low:Q", title=measure, axis=AMOUNTS), x2="high:Q", y=y)
    signs = (
        alt.Chart(frame)
        .mark_point(size=90, filled=True, opacity=0.95)
        .encode(
            x=alt.X("amount:Q", title=measure, axis=AMOUNTS),
            y=y,
            color=alt.Color("title:N", legend=None, scale=colours),
            shape=alt.Shape("title:N", legend=None, scale=shapes),
            tooltip=pointed,
        )
    )
    claimed = pd.DataFrame(
        [{"row": channel_title(name), "amount": amount, "title": CLAIM} for name, amount in claims.items()],
        columns=["row", "amount", "title"],
    )
    diamonds = (
        alt.Chart(claimed)
        .mark_point(shape="diamond", size=170, color=CLAIM_LOOK[0], strokeWidth=2, filled=False)
        .encode(x="amount:Q", y=y, tooltip=pointed)
    )
    legend = {title: shade for title, (shade, _, _) in zip(titles, looks, strict=True)}
    marks = {title: mark for title, (_, _, mark) in zip(titles, looks, strict=True)}
    if claims:
        legend, marks = {**legend, CLAIM: CLAIM_LOOK[0]}, {**marks, CLAIM: CLAIM_LOOK[1]}
    words = f"{measure} of {', '.join(order)} by {len(titles)} models: {', '.join(titles)}."
    chart = (bar + signs + diamonds).properties(height=FRAME + ROW * len(order))
    return Drawing(chart, words, frame[["row", "title", "amount"]], legend, marks)


def by_amount(credited: pd.DataFrame) -> list[str]:
    """Return the channels by the largest amount that a model credits, descending."""
    return list(credited.groupby("channel")["amount"].max().sort_values(ascending=False).index)


def path_flows(flows: Sequence[Row], ink: str, ground: str) -> go.Figure:
    """Return the last touches before orders as a Sankey diagram; channels keep their order in each column."""
    steps = sorted({flow["step"] for flow in flows}, reverse=True)
    names = in_order({flow["source"] for flow in flows})
    sums: dict[tuple[int, str], int] = {}
    for flow in flows:
        sums[flow["step"], flow["source"]] = sums.get((flow["step"], flow["source"]), 0) + flow["conversions"]
    nodes = [(step, name) for step in steps for name in names if (step, name) in sums]
    place = {node: number for number, node in enumerate(nodes)}
    end = len(nodes)
    links = [
        (
            place[flow["step"], flow["source"]],
            end if flow["target"] == ORDER else place[flow["step"] - 1, flow["target"]],
            flow["conversions"],
            colour(flow["source"]),
        )
        for flow in flows
        if flow["target"] == ORDER or (flow["step"] - 1, flow["target"]) in place
    ]
    whole = sum(flow["conversions"] for flow in flows if flow["target"] == ORDER)
    labels = [f"{channel_title(name)} {sums[step, name]:,}" for step, name in nodes]
    xs, ys = _places(nodes, steps, sums)
    figure = go.Figure(
        go.Sankey(
            arrangement="fixed",
            textfont={"color": ink, "size": 13, "shadow": ", ".join([f"0 0 3px {ground}"] * 3)},
            node={
                "label": [*labels, f"Orders {whole:,}"],
                "color": [colour(name) for _, name in nodes] + [ORDER_COLOUR],
                "x": [*xs, 0.999],
                "y": [*ys, 0.5],
                "pad": 22,
                "thickness": 14,
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
    figure.update_layout(
        height=460, margin={"l": 8, "r": 8, "t": 8, "b": 8}, paper_bgcolor="rgba(0,0,0,0)", font={"size": 13}
    )
    return figure


def _places(
    nodes: Sequence[tuple[int, str]], steps: Sequence[int], sums: Mapping[tuple[int, str], int]
) -> tuple[list[float], list[float]]:
    """Return where the nodes stand: a column a step, channels from top to bottom in one order.

    Small nodes get the room that their labels need.
    """
    xs, ys = [], []
    largest = max(sum(count for (step, _), count in sums.items() if step == wanted) for wanted in steps)
    tops = dict.fromkeys(steps, 0.01)
    for step, name in nodes:
        height = max(LEAST_SLOT, sums[step, name] / largest * FLOW_PART)
        xs.append(0.001 + 0.998 * steps.index(step) / len(steps))
        ys.append(min(0.999, tops[step] + height / 2))
        tops[step] += height + 0.005
    return xs, ys


def faint(shade: str) -> str:
    """Return a colour one can see through."""
    red, green, blue = (int(shade[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {FAINT})"
