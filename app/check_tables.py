"""Data quality for data teams: the verdict on every table, rules, checks of the models, changed fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from app.look import COUNT_CELL, INSTANT_CELL
from app.quality_charts import history_chart
from app.show import GOOD, draw, show_frame
from app.source_tables import in_words
from app.trust import PASSED

# A mark and a word: no one needs to see the colour.
VERDICTS = {"ok": "✓ holds", "warn": "! warning", "stop": "✕ stopped"}
MARKS = {"critical": "✕ critical", "warning": "! warning"}
KINDS = {"new": "new field", "missing": "missing field", "changed_type": "other type"}
number = st.column_config.NumberColumn
text = st.column_config.TextColumn
instant = st.column_config.DatetimeColumn
GATE = {
    "verdict": text("Verdict", width="small"),
    "table": text("Table"),
    "layer": text("Layer", width="small"),
    "may_act": st.column_config.CheckboxColumn("Act on it", help="It holds and is fresh"),
    "why": text("Why", width="large"),
}
EXPECTED = {
    "state": text("", width="small"),
    "table": text("Table", width="small"),
    "expected": text("What should hold", width="large"),
    "severity": text("If not", width="small"),
    "failing": number("Rows failing", format=COUNT_CELL),
    "set_aside": number("Set aside", format=COUNT_CELL),
    "rows": number("Rows read", format=COUNT_CELL),
    "examples": text("Such as", width="medium"),
}
FAILED = {
    "checked_at": instant("When (UTC)", format=INSTANT_CELL),
    "severity": text("", width="small"),
    "table": text("Table", width="small"),
    "expected": text("What should have held", width="large"),
    "seen": text("What was found", width="large"),
    "set_aside": number("Set aside", format=COUNT_CELL),
}
DRIFTED = {
    "channel": "Source",
    "stream": "Stream",
    "field": "Field",
    "kind": "What",
    "expected": "Expected",
    "seen": "Seen",
    "first_seen_at": instant("First seen (UTC)", format=INSTANT_CELL),
}
CHECKED = {
    "status": text("Status", width="small"),
    "check_name": text("Check", width="large"),
    "model_name": text("Model", width="medium"),
    "failures": number("Rows", format=COUNT_CELL),
    "message": text("What it found", width="large"),
}
Row = dict[str, Any]


def show_gate(gate: Sequence[Row]) -> None:
    """Show every table, those that do not hold or are out of date first."""
    frame = pd.DataFrame(gate)
    rank = frame["verdict"].map({"stop": 0, "warn": 1, "ok": 2})
    frame = frame.assign(rank=rank, why=[_reason(row) for row in gate])
    frame = frame.sort_values(["rank", "may_act", "table"])
    show_frame(frame.assign(verdict=frame["verdict"].map(VERDICTS)), GATE, key="gate")


def show_history(days: Sequence[Row]) -> None:
    """Show the verdicts by day."""
    if len({row["on_day"] for row in days}) < 2:
        st.info("History starts today: the verdicts by day are shown from the second day.")
        return
    draw(history_chart(days), with_table=False)


def show_expectations(rows: Sequence[Row]) -> None:
    """Show the rules that do not hold, and all of them on request."""
    failing = [row for row in rows if not row["passed"]]
    if not failing:
        st.success(f"All {len(rows)} rules of the last checks hold.", icon=GOOD)
    kept = rows if st.toggle("Show those that hold too", key="all-expectations") else failing
    if kept:
        frame = pd.DataFrame(kept)
        frame["state"] = [_state(row) for row in kept]
        frame["severity"] = frame["severity"].map({"critical": "stops", "warning": "warns"})
        frame["examples"] = frame["examples"].map(", ".join)
        show_frame(frame, EXPECTED, key="expectations")


def show_checks(rows: Sequence[Row]) -> None:
    """Show the checks of the last build of the models."""
    failing = [row for row in rows if row["status"] not in PASSED]
    if not failing:
        st.success(f"All {len(rows)} checks of the last build hold.", icon=GOOD)
    if rows:
        frame = pd.DataFrame(rows)
        frame["check_name"] = frame["check_name"].str.replace("_", " ")
        show_frame(frame, CHECKED, key="checks")


def show_drift(rows: Sequence[Row]) -> None:
    """Show the fields that came otherwise than declared."""
    if not rows:
        st.success("Every field came as declared.", icon=GOOD)
        return
    frame = in_words(pd.DataFrame(rows))
    show_frame(frame.assign(kind=frame["kind"].replace(KINDS)), DRIFTED, key="drift")


def show_failures(rows: Sequence[Row]) -> None:
    """Show every check of these days that did not hold."""
    if not rows:
        st.success("Every check of these days held.", icon=GOOD)
        return
    frame = pd.DataFrame(rows)
    show_frame(frame.assign(severity=frame["severity"].map(MARKS)), FAILED, key="failures")


def _reason(row: Row) -> str:
    """Return why, without naming the table again."""
    reasons = (reason.removeprefix(f"{row['table']}: ") for reason in row["reasons"])
    return " ".join(reason.removeprefix(f"{row['table']} is ") for reason in reasons)


def _state(row: Row) -> str:
    if row["passed"]:
        return "✓ holds"
    return "↷ set aside" if row["set_aside"] >= row["failing"] else "✕ fails"
