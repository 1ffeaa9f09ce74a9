"""Data: how fresh every stream is, which checks hold, what was set aside and what was restated."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pandas as pd
import streamlit as st

from app.client import call
from app.look import COUNT_CELL, DAY_CELL, INSTANT_CELL, NOTHING, channel_title, show_frame

MOST_ROWS = 500
GOOD = ":material/check_circle:"
PASSED = {"pass", "success"}
number = st.column_config.NumberColumn
text = st.column_config.TextColumn
instant = st.column_config.DatetimeColumn
FRESHNESS = {
    "channel": "Channel",
    "stream": "Stream",
    "account_id": "Account",
    "loaded_at": instant("Last load", format=INSTANT_CELL),
    "last_on": st.column_config.DateColumn("Read up to", format=DAY_CELL),
    "received": number("Received", format=COUNT_CELL),
    "new": number("New", format=COUNT_CELL),
    "changed": number("Restated", format=COUNT_CELL),
    "quarantined": number("Quarantined", format=COUNT_CELL),
    "seconds": number("Seconds", format="%.1f"),
    "error": text("Error", width="large"),
}
RESTATED = {
    "channel": "Channel",
    "stream": "Stream",
    "loaded_at": instant("Load", format=INSTANT_CELL),
    "first_on": st.column_config.DateColumn("Days from", format=DAY_CELL),
    "last_on": st.column_config.DateColumn("To", format=DAY_CELL),
    "changed": number("Rows restated", format=COUNT_CELL),
    "deleted": number("Rows taken back", format=COUNT_CELL),
}
SET_ASIDE = {
    "channel": "Channel",
    "stream": "Stream",
    "because": text("Why", width="large"),
    "record_key": "Record",
    "loaded_at": instant("Load", format=INSTANT_CELL),
    "payload": text("As it came", width="large"),
}
DRIFTED = {
    "channel": "Channel",
    "stream": "Stream",
    "field": "Field",
    "kind": "What",
    "expected": "Expected",
    "seen": "Seen",
    "first_seen_at": instant("First seen", format=INSTANT_CELL),
}
CHECKED = {
    "status": text("Status", width="small"),
    "check_name": text("Check", width="large"),
    "model_name": text("Model", width="medium"),
    "failures": number("Rows", format=COUNT_CELL, width="small"),
    "message": text("What it found", width="large"),
}
KINDS = {"new": "new field", "missing": "missing field", "changed_type": "other type"}


def show_table(rows: list[dict[str, Any]], columns: dict[str, Any], nothing: str) -> None:
    """Show rows as a table, or say that there are none."""
    if not rows:
        st.success(nothing, icon=GOOD)
        return
    frame = pd.DataFrame(rows)
    if "channel" in frame:
        frame["channel"] = frame["channel"].map(channel_title)
        frame["stream"] = frame["stream"].str.replace("_", " ")
    if "check_name" in frame:
        frame["check_name"] = frame["check_name"].str.replace("_", " ")
    if "kind" in frame:
        frame["kind"] = frame["kind"].replace(KINDS)
    show_frame(frame, columns)


def show_cards(health: dict[str, Any]) -> None:
    """Show the state at a glance."""
    detail = health["detail"]
    failing = sum(bool(row["error"]) for row in detail["freshness"])
    cards = (
        ("Numbers up to", _day(health["latest_on"])),
        ("Models built (UTC)", _instant(health["built_at"])),
        ("Checks that hold", f"{health['checks'] - health['failed_checks']} of {health['checks']}"),
        ("Streams with errors", f"{failing} of {len(detail['freshness'])}"),
        ("Records in quarantine", counted(detail["quarantine"])),
    )
    for column, (title, value) in zip(st.columns(len(cards)), cards, strict=True):
        column.metric(title, value, border=True)


def _day(iso: str | None) -> str:
    return f"{date.fromisoformat(iso):%-d %b %Y}" if iso else NOTHING


def _instant(iso: str | None) -> str:
    return f"{datetime.fromisoformat(iso):%-d %b, %H:%M}" if iso else NOTHING


def titled(name: str, rows: list[dict[str, Any]]) -> str:
    """Return a tab's name with how many there are to look at."""
    return f"{name} ({counted(rows)})" if rows else name


def counted(rows: list[dict[str, Any]]) -> str:
    """Return how many rows there are; the API sends a list's newest 500."""
    return f"{len(rows)}+" if len(rows) == MOST_ROWS else str(len(rows))


def show() -> None:
    """Draw the page."""
    st.title("Data")
    health = call("db.getHealth", with_detail=True)
    if health["detail"] is None:
        st.info("There are no numbers yet. Run `spreaders load`, then `spreaders build`.")
        return
    st.caption("How fresh every stream is, which checks hold, what was set aside and what was corrected.")
    show_cards(health)
    detail = health["detail"]
    failing = [row for row in detail["checks"] if row["status"] not in PASSED]
    tabs = st.tabs(
        [
            "Freshness",
            titled("Checks", failing),
            titled("Quarantine", detail["quarantine"]),
            titled("Restatements", detail["restatements"]),
            titled("Schema drift", detail["drift"]),
        ]
    )
    with tabs[0]:
        failed = any(row["error"] for row in detail["freshness"])
        shown = {name: column for name, column in FRESHNESS.items() if failed or name != "error"}
        show_table(detail["freshness"], shown, "Nothing was loaded yet.")
    with tabs[1]:
        if not failing:
            st.success(f"All {len(detail['checks'])} checks of the last build hold.", icon=GOOD)
        shown = {name: column for name, column in CHECKED.items() if failing or name != "message"}
        show_table(detail["checks"], shown, "The models were not built yet.")
    with tabs[2]:
        show_table(detail["quarantine"], SET_ASIDE, "No record is in quarantine: received equals loaded.")
    with tabs[3]:
        st.caption("Platforms correct recent days. What was believed before stays readable in the lake.")
        show_table(detail["restatements"], RESTATED, "No vendor has restated anything yet.")
    with tabs[4]:
        show_table(detail["drift"], DRIFTED, "Every field came as declared.")


show()
