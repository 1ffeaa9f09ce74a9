"""Quality: which tables may be relied on, what does not hold, which days are odd, what was set aside."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from app.client import call
from app.look import COUNT_CELL, DAY_CELL, INSTANT_CELL, channel_title, show_frame
from app.quality_charts import band_chart, history_chart

GOOD = ":material/check_circle:"
PERIODS = {"Last 7 days": 7, "Last 30 days": 30, "Last 90 days": 90}
# A mark and a word: no one needs to see the colour.
VERDICTS = {"ok": "✓ holds", "warn": "! warning", "stop": "✕ stopped"}
MARKS = {"critical": "✕ critical", "warning": "! warning"}
# Under the table, so many reasons are told in full.
MOST_SENTENCES = 3
LAYERS = {"silver": "Silver", "gold": "Gold", "mart": "Mart"}
number = st.column_config.NumberColumn
text = st.column_config.TextColumn
instant = st.column_config.DatetimeColumn
GATE = {
    "verdict": text("Verdict", width=80),
    "table": text("Table", width=130),
    "layer": text("Layer", width=50),
    "may_act": st.column_config.CheckboxColumn(
        "Act on it", width=65, help="Whether decisions may be made from it: it holds and is fresh."
    ),
    "why": text("Why", width="large"),
}
EXPECTED = {
    "state": text("", width="small"),
    "table": text("Table", width="small"),
    "expected": text("What should hold", width="large"),
    "severity": text("If not", width="small"),
    "failing": number("Rows failing", format=COUNT_CELL, width="small"),
    "set_aside": number("Set aside", format=COUNT_CELL, width="small"),
    "rows": number("Rows read", format=COUNT_CELL, width="small"),
    "examples": text("Such as", width="medium"),
}
ODD = {
    "severity": text("", width="small"),
    "day_on": st.column_config.DateColumn("Day", format=DAY_CELL, width="small"),
    "channel": text("Channel", width="small"),
    "figure": text("Figure", width="medium"),
    "seen": number("Seen", format=COUNT_CELL),
    "expected": number("Expected", format=COUNT_CELL),
    "low": number("At least", format=COUNT_CELL),
    "high": number("At most", format=COUNT_CELL),
}
FAILED = {
    "checked_at": instant("When", format=INSTANT_CELL, width="small"),
    "severity": text("", width="small"),
    "table": text("Table", width="small"),
    "expected": text("What should have held", width="large"),
    "seen": text("What was found", width="large"),
    "set_aside": number("Set aside", format=COUNT_CELL, width="small"),
}
REASONS = {
    "because": text("Why", width="large"),
    "records": number("Records", format=COUNT_CELL, width="small"),
    "channel": text("Channel", width="small"),
    "streams": text("Streams", width="medium"),
    "loaded_at": instant("Last met", format=INSTANT_CELL, width="small"),
    "example": text("For example", width="large"),
}


def show_cards(gate: list[dict[str, Any]], sound: dict[str, Any], quarantine: list[dict[str, Any]]) -> None:
    """Show the state at a glance."""
    rules = sound["expectations"]
    holding = sum(_state(row) != "✕ fails" for row in rules)
    cards = (
        ("Tables that hold", f"{sum(row['verdict'] == 'ok' for row in gate)} of {len(gate)}"),
        ("Tables stopped", f"{sum(row['verdict'] == 'stop' for row in gate)}"),
        ("Tables stale", f"{sum(row['is_stale'] for row in gate)}"),
        ("Expectations that hold", f"{holding} of {len(rules)}"),
        ("Odd days", f"{len(sound['anomalies'])}"),
        ("Records in quarantine", f"{len(quarantine)}{'+' if len(quarantine) >= 500 else ''}"),
    )
    for column, (title, value) in zip(st.columns(len(cards)), cards, strict=True):
        column.metric(title, value, border=True)


def show_gate(gate: list[dict[str, Any]]) -> None:
    """Show the tables that do not hold or are stale, the worst first, and name the others."""
    fine = [row["table"] for row in gate if row["verdict"] == "ok" and row["may_act"]]
    rest = [row for row in gate if row["table"] not in fine]
    if rest:
        frame = pd.DataFrame(rest)
        rank = frame["verdict"].map({"stop": 0, "warn": 1, "ok": 2})
        frame = frame.assign(rank=rank, source=frame["layer"] != "silver")
        frame["why"] = [_reason(row) for row in rest]
        frame = frame.sort_values(["rank", "source", "may_act", "table"])
        frame["verdict"] = frame["verdict"].map(VERDICTS)
        frame["layer"] = frame["layer"].map(LAYERS)
        show_frame(frame, GATE)
        told = sorted(
            (row for row in rest if row["layer"] != "mart"), key=lambda row: row["verdict"] != "stop"
        )
        for row in told[:MOST_SENTENCES]:
            st.markdown(f"**{row['table']}**: {_reason(row)}")
    else:
        st.success(f"All {len(gate)} tables hold and are fresh.", icon=GOOD)
    if rest and fine:
        st.caption(f":material/check: {len(fine)} tables hold and are fresh: {', '.join(fine)}.")


def _reason(row: dict[str, Any]) -> str:
    """Return why, without naming the table again."""
    said = (reason.removeprefix(f"{row['table']}: ") for reason in row["reasons"])
    return " ".join(reason.removeprefix(f"{row['table']} is ") for reason in said)


def _state(row: dict[str, Any]) -> str:
    if row["passed"]:
        return "✓ holds"
    return "↷ set aside" if row["set_aside"] >= row["failing"] else "✕ fails"


def show_expectations(rows: list[dict[str, Any]]) -> None:
    """Show the rules that do not hold, and all of them on request."""
    failing = [row for row in rows if not row["passed"]]
    if not failing:
        st.success(f"All {len(rows)} expectations of the last checks hold.", icon=GOOD)
    everything = st.toggle("Show those that hold too", value=not failing, key="all-expectations")
    kept = rows if everything else failing
    if kept:
        frame = pd.DataFrame(kept)
        frame["state"] = [_state(row) for row in kept]
        frame["severity"] = frame["severity"].map({"critical": "stops", "warning": "warns"})
        frame["examples"] = frame["examples"].map(", ".join)
        show_frame(frame, EXPECTED)


def show_figures(sound: dict[str, Any]) -> None:
    """Show a watched figure inside its band, and every odd day."""
    figures = sound["figures"]
    if not figures:
        st.info("No figure has been followed yet; checks begin with `spreaders build`.")
        return
    names = {_figure(row): row for row in figures}
    chosen = names[st.selectbox("Figure", list(names), key="figure")]
    st.caption("The line is what came, the dashes what the days before let expect, the band what is normal.")
    st.altair_chart(band_chart(chosen, chosen["measure"].capitalize()))
    if not sound["anomalies"]:
        st.success("No day was odd.", icon=GOOD)
        return
    frame = pd.DataFrame(sound["anomalies"])
    frame["figure"] = frame["measure"] + " in " + frame["table"]
    frame["channel"] = frame["channel"].map(channel_title)
    frame["severity"] = frame["severity"].map(MARKS)
    show_frame(frame, ODD)


def _figure(row: dict[str, Any]) -> str:
    odd = sum(bool(day["severity"]) for day in row["days"])
    said = f", {odd} odd {'day' if odd == 1 else 'days'}" if odd else ""
    return f"{channel_title(row['channel'])} {row['account_id']}: {row['measure']} in {row['table']}{said}"


def show_quarantine(records: list[dict[str, Any]]) -> None:
    """Show why records were set aside, each reason with an example."""
    if not records:
        st.success("No record is in quarantine: received equals loaded.", icon=GOOD)
        return
    frame = pd.DataFrame(records)
    grouped = frame.groupby(["because", "channel"], sort=False).agg(
        records=("record_key", "size"),
        streams=("stream", lambda names: ", ".join(sorted({name.replace("_", " ") for name in names}))),
        loaded_at=("loaded_at", "max"),
        example=("payload", "first"),
    )
    grouped = grouped.reset_index().sort_values("records", ascending=False)
    grouped["channel"] = grouped["channel"].map(channel_title)
    show_frame(grouped, REASONS)
    st.caption("A record comes back by itself as soon as the vendor restates it as good.")


def show_failures(rows: list[dict[str, Any]]) -> None:
    """Show every check of these days that did not hold."""
    if not rows:
        st.success("Every check of these days held.", icon=GOOD)
        return
    frame = pd.DataFrame(rows)
    frame["severity"] = frame["severity"].map(MARKS)
    show_frame(frame, FAILED)


def titled(title: str, count: int) -> str:
    """Return a tab's title with how many rows it holds, if any."""
    return f"{title} ({count})" if count else title


