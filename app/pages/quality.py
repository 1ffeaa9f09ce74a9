"""Data: how fresh every stream is, which checks hold, what was set aside and what was restated."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from app.client import call
from app.look import channel_title

PASSED = {"pass", "success"}
FRESHNESS = {
    "channel": "Channel",
    "stream": "Stream",
    "account_id": "Account",
    "loaded_at": st.column_config.DatetimeColumn("Last load", format="YYYY-MM-DD HH:mm"),
    "last_on": "Read up to",
    "received": "Received",
    "new": "New",
    "changed": "Restated",
    "quarantined": "Quarantined",
    "seconds": st.column_config.NumberColumn("Seconds", format="%.1f"),
    "error": "Error",
}
RESTATED = {
    "channel": "Channel",
    "stream": "Stream",
    "loaded_at": st.column_config.DatetimeColumn("Load", format="YYYY-MM-DD HH:mm"),
    "first_on": "From",
    "last_on": "To",
    "changed": "Rows restated",
    "deleted": "Rows taken back",
}
SET_ASIDE = {
    "channel": "Channel",
    "stream": "Stream",
    "record_key": "Record",
    "because": st.column_config.TextColumn("Why", width="large"),
    "loaded_at": st.column_config.DatetimeColumn("Load", format="YYYY-MM-DD HH:mm"),
    "payload": "As it came",
}
DRIFTED = {
    "channel": "Channel",
    "stream": "Stream",
    "field": "Field",
    "kind": "What",
    "expected": "Expected",
    "seen": "Seen",
    "first_seen_at": st.column_config.DatetimeColumn("First seen", format="YYYY-MM-DD HH:mm"),
}
CHECKED = {
    "check_name": st.column_config.TextColumn("Check", width="large"),
    "model_name": "Model",
    "status": "Status",
    "failures": "Rows",
    "message": st.column_config.TextColumn("What it found", width="large"),
}


def show_table(rows: list[dict[str, Any]], columns: dict[str, Any], nothing: str) -> None:
    """Show rows as a table, or say that there are none."""
    if not rows:
        st.success(nothing, icon=":material/check_circle:")
        return
    frame = pd.DataFrame(rows)
    if "channel" in frame:
        frame["channel"] = frame["channel"].map(channel_title)
    st.dataframe(frame[list(columns)], column_config=columns, hide_index=True, width="stretch")


def show_cards(health: dict[str, Any]) -> None:
    """Show the state at a glance."""
    detail = health["detail"]
    stale = [row for row in detail["freshness"] if row["error"]]
    built = (
        datetime.fromisoformat(health["built_at"]).strftime("%Y-%m-%d %H:%M")
        if health["built_at"]
        else "never"
    )
    cards = (
        ("Numbers up to", health["latest_on"] or "n/a"),
        ("Models built", built),
        ("Checks that hold", f"{health['checks'] - health['failed_checks']} of {health['checks']}"),
        ("Streams with errors", str(len(stale))),
        ("Records in quarantine", f"{len(detail['quarantine']):,}"),
    )
    for column, (title, value) in zip(st.columns(len(cards)), cards, strict=True):
        column.metric(title, value, border=True)


def show() -> None:
    """Draw the page."""
    st.title("Data")
    health = call("db.getHealth", with_detail=True)
    show_cards(health)
    detail = health["detail"]
    tabs = st.tabs(["Freshness", "Checks", "Quarantine", "Restatements", "Schema drift"])
    with tabs[0]:
        show_table(detail["freshness"], FRESHNESS, "Nothing was loaded yet.")
    with tabs[1]:
        failing = [row for row in detail["checks"] if row["status"] not in PASSED]
        show_table(failing, CHECKED, f"All {len(detail['checks'])} checks of the last build hold.")
        with st.expander("Every check"):
            show_table(detail["checks"], CHECKED, "The models were not built yet.")
    with tabs[2]:
        show_table(detail["quarantine"], SET_ASIDE, "No record is in quarantine: received equals loaded.")
    with tabs[3]:
        st.caption("Platforms correct recent days. What was believed before stays readable in the lake.")
        show_table(detail["restatements"], RESTATED, "No vendor has restated anything yet.")
    with tabs[4]:
        show_table(detail["drift"], DRIFTED, "Every field came as declared.")


show()
