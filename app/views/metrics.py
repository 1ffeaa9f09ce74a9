"""Metrics: any metric over time, by channel as a table, what each one means, and a builder for your own."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app import address
from app.client import call
from app.look import MONEY_CELL, NOT_KNOWN, SHARE_CELL, in_one_currency, without_rate
from app.metric_builder import UNITS, show_builder
from app.metric_chart import MOST_LINES, line_title, series_chart, series_frame
from app.period import Choice, choose_period
from app.show import draw, show_csv, show_frame
from core.money import Money

PERS = {"Day": "day", "Week": "week", "Month": "month"}
DIMENSIONS = {
    "all": "All together",
    "channel": "Channel",
    "campaign": "Campaign",
    "account": "Account",
    "list": "Mailing list",
    "ad": "Ad",
    "post": "Post",
}
KINDS = {"own": "yours", "metric": "metric", "part": "part"}
START = "roas,roi"
OVER_TIME, LIST, BUILDER = "time", "list", "build"
VIEWS = {OVER_TIME: "Over time", LIST: "All metrics", BUILDER: "Build your own"}
MOST_CHOSEN = 6
number = st.column_config.NumberColumn
text = st.column_config.TextColumn
LISTED: dict[str, Any] = {
    "title": text("Metric", width="medium", pinned=True),
    "description": text("What it tells", width="large"),
    "unit": text("Unit", width="small"),
    "kind": text("Kind", width="small"),
    "null_rule": text("When it is empty", width="medium"),
    "by": text("Known by", width="medium"),
    "formula": text("Formula", width="large"),
    "name": text("Short name", width="small"),
}
Metric = dict[str, Any]


def choose_metrics(known: dict[str, Metric]) -> list[str]:
    """Return the metrics chosen; they are in the address."""
    titles = {name: f"{metric['title']} ({KINDS[metric['kind']]})" for name, metric in known.items()}
    kept = [name for name in address.read("metric", START).split(",") if name in titles]
    st.session_state["metric-names"] = kept[:MOST_CHOSEN]
    st.multiselect(
        "Metrics",
        list(titles),
        key="metric-names",
        format_func=titles.__getitem__,
        max_selections=MOST_CHOSEN,
        on_change=lambda: address.write("metric", ",".join(st.session_state["metric-names"])),
    )
    return list(st.session_state["metric-names"])


def choose(name: str, label: str, offered: dict[str, str], default: str, *, as_list: bool) -> str:
    """Return a choice that is in the address."""
    kept, key = address.read(name, default), f"metric-{name}"
    st.session_state[key] = kept if kept in offered else default
    widget: Any = st.selectbox if as_list else st.segmented_control
    more = {} if as_list else {"required": True}
    widget(
        label,
        list(offered),
        key=key,
        format_func=offered.__getitem__,
        on_change=lambda: address.write(name, st.session_state[key]),
        **more,
    )
    return str(st.session_state[key])


def show_series(known: dict[str, Metric], choice: Choice) -> None:
    """Show the chosen metrics: a table of the whole period, then a chart each."""
    left, middle, right = st.columns([3, 1.2, 1.4])
    with left:
        names = choose_metrics(known)
    with middle:
        per = choose("per", "A point for each", {v: k for k, v in PERS.items()}, "week", as_list=False)
    common = {
        key: title
        for key, title in DIMENSIONS.items()
        if key == "all" or all(key in known[name]["by"] for name in names)
    }
    with right:
        default = "channel" if "channel" in common else "all"
        dimension = choose("by", "A line for each", common, default, as_list=True)
    if not names:
        st.info("Choose a metric.")
        return
    by = None if dimension == "all" else dimension
    asked = {**choice.arguments(), "metrics": names, "by": by, "model": choice.model}
    whole = call("analytics.compareChannels", **asked)
    answer = call("analytics.compareChannels", **asked, per=per)
    show_whole(whole, [known[name] for name in names], by, choice)
    for name in names:
        show_metric(answer, known[name], per, by)
    apart = without_rate(answer["series"], answer["currency"])
    if apart:
        st.caption(apart)


def show_whole(answer: dict[str, Any], metrics: list[Metric], by: str | None, choice: Choice) -> None:
    """Show the metrics of the whole period as a table, a row for each channel, campaign and so on."""
    rows, currency = in_one_currency(answer["series"], answer["currency"])
    if not rows:
        return
    names = [metric["name"] for metric in metrics]
    frame = pd.DataFrame([{"line": line_title(row, by), **row["values"]} for row in rows])
    # A row without any of the metrics, such as a channel without spend, tells nothing here.
    frame = frame.dropna(subset=names, how="all").sort_values(names[0], ascending=False)
    if frame.empty:
        return
    columns: dict[str, Any] = {"line": text(DIMENSIONS[by or "all"], pinned=True)}
    for metric in metrics:
        name, unit = metric["name"], metric["unit"]
        title = f"{metric['title']}, {currency}" if unit == "minor" else metric["title"]
        shape = {"minor": MONEY_CELL, "share": SHARE_CELL, "factor": "%.2f"}.get(unit, "localized")
        frame[name] = frame[name].astype(float)
        if unit == "minor":
            frame[name] *= float(Money(1, currency).amount)
        columns[name] = number(title, format=shape, help=metric["description"])
    show_frame(frame, columns, missing=NOT_KNOWN, key="metric-table")
    show_csv(frame, f"metrics {choice.days.code()}", "metrics-csv")


def show_metric(answer: dict[str, Any], metric: Metric, per: str, by: str | None) -> None:
    """Draw one metric of an answer, or say that it has no value."""
    st.subheader(metric["title"])
    st.caption(metric["description"], help=f"`{metric['formula']}`")
    frame, currency = series_frame(answer["series"], metric, answer["currency"], by)
    if frame.empty:
        st.info(f"No value in these days. {metric['null_rule']}")
        return
    drawing = series_chart(frame, metric, per, currency)
    lines = frame["line"].nunique()
    if lines > MOST_LINES:
        st.caption(f"The chart draws the {MOST_LINES} largest of {lines}; the table below has them all.")
    draw(drawing)


def show_list(known: dict[str, Metric]) -> None:
    """Show every metric with its formula and meaning."""
    searched = st.text_input("Find", placeholder="mail, spend, rate …").lower()
    fields = ("title", "name", "formula", "description")
    rows = [
        {
            **metric,
            "unit": UNITS[metric["unit"]],
            "kind": KINDS[metric["kind"]],
            "by": ", ".join(metric["by"]),
        }
        for metric in known.values()
        if any(searched in metric[field].lower() for field in fields)
    ]
    if not rows:
        st.info("No metric has this in it.")
        return
    show_frame(pd.DataFrame(rows), LISTED)


def show() -> None:
    """Draw the page."""
    st.title("Metrics")
    choice = choose_period(with_compare=False, with_model=True)
    if choice is None:
        return
    answer = call("analytics.compareChannels", **choice.arguments(), metrics=["spend_minor"])
    known = {metric["name"]: metric for metric in answer["known"]}
    if saved := st.session_state.pop("saved", None):
        st.toast(f"{saved} is saved.", icon=":material/check_circle:")
    kept = address.read("view", OVER_TIME)
    st.session_state["metric-view"] = kept if kept in VIEWS else OVER_TIME
    st.segmented_control(
        "View", list(VIEWS), required=True, key="metric-view", format_func=VIEWS.__getitem__,
        label_visibility="collapsed",
        on_change=lambda: address.write("view", st.session_state["metric-view"]),
    )  # fmt: skip
    view = st.session_state["metric-view"]
    if view == OVER_TIME:
        show_series(known, choice)
    elif view == LIST:
        st.caption(f"{len(known)} metrics and the parts they are made of.")
        show_list(known)
    else:
        show_builder(known, choice)


show()
