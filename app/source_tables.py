"""Data quality as a marketer reads it: each source, unusual days, what was set aside, what was corrected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from app.look import COUNT_CELL, DAY_CELL, INSTANT_CELL, channel_title, in_order
from app.quality_charts import band_chart
from app.show import GOOD, draw, show_frame
from app.words import REASONS, figure_title, stream_title

number = st.column_config.NumberColumn
text = st.column_config.TextColumn
instant = st.column_config.DatetimeColumn
day = st.column_config.DateColumn
SOURCES = {
    "state": text("State", width="small"),
    "channel": text("Source", pinned=True),
    "last_on": day("Read up to", format=DAY_CELL),
    "loaded_at": instant("Last read (UTC)", format=INSTANT_CELL),
    "streams": number("Streams", format=COUNT_CELL),
    "received": number("Records received", format=COUNT_CELL, help="By the last read of each stream"),
    "quarantined": number("Set aside", format=COUNT_CELL),
    "error": text("What went wrong", width="large"),
}
STREAMS = {
    "channel": text("Source", pinned=True),
    "stream": text("Stream"),
    "account_id": text("Account"),
    "last_on": day("Read up to", format=DAY_CELL),
    "loaded_at": instant("Last read (UTC)", format=INSTANT_CELL),
    "received": number("Received", format=COUNT_CELL),
    "loaded": number("Stored", format=COUNT_CELL, help="Received = stored + set aside"),
    "quarantined": number("Set aside", format=COUNT_CELL),
    "new": number("Of these new", format=COUNT_CELL),
    "changed": number("Of these corrected", format=COUNT_CELL),
    "error": text("What went wrong", width="large"),
}
ODD = {
    "severity": text("", width="small"),
    "day_on": day("Day", format=DAY_CELL),
    "figure": text("Figure", width="medium"),
    "seen": number("Seen", format=COUNT_CELL),
    "expected": number("Expected", format=COUNT_CELL),
    "low": number("At least", format=COUNT_CELL),
    "high": number("At most", format=COUNT_CELL),
}
ASIDE = {
    "because": text("Why", width="large"),
    "records": number("Records", format=COUNT_CELL),
    "channel": text("Source"),
    "streams": text("Streams", width="medium"),
    "loaded_at": instant("Last seen (UTC)", format=INSTANT_CELL),
    "example": text("For example", width="large"),
}
CORRECTED = {
    "channel": text("Source", pinned=True),
    "stream": text("Stream"),
    "loaded_at": instant("Read (UTC)", format=INSTANT_CELL),
    "first_on": day("Days from", format=DAY_CELL),
    "last_on": day("To", format=DAY_CELL),
    "changed": number("Rows corrected", format=COUNT_CELL),
    "deleted": number("Rows taken back", format=COUNT_CELL),
}
Row = dict[str, Any]


def show_sources(streams: Sequence[Row]) -> None:
    """Show one row a source: how far it was read and whether something is wrong, then its streams."""
    if not streams:
        st.info("Nothing was loaded yet.")
        return
    rows = []
    for channel in in_order({row["channel"] for row in streams}):
        own = [row for row in streams if row["channel"] == channel]
        errors = sorted({row["error"] for row in own if row["error"]})
        rows.append(
            {
                "state": "✕ error" if errors else "✓ complete",
                "channel": channel_title(channel),
                "last_on": max((row["last_on"] for row in own if row["last_on"]), default=None),
                "loaded_at": min(row["loaded_at"] for row in own),
                "streams": len(own),
                "received": sum(row["received"] for row in own),
                "quarantined": sum(row["quarantined"] for row in own),
                "error": " ".join(errors) or None,
            }
        )
    frame = in_days(pd.DataFrame(rows))
    show_frame(frame, _without_empty(SOURCES, frame, "error"), key="sources")
    with st.expander("Every stream"):
        detail = in_days(in_words(pd.DataFrame(streams)))
        show_frame(detail, _without_empty(STREAMS, detail, "error"), key="streams")


def show_unusual(figures: Sequence[Row], anomalies: Sequence[Row]) -> None:
    """Show the unusual days, and a watched figure inside its usual band."""
    if not figures:
        st.info("No figure has been followed yet; checks begin with `spreaders build`.")
        return
    if anomalies:
        frame = pd.DataFrame(anomalies)
        frame["figure"] = [figure_title(row["channel"], row["measure"]) for row in anomalies]
        frame["severity"] = frame["severity"].map(REASONS)
        show_frame(in_days(frame), ODD, key="unusual")
    else:
        st.success("No day was unusual.", icon=GOOD)
    names = {_watched(row): row for row in figures}
    chosen = names[st.selectbox("Figure", list(names), key="figure")]
    if len(chosen["days"]) < 2:
        st.info("History starts today; the usual range is known after some weeks.")
        return
    draw(band_chart(chosen, figure_title(chosen["channel"], chosen["measure"])))


def _watched(row: Row) -> str:
    odd = sum(bool(day["severity"]) for day in row["days"])
    note = f", {odd} unusual {'day' if odd == 1 else 'days'}" if odd else ""
    return f"{figure_title(row['channel'], row['measure'])} ({row['account_id']}){note}"


def show_aside(records: Sequence[Row]) -> None:
    """Show why records were set aside, each reason with an example."""
    if not records:
        st.success("No record is set aside: all that was received is stored.", icon=GOOD)
        return
    frame = in_words(pd.DataFrame(records))
    grouped = frame.groupby(["because", "channel"], sort=False).agg(
        records=("record_key", "size"),
        streams=("stream", lambda names: ", ".join(sorted(set(names)))),
        loaded_at=("loaded_at", "max"),
        example=("payload", "first"),
    )
    show_frame(grouped.reset_index().sort_values("records", ascending=False), ASIDE, key="aside")
    st.caption("A record is stored by itself as soon as the platform sends it in a readable form.")


def show_corrected(rows: Sequence[Row]) -> None:
    """Show what the platforms corrected of earlier days."""
    st.caption("Platforms correct recent days. What was reported before stays readable.")
    if not rows:
        st.success("No platform has corrected anything yet.", icon=GOOD)
        return
    show_frame(in_days(in_words(pd.DataFrame(rows))), CORRECTED, key="corrected")


def in_words(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with channels and streams as people call them."""
    return frame.assign(channel=frame["channel"].map(channel_title), stream=frame["stream"].map(stream_title))


def in_days(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with days and instants as such."""
    days = {name: pd.to_datetime(frame[name]) for name in ("last_on", "first_on", "day_on") if name in frame}
    return frame.assign(**days)


def _without_empty(columns: dict[str, Any], frame: pd.DataFrame, name: str) -> dict[str, Any]:
    return {key: shown for key, shown in columns.items() if key != name or frame[name].notna().any()}
