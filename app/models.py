"""The attribution models as people call them, and the chooser of the one that gives the credit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app import address

DEFAULT = "last_non_direct"
# In the order people read them: rules of thumb, then those that learn.
MODELS = {
    "first": "First touch",
    "last": "Last touch",
    "last_non_direct": "Last touch that was not direct",
    "linear": "Even split",
    "position": "First and last 40% each",
    "time_decay": "Later touches more",
    "markov": "Loss if left out (Markov)",
    "shapley": "Fair share (Shapley)",
    "data_driven": "Learned from paths and spend",
}
# Of those that credit single days, so that a period can be asked by them.
SHORT = {
    "first": "first touch",
    "last": "last touch",
    "last_non_direct": "last non-direct touch",
    "linear": "even split",
    "position": "first and last",
    "time_decay": "time decay",
    "markov": "Markov",
    "shapley": "Shapley",
}
MEANING = {
    "first": "All credit to the first touch in 30 days.",
    "last": "All credit to the last touch.",
    "last_non_direct": "All credit to the last touch that was not a direct visit.",
    "linear": "The same part for every touch.",
    "position": "40% for the first and the last touch, 20% for those between.",
    "time_decay": "Parts that halve with every 7 days before the order.",
    "markov": "By how many orders would be lost if the channel were missing from every path.",
    "shapley": "A fair share of what every set of channels won together.",
    "data_driven": "Touches more frequent before orders than chance explains, corrected by steps of spend.",
}  # fmt: skip


def model_title(name: str) -> str:
    """Return a model's name as people call it."""
    return MODELS.get(name, name.replace("_", " ").capitalize())


def kpi_title(kpi: Mapping[str, Any], model: str) -> str:
    """Return a card's title; what a model credits carries the model's name."""
    return f"{kpi['title']} ({SHORT[model]})" if kpi["kind"] == "paid" else str(kpi["title"])


def credit_note(credited_by: str, chosen: str = DEFAULT) -> str:
    """Return by which model a table is credited, and that the page's other figures go by the chosen one."""
    note = f"Orders are credited by {SHORT[credited_by]}"
    return note + ("." if credited_by == chosen else f"; the cards above by {SHORT[chosen]}.")


def choose_model() -> str:
    """Return the model that gives the credit on this page; it is in the address."""
    kept = address.read("model", DEFAULT)
    st.session_state["model-choice"] = kept if kept in SHORT else DEFAULT
    st.selectbox(
        "Credit by",
        list(SHORT),
        key="model-choice",
        format_func=model_title,
        on_change=lambda: address.write("model", st.session_state["model-choice"]),
        help="\n".join(f"- **{model_title(name)}**: {MEANING[name]}" for name in SHORT),
        width=270,
    )
    return str(st.session_state["model-choice"])
