"""Every channel in one table: ROI second, what it cost and brought, and the change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from app.changes import relative
from app.links import WITHOUT_ACCOUNT, shared_choices
from app.look import COUNT_CELL, MONEY_CELL, SHARE_CELL, WIDE, Row, channel_title, in_units, without_rate
from app.period import Choice
from app.places import FOLDER
from app.show import show_csv, show_frame, show_opener

AMOUNTS = ["spend_minor", "revenue_minor", "margin_minor", "claimed_value_minor"]
number = st.column_config.NumberColumn
COLUMNS: dict[str, Any] = {
    "title": st.column_config.TextColumn("Channel", pinned=True),
    "roi": number(
        "ROI", width=WIDE, format=SHARE_CELL, help="(credited margin - spend) / spend: 0% is break-even"
    ),
    "open": st.column_config.TextColumn(""),
    "currency": "Currency",
    "spend": number("Spend", width=WIDE, format=MONEY_CELL),
    "spend_change": number("Spend +/-", format=SHARE_CELL, help="Against the days compared with"),
    "revenue": number("Revenue", width=WIDE, format=MONEY_CELL, help="Real orders credited to the channel"),
    "revenue_change": number("Revenue +/-", format=SHARE_CELL, help="Against the days compared with"),
    "orders": number("Orders", format=COUNT_CELL),
    "new_customers": number("New customers", format=COUNT_CELL),
    "cac_amount": number("CAC", format=MONEY_CELL, help="Spend for each new customer"),
    "margin": number("Margin", width=WIDE, format=MONEY_CELL, help="Before spend"),
    "roas": number("ROAS", format="%.2f", help="Revenue for each unit of spend"),
    "claimed_conversions": number("Claimed", format=COUNT_CELL, help="Orders the platform says it brought"),
    "claimed_value": number(
        "Claimed value", width=WIDE, format=MONEY_CELL, help="What the platform says it brought"
    ),
    "over_claim_ratio": number("Claimed / credited", format="%.2f", help="Above 1, the platform claims more"),
}


def show_channel_table(channels: Sequence[Row], base: Sequence[Row], currency: str, choice: Choice) -> None:
    """Show the table, dearest first, and offer it as CSV; a button opens a channel."""
    frame = channel_frame(channels, base, currency)
    apart = without_rate(channels, currency)
    columns = dict(COLUMNS)
    if not apart:
        del columns["currency"]
    if not base:
        del columns["spend_change"], columns["revenue_change"]
    columns["open"] = st.column_config.ButtonColumn(
        "", key="open-channel", on_click=_open, args=(list(frame["channel"]),), type="tertiary", width="small"
    )
    names = {name: channel_title(name) for name in frame["channel"] if name not in WITHOUT_ACCOUNT}
    show_opener("a channel", names, _keep_opened, "opener-channel")
    show_frame(frame, columns, key="channel-table")
    if opened := st.session_state.pop("open-channel-name", None):
        st.switch_page(FOLDER / "channels.py", query_params=shared_choices(channel=opened))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(apart or f"Amounts in {currency}.", width="stretch")
        show_csv(frame.drop(columns=["open"]), f"channels {choice.days.code()}", "channels-csv")


def channel_frame(channels: Sequence[Row], base: Sequence[Row], currency: str) -> pd.DataFrame:
    """Return one row a channel: amounts in units, changes against `base`."""
    before = {(row["channel"], row["currency"]): row for row in base}
    rows = []
    for row in channels:
        old = before.get((row["channel"], row["currency"]), {})
        changes = {
            f"{name}_change": relative(row[f"{name}_minor"], old.get(f"{name}_minor"))
            for name in ("spend", "revenue")
        }
        # Without spend there is no cost of a customer.
        cac = row["cac"] if row["spend_minor"] else None
        rows.append({**row, **changes, "cac": cac, "spend_minor": row["spend_minor"] or None})
    frame = in_units(pd.DataFrame(rows), AMOUNTS, currency)
    frame["cac_amount"] = in_units(frame.assign(cac_minor=frame["cac"]), ["cac_minor"], currency)["cac"]
    frame["title"] = frame["channel"].map(channel_title)
    frame["open"] = [None if name in WITHOUT_ACCOUNT else "Open" for name in frame["channel"]]
    frame["claimed_conversions"] = frame["claimed_conversions"].astype(float).round(1)
    return frame


def _open(names: list[str]) -> None:
    _keep_opened(names[st.session_state["open-channel"].row])


def _keep_opened(name: str) -> None:
    st.session_state["open-channel-name"] = name
