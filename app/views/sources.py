"""Data quality: one sentence, then sources and unusual days; tables for data teams below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

import streamlit as st

from app import address
from app.check_tables import (
    show_checks,
    show_drift,
    show_expectations,
    show_failures,
    show_gate,
    show_history,
)
from app.client import call
from app.look import NOTHING
from app.show import Card, show_cards
from app.source_tables import show_aside, show_corrected, show_sources, show_unusual
from app.trust import PASSED, tell_trust

HISTORY_DAYS = {"7": "Last 7 days", "30": "Last 30 days", "90": "Last 90 days"}
MOST_RECORDS = 500


def show_facts(health: dict[str, Any]) -> None:
    """Show the state at a glance."""
    detail = health["detail"]
    failing = sum(bool(row["error"]) for row in detail["freshness"])
    aside = len(detail["quarantine"])
    last = max((row["loaded_at"] for row in detail["freshness"]), default=None)
    cards = (
        Card("Numbers up to", _day(health["latest_on"])),
        Card("Last read (UTC)", _instant(last)),
        Card("Streams with errors", f"{failing} of {len(detail['freshness'])}"),
        Card("Records set aside", f"{aside:,}{'+' if aside == MOST_RECORDS else ''}"),
        Card("Unusual days", f"{len(detail['soundness']['anomalies'])}"),
    )
    show_cards(cards, "data")


def _day(iso: str | None) -> str:
    return f"{date.fromisoformat(iso):%-d %b %Y}" if iso else NOTHING


def _instant(iso: str | None) -> str:
    return f"{datetime.fromisoformat(iso):%-d %b, %H:%M}" if iso else NOTHING


def titled(name: str, rows: Sequence[Any]) -> str:
    """Return a tab's name with how many there are to look at."""
    return f"{name} ({len(rows):,}{'+' if len(rows) == MOST_RECORDS else ''})" if rows else name


def show_tabs(tabs: Sequence[tuple[str, Callable[[], None]]]) -> None:
    """Show each part under its tab."""
    for place, (_, show_part) in zip(st.tabs([title for title, _ in tabs]), tabs, strict=True):
        with place:
            show_part()


def choose_history() -> int:
    """Return how many days back the checks are shown; it is in the address."""
    kept = address.read("history", "30")
    st.session_state["history"] = kept if kept in HISTORY_DAYS else "30"
    st.selectbox(
        "History", list(HISTORY_DAYS), key="history", format_func=HISTORY_DAYS.__getitem__, width=190,
        on_change=lambda: address.write("history", st.session_state["history"]),
    )  # fmt: skip
    return int(st.session_state["history"])


def show() -> None:
    """Draw the page."""
    st.title("Data quality")
    days = choose_history()
    health = call("db.getHealth", with_detail=True, history_days=days)
    st.markdown(f"#### {tell_trust(health).text()}")
    detail = health["detail"]
    if detail is None:
        st.info("Run `spreaders load`, then `spreaders build`.")
        return
    sound = detail["soundness"]
    show_facts(health)
    show_tabs(
        [
            ("Sources", lambda: show_sources(detail["freshness"])),
            (
                titled("Unusual days", sound["anomalies"]),
                lambda: show_unusual(sound["figures"], sound["anomalies"]),
            ),
            (titled("Set aside", detail["quarantine"]), lambda: show_aside(detail["quarantine"])),
            (titled("Corrected", detail["restatements"]), lambda: show_corrected(detail["restatements"])),
        ]
    )
    st.subheader("For data teams")
    if health["built_at"]:
        built = datetime.fromisoformat(health["built_at"])
        st.caption(
            f"Models built {built:%-d %B %Y %H:%M} UTC by the clock of this machine. What fails critically "
            "stops: bad rows are set aside, what is made from a bad table stays as it was."
        )
    if not sound["gate"]:
        st.info("Nothing was checked yet. Run `spreaders build`.")
        return
    failing_checks = [row for row in detail["checks"] if row["status"] not in PASSED]
    failing_rules = [row for row in sound["expectations"] if not row["passed"]]
    show_tabs(
        [
            (titled("Tables", sound["gate"]), lambda: show_gate(sound["gate"])),
            (titled("Rules", failing_rules), lambda: show_expectations(sound["expectations"])),
            (titled("Checks of the models", failing_checks), lambda: show_checks(detail["checks"])),
            (titled("Changed fields", detail["drift"]), lambda: show_drift(detail["drift"])),
            ("Verdicts by day", lambda: show_history(sound["history"])),
            (titled("Failures", sound["failures"]), lambda: show_failures(sound["failures"])),
        ]
    )


show()