def show() -> None:
    """Draw the page."""
    st.title("Quality")
    with st.sidebar:
        days = PERIODS[st.selectbox("History", list(PERIODS), index=1, key="history")]
    health = call("db.getHealth", with_detail=True, history_days=days)
    detail = health["detail"]
    if detail is None or not detail["soundness"]["gate"]:
        st.info("Nothing was checked yet. Run `spreaders load`, then `spreaders build`.")
        return
    sound, quarantine = detail["soundness"], detail["quarantine"]
    last = max(row["checked_at"] for row in sound["expectations"])
    st.caption(
        f"Checked {datetime.fromisoformat(last):%-d %B %Y %H:%M} UTC. What fails critically stops: "
        "bad rows go to quarantine, what is made from a bad table stays as it was."
    )
    show_cards(sound["gate"], sound, quarantine)
    left, right = st.columns([10, 8], gap="large")
    with left:
        st.subheader("May it be relied on?")
        show_gate(sound["gate"])
    with right:
        st.subheader("The verdicts by day")
        st.altair_chart(history_chart(sound["history"]))
    failing = sum(not row["passed"] for row in sound["expectations"])
    tabs = st.tabs(
        [
            titled("Expectations", failing),
            titled("Odd days", len(sound["anomalies"])),
            titled("Quarantine", len(quarantine)),
            titled("Failures over time", len(sound["failures"])),
        ]
    )
    with tabs[0]:
        show_expectations(sound["expectations"])
    with tabs[1]:
        show_figures(sound)
    with tabs[2]:
        show_quarantine(quarantine)
    with tabs[3]:
        show_failures(sound["failures"])


show()
