"""Metrics: any metric over time, what each one means, and a builder for your own."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from app.client import ApiRefused, call, forget, request
from app.look import figure, show_frame, without_rate
from app.metric_chart import series_chart, series_frame
from app.period import choose_period

PERS = {"Day": "day", "Week": "week", "Month": "month"}
DIMENSIONS = {
    "All together": None,
    "Channel": "channel",
    "Campaign": "campaign",
    "Account": "account",
    "Mailing list": "list",
    "Ad": "ad",
    "Post": "post",
}
UNITS = {"share": "share", "factor": "times", "minor": "money", "count": "count", "seconds": "seconds"}
KINDS = {"own": "yours", "metric": "metric", "part": "part"}
START = ["roas", "roi"]
OVER_TIME, LIST, BUILDER = "Over time", "All metrics", "Build your own"
EXAMPLE = "(margin_minor - spend_minor) / orders"
DRAFT = "draft"
number = st.column_config.NumberColumn
wide = st.column_config.TextColumn
LISTED: dict[str, Any] = {
    "title": wide("Metric", width="medium"),
    "kind": wide("Kind", width="small"),
    "formula": wide("Formula", width="large"),
    "unit": wide("Unit", width="small"),
    "description": wide("What it tells", width="large"),
    "null_rule": wide("When it is empty", width="medium"),
    "by": wide("Known by", width="medium"),
    "name": wide("Short name", width="small"),
}
Told = dict[str, Any]


def ask(period: tuple[date, date], metrics: list[str], **more: Any) -> dict[str, Any]:
    """Return the comparison with these metrics in it."""
    answer: dict[str, Any] = call(
        "analytics.compareChannels", first_on=period[0], last_on=period[1], metrics=metrics, **more
    )
    return answer


def show_series(known: dict[str, Told], period: tuple[date, date]) -> None:
    """Show the chosen metrics, a chart each, by period and dimension."""
    left, middle, right = st.columns([3, 1.2, 1.4])
    titled = {f"{told['title']} ({KINDS[told['kind']]})": name for name, told in known.items()}
    chosen = left.multiselect(
        "Metrics", titled, default=[t for t, name in titled.items() if name in START], max_selections=6
    )
    per = middle.segmented_control("A point for each", PERS, default="Week", required=True)
    names = [titled[title] for title in chosen]
    common = [t for t, d in DIMENSIONS.items() if d is None or all(d in known[n]["by"] for n in names)]
    dimension = right.selectbox("A line for each", common, index=min(1, len(common) - 1))
    if not names:
        st.info("Choose a metric.")
        return
    by = DIMENSIONS[dimension]
    answer = ask(period, names, per=PERS[per], by=by)
    for name in names:
        draw(answer, known[name], PERS[per], by)
    apart = without_rate(answer["series"], answer["currency"])
    if apart:
        st.caption(apart)


def draw(answer: dict[str, Any], metric: Told, per: str, by: str | None) -> None:
    """Draw one metric of an answer, or say that it has no value."""
    st.subheader(metric["title"])
    st.caption(f"{metric['description']} `{metric['formula']}`".strip())
    frame = series_frame(answer["series"], metric, answer["currency"], by)
    if frame.empty:
        st.info(f"No value in these days. {metric['null_rule']}")
        return
    st.altair_chart(series_chart(frame, metric, per))


def show_list(known: dict[str, Told]) -> None:
    """Show every metric with its formula and meaning."""
    searched = st.text_input("Find", placeholder="mail, spend, rate …").lower()
    rows = [
        {**told, "unit": UNITS[told["unit"]], "kind": KINDS[told["kind"]], "by": ", ".join(told["by"])}
        for told in known.values()
        if searched in f"{told['title']} {told['name']} {told['formula']} {told['description']}".lower()
    ]
    if not rows:
        st.info("No metric has this in it.")
        return
    show_frame(pd.DataFrame(rows), LISTED)


def show_builder(known: dict[str, Told], period: tuple[date, date]) -> None:
    """Let a person write a metric, see it at once, and save it."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        title = st.text_input("Name", "Profit per order", max_chars=60)
        formula = st.text_input("Formula", EXAMPLE, help="A sum of parts, or one sum divided by another.")
        unit = st.selectbox("Read as", list(UNITS), index=2, format_func=lambda name: UNITS[name])
        about = st.text_input("What it tells", max_chars=500)
        parts = {told["title"]: told["name"] for told in known.values() if told["kind"] == "part"}
        part = st.selectbox("Look up a part", list(parts), index=None, placeholder="Spend, Orders …")
        if part:
            st.code(parts[part], language=None)
    draft = {
        "name": short_name(title), "title": title, "formula": formula, "unit": unit, "description": about,
    }  # fmt: skip
    with right:
        if preview(draft, period) and st.button("Save metric", type="primary", icon=":material/save:"):
            request("db.insert", {"table": "metric_definition", "values": draft}, st.session_state["token"])
            forget()
            st.session_state["saved"] = title
            st.rerun()


def preview(draft: Told, period: tuple[date, date]) -> bool:
    """Draw the draft over the period; return whether it holds, else say why not."""
    try:
        answer = ask(period, [], per="week", draft=draft)
        whole = ask(period, [], draft=draft)
    except ApiRefused as refusal:
        st.warning(str(refusal))
        return False
    value = whole["series"][0]["values"][draft["name"]] if whole["series"] else None
    st.metric(f"{draft['title']}, whole period", figure(value, draft["unit"], answer["currency"]))
    told = {**draft, "null_rule": "A part is unknown or the divisor is 0."}
    frame = series_frame(answer["series"], told, answer["currency"], None)
    if not frame.empty:
        st.altair_chart(series_chart(frame, told, "week"))
    return True


def short_name(title: str) -> str:
    """Return a title as the short name of a metric."""
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:60]


def show() -> None:
    """Draw the page."""
    st.title("Metrics")
    period = choose_period()
    if period is None:
        return
    known = {told["name"]: told for told in ask(period, ["spend_minor"])["known"]}
    if saved := st.session_state.pop("saved", None):
        st.toast(f"{saved} is saved.", icon=":material/check_circle:")
    view = st.segmented_control(
        "View", [OVER_TIME, LIST, BUILDER], default=OVER_TIME, required=True, label_visibility="collapsed"
    )
    if view == OVER_TIME:
        show_series(known, period)
    elif view == LIST:
        st.caption(f"{len(known)} metrics and the parts they are made of.")
        show_list(known)
    else:
        show_builder(known, period)


show()
