"""The ads of all channels: read at the same time, with a mark for break-even, searched and sorted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from app import address
from app.client import call_all
from app.look import (
    COUNT_CELL,
    MONEY_CELL,
    NOT_KNOWN,
    SHARE_CELL,
    WIDE,
    Row,
    channel_title,
    in_order,
    in_units,
    without_rate,
)
from app.models import DEFAULT, credit_note
from app.period import Choice
from app.show import show_csv, show_frame

MOST_ADS = 500
AMOUNTS = ["spend_minor", "revenue_minor", "margin_minor", "claimed_value_minor"]
PAYING, LOSING, UNKNOWN = "pays", "does not pay", "not known"
PAYS = {
    PAYING: "ROI of 0% or more: the credited margin pays for the spend.",
    LOSING: "ROI below 0%: the credited margin is less than the spend.",
    UNKNOWN: "No order can be credited at the level of this ad.",
}
MARKS = {PAYING: "✓ pays", LOSING: "✕ does not pay", UNKNOWN: "? not known"}
ALL = "All channels"
number = st.column_config.NumberColumn
COLUMNS: dict[str, Any] = {
    "name": st.column_config.TextColumn("Ad", pinned=True, width="medium"),
    "roi": number(
        "ROI", width=WIDE, format=SHARE_CELL, help="(credited margin - spend) / spend: 0% is break-even"
    ),
    "mark": st.column_config.TextColumn("Break-even"),
    "spend": number("Spend", width=WIDE, format=MONEY_CELL),
    "currency": "Currency",
    "revenue": number("Revenue", width=WIDE, format=MONEY_CELL, help="Of the orders credited to the ad"),
    "orders": number("Orders", format=COUNT_CELL),
    "claimed_conversions": number("Claimed", format="%.1f", help="Orders the platform says it brought"),
    "channel": st.column_config.TextColumn("Channel"),
    "impressions": number("Times shown", format=COUNT_CELL),
    "clicks": number("Clicks", format=COUNT_CELL),
    "ctr": number("Click rate", format=SHARE_CELL, help="Clicks for each time shown"),
}


def read_ads(channels: Sequence[str], choice: Choice) -> tuple[list[dict[str, Any]], int]:
    """Return the ads of these channels, dearest first, and how many more there are."""
    calls = [
        (
            "analytics.getPlatformMetrics",
            {"channel": name, "level": "ad", "limit": MOST_ADS, **choice.arguments()},
        )
        for name in channels
    ]
    rows: list[dict[str, Any]] = []
    unread = 0
    for name, answer in zip(channels, call_all(*calls), strict=True):
        rows += [{**row, "channel": name, "pays": pays(row)} for row in answer["rows"]]
        unread += answer["total"] - len(answer["rows"])
    return sorted(rows, key=lambda row: -(row["spend_minor"] or 0)), unread


def pays(row: Row) -> str:
    """Return whether an ad pays for itself: by its ROI, unknown where no order can be credited to it."""
    if not row["id"] or row["roi"] is None:
        return UNKNOWN
    return PAYING if row["roi"] >= 0 else LOSING


def ad_frame(rows: Sequence[Row], currency: str) -> pd.DataFrame:
    """Return one row an ad, amounts in units; what is unknown stays empty."""
    frame = in_units(pd.DataFrame(rows), AMOUNTS, currency)
    frame["mark"] = frame["pays"].map(MARKS)
    frame["name"] = [_name(row) for row in rows]
    frame["channel"] = frame["channel"].map(channel_title)
    return frame


def show_ads(rows: Sequence[Row], currency: str, choice: Choice) -> None:
    """Show the table with its search and filters; each is in the address."""
    frame = ad_frame(rows, currency)
    names = [ALL, *in_order(set(frame["channel"]))]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        searched = _keep("find", "", lambda key: st.text_input("Find", key=key, placeholder="Name of an ad"))
        channel = _keep("in", ALL, lambda key: st.selectbox("Channel", names, key=key), names)
        states = ["all", *PAYS]
        state = _keep(
            "pays",
            "all",
            lambda key: st.selectbox("Break-even", states, key=key, format_func=str.capitalize),
            states,
        )
    kept = frame[frame["name"].str.contains(searched, case=False, regex=False)]
    if channel != ALL:
        kept = kept[kept["channel"] == channel]
    if state != "all":
        kept = kept[kept["pays"] == state]
    apart = without_rate(rows, currency)
    columns = (
        dict(COLUMNS) if apart else {name: shown for name, shown in COLUMNS.items() if name != "currency"}
    )
    if kept.empty:
        st.info("No ad matches.")
        return
    show_frame(kept, columns, missing=NOT_KNOWN, key="every-ad")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"{len(kept):,} of {len(frame):,} rows. {apart or f'Amounts in {currency}.'}"
            f" {credit_note(DEFAULT)}",
            width="stretch",
        )
        show_csv(kept[list(columns)], f"ads {choice.days.code()}", "ads-csv")


def _name(row: Row) -> str:
    return str(row["name"]) if row["id"] else "Not assigned to an ad by the platform"


def _keep(name: str, default: str, widget: Any, offered: Sequence[str] | None = None) -> str:
    """Draw a filter that begins with the address and writes to it."""
    value = address.read(name, default)
    key = f"ads-{name}"
    if key not in st.session_state:
        st.session_state[key] = value if offered is None or value in offered else default
    chosen = str(widget(key))
    if chosen == default:
        address.clear(name)
    else:
        address.write(name, chosen)
    return chosen
