"""The days every page is about, chosen once in the sidebar."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import streamlit as st

from app.client import call

CHOICES = {"Last 7 days": 7, "Last 28 days": 28, "Last 90 days": 90, "Last 365 days": 365}
OWN = "Other days"


def choose_period() -> tuple[date, date] | None:
    """Return first and last day, counted back from the latest day with numbers; None without numbers."""
    latest = call("db.getHealth")["latest_on"]
    if latest is None:
        st.info("There are no numbers yet. Run `spreaders load`, then `spreaders build`.")
        return None
    last = date.fromisoformat(latest)
    with st.sidebar:
        choice = st.selectbox("Period", [*CHOICES, OWN], index=1, key="period")
        if choice != OWN:
            return last - timedelta(days=CHOICES[choice] - 1), last
        picked = st.date_input("Days", (last - timedelta(days=27), last), max_value=last, key="days")
    if not isinstance(picked, tuple) or len(picked) != 2:
        st.info("Choose a first and a last day.")
        return None
    return picked[0], picked[1]


def show_period(period: dict[str, Any], previous: dict[str, Any] | None = None) -> None:
    """Say which days the page is about, and which it compares them with if any."""
    st.caption(_span(period) + (f", compared with {_span(previous)}" if previous else ""))


def _span(period: dict[str, Any]) -> str:
    first, last = date.fromisoformat(period["first_on"]), date.fromisoformat(period["last_on"])
    return f"{first:%-d %B %Y} to {last:%-d %B %Y}"
