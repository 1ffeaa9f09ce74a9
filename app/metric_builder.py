"""Makes a metric of the workspace's own, or changes one: formula, preview, save."""

from __future__ import annotations

import re
from typing import Any

import streamlit as st

from app.client import ApiRefused, call, change
from app.look import figure
from app.metric_chart import series_chart, series_frame
from app.period import Choice
from app.show import draw

UNITS = {"share": "share", "factor": "times", "minor": "money", "count": "number", "seconds": "seconds"}
EXAMPLE = "(margin_minor - spend_minor) / orders"
# A sentence of the API may list every part there is; the look-up beside the formula has them.
MOST_WORDS = 240
DRAFT = {"title": "Profit per order", "formula": EXAMPLE, "unit": "minor", "description": ""}
Known = dict[str, dict[str, Any]]


def show_builder(known: Known, choice: Choice) -> None:
    """Let a person write a metric, see it at once, and save it; saving one of the same name changes it."""
    own = [name for name, metric in known.items() if metric["kind"] == "own"]
    left, right = st.columns([2, 3], gap="large")
    with left:
        if own:
            st.selectbox(
                "Change one of yours",
                own,
                index=None,
                key="metric-change",
                placeholder="Begin a new one",
                format_func=lambda name: known[name]["title"],
                on_change=_load,
                args=(known,),
            )
        for field, value in DRAFT.items():
            st.session_state.setdefault(f"metric-{field}", value)
        title = st.text_input("Name", key="metric-title", max_chars=60)
        formula = st.text_input(
            "Formula", key="metric-formula", help="A sum of parts, or one sum divided by another."
        )
        unit = st.selectbox("Read as", list(UNITS), key="metric-unit", format_func=UNITS.__getitem__)
        about = st.text_input("What it tells", key="metric-description", max_chars=500)
        parts = {metric["title"]: metric["name"] for metric in known.values() if metric["kind"] == "part"}
        part = st.selectbox("Look up a part", list(parts), index=None, placeholder="Spend, Orders …")
        if part:
            st.code(parts[part], language=None)
    name = st.session_state.get("metric-change") or short_name(title)
    draft = {"name": name, "title": title, "formula": formula, "unit": unit, "description": about}
    with right:
        if preview(draft, choice) and st.button("Save metric", type="primary", icon=":material/save:"):
            change("db.insert", table="metric_definition", values=draft)
            st.session_state["saved"] = title
            st.rerun()


def _load(known: Known) -> None:
    name = st.session_state["metric-change"]
    values = known[name] if name else DRAFT
    for field in DRAFT:
        st.session_state[f"metric-{field}"] = values[field]


def preview(draft: dict[str, Any], choice: Choice) -> bool:
    """Draw the draft over the period; return whether it holds, else say why not."""
    try:
        answer = call("analytics.compareChannels", **choice.arguments(), metrics=[], per="week", draft=draft)
        whole = call("analytics.compareChannels", **choice.arguments(), metrics=[], draft=draft)
    except ApiRefused as refusal:
        sentence = str(refusal)
        st.warning(sentence if len(sentence) <= MOST_WORDS else _shorten(sentence))
        return False
    value = whole["series"][0]["values"][draft["name"]] if whole["series"] else None
    st.metric(f"{draft['title']}, whole period", figure(value, draft["unit"], answer["currency"]))
    frame, currency = series_frame(answer["series"], draft, answer["currency"], None)
    if not frame.empty:
        draw(series_chart(frame, draft, "week", currency), with_table=False)
    return True


def _shorten(sentence: str) -> str:
    return f'{re.split(r"[;:]", sentence, maxsplit=1)[0]}. The box "Look up a part" has them all.'


def short_name(title: str) -> str:
    """Return a title as the short name of a metric."""
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:60]
