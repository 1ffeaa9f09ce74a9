"""Channels: one platform at a time, from the account down to the single ad, post or mail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app import address
from app.client import call_all
from app.drill import BELOW, DEPTHS, open_ids, show_crumbs
from app.level_table import show_level
from app.look import change, channel_title, figure, in_order
from app.period import Choice, choose_period
from app.show import Card, show_cards

# Figures of the whole channel: name, title, unit, what it means.
PAID = (
    ("spend_minor", "Spend", "minor", "What the platform charged."),
    ("roi", "ROI", "share", "(credited margin - spend) / spend: 0% is break-even."),
    ("revenue_minor", "Revenue", "minor", "What customers paid for the orders credited to the channel."),
    ("orders", "Orders", "count", "Real orders credited to the channel."),
    ("cac", "CAC", "minor", "Spend for each new customer credited to the channel."),
    ("roas", "ROAS", "factor", "Revenue for each unit of spend."),
    ("over_claim_ratio", "Claimed / credited", "factor", "Orders it claims / orders credited to it."),
)  # fmt: skip
OWN = (
    ("views", "Views", "count", "Views of posts and videos."),
    ("engagements", "Engagements", "count", "Likes, comments, shares and saves."),
    ("mails_sent", "Mails sent", "count", "Mails handed to the recipients' servers."),
    ("orders", "Orders", "count", "Real orders credited to the channel."),
    ("revenue_minor", "Revenue", "minor", "What customers paid for these orders."),
    ("revenue_share", "Share of revenue", "share", "Its part of all revenue."),
)
BETTER: dict[str, Any] = {"spend_minor": "neither", "cac": "less", "over_claim_ratio": "less"}
REPORTED = ("spend_minor", "impressions", "views", "mails_sent")
Row = Mapping[str, Any]


def show_facts(facts: Row, base: Row | None, currency: str, *, is_paid: bool) -> None:
    """Show the channel's own figures as cards, each with its change."""
    cards = [
        Card(
            title,
            figure(facts[name], unit, currency),
            change(facts[name], base[name], unit) if base else None,
            about=about,
            better=BETTER.get(name, "more"),
        )
        for name, title, unit, about in (PAID if is_paid else OWN)
        if facts[name] is not None
    ]
    show_cards(cards, f"channel-{currency}")


def choose_channel(channels: list[str]) -> str:
    """Return the channel chosen, which is in the address."""
    kept = address.read("channel", channels[0])
    st.session_state["channel-choice"] = kept if kept in channels else channels[0]
    st.segmented_control(
        "Channel",
        channels,
        required=True,
        format_func=channel_title,
        key="channel-choice",
        label_visibility="collapsed",
        on_change=_take_channel,
    )
    return str(st.session_state["channel-choice"])


def _take_channel() -> None:
    address.write("channel", st.session_state["channel-choice"])
    address.clear("open")


def show_platform(channel: str, choice: Choice, *, is_paid: bool, has_mails: bool) -> None:
    """Show the platform from the inside."""
    if not is_paid:
        show_level(channel, "account", choice, [])
        show_level(channel, "mail" if has_mails else "post", choice, [])
        return
    ids = open_ids(channel, choice)
    show_crumbs(channel, ids, choice)
    show_level(channel, BELOW[DEPTHS[len(ids) - 1]] if ids else "account", choice, ids)


def show() -> None:
    """Draw the page."""
    st.title("Channels")
    choice = choose_period(with_model=True)
    if choice is None:
        return
    compared, base = call_all(
        ("analytics.compareChannels", {**choice.arguments(), "model": choice.model}),
        ("analytics.compareChannels", {**choice.base_arguments(), "model": choice.model}),
    )
    before = {(row["channel"], row["currency"]): row for row in base["channels"]} if choice.base else {}
    reporting: dict[str, list[Row]] = {}
    for row in compared["channels"]:
        if any(row[name] for name in REPORTED):
            reporting.setdefault(row["channel"], []).append(row)
    if not reporting:
        st.info("No channel reported anything in these days.")
        return
    channel = choose_channel(in_order(reporting))
    rows = reporting[channel]
    is_paid = any(facts["spend_minor"] or facts["impressions"] for facts in rows)
    for facts in rows:  # one for each currency its money is in
        old = before.get((channel, facts["currency"]))
        show_facts(facts, old, facts["currency"], is_paid=is_paid)
    st.caption(compared["note"])
    show_platform(channel, choice, is_paid=is_paid, has_mails=any(facts["mails_sent"] for facts in rows))


show()
