"""Every ad: what each ad of every channel cost and brought, and whether it pays for itself."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.ad_table import PAYS, read_ads, show_ads
from app.client import call
from app.look import in_order, short_money
from app.period import choose_period
from app.show import Card, show_cards


def show() -> None:
    """Draw the page."""
    st.title("Every ad")
    choice = choose_period(with_compare=False)
    if choice is None:
        return
    compared = call("analytics.compareChannels", **choice.arguments())
    paid = in_order({row["channel"] for row in compared["channels"] if row["spend_minor"]})
    if not paid:
        st.info("No channel had spend in these days.")
        return
    rows, unread = read_ads(paid, choice)
    show_state(rows, compared["currency"])
    if unread:
        st.caption(f"The list holds the {len(rows):,} ads with most spend; {unread:,} more are left out.")
    show_ads(rows, compared["currency"], choice)


def show_state(rows: list[dict[str, Any]], currency: str) -> None:
    """Show how much of the spend pays for itself."""
    known = [row for row in rows if row["currency"] == currency and row["spend_minor"]]
    cards = []
    for state, about in PAYS.items():
        spend = sum(row["spend_minor"] for row in known if row["pays"] == state)
        count = sum(row["pays"] == state for row in known)
        cards.append(
            Card(f"Spend: {state}", short_money(spend, currency), note=f"{count:,} ads", about=about)
        )
    show_cards(cards, "ads")


show()
