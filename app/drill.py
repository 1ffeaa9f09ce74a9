"""The way down in a platform: account, campaign, ad set, ad; the open levels are in the address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app import address
from app.client import call, call_all
from app.look import channel_title
from app.period import Choice

BELOW = {"account": "campaign", "campaign": "ad_set", "ad_set": "ad"}
DEPTHS = ("account", "campaign", "ad_set")
PAGE_ROWS = 50
MOST_NAMES = 500
SEPARATOR = "/"
Answer = dict[str, Any]


def arguments(
    channel: str, level: str, choice: Choice, parent: str | None, *, skip: int = 0, limit: int = PAGE_ROWS
) -> dict[str, Any]:
    """Return what asks for a level's rows."""
    return {
        "channel": channel, "level": level, "parent_id": parent, "skip": skip, "limit": limit,
        **choice.arguments(),
    }  # fmt: skip


def read_level(channel: str, level: str, choice: Choice, parent: str | None) -> Answer:
    """Return the page of a level that is being looked at."""
    skip = st.session_state.get(skip_key(channel, level, parent), 0)
    answer: Answer = call(
        "analytics.getPlatformMetrics", **arguments(channel, level, choice, parent, skip=skip)
    )
    return answer


def skip_key(channel: str, level: str, parent: str | None) -> str:
    """Return where the number of rows to skip is kept."""
    return f"skip-{channel}-{level}-{parent}"


def open_ids(channel: str, choice: Choice) -> list[str]:
    """Return the ids of the levels that are open, from the account down; a lone account is open."""
    kept = address.read("open", "")
    if kept:
        return [] if kept == "all" else kept.split(SEPARATOR)[: len(DEPTHS)]
    accounts = call("analytics.getPlatformMetrics", **arguments(channel, "account", choice, None))["rows"]
    return [accounts[0]["id"]] if len(accounts) == 1 else []


def go_to(ids: Sequence[str]) -> None:
    """Open these levels."""
    address.write("open", SEPARATOR.join(ids) or "all")


def show_crumbs(channel: str, ids: Sequence[str], choice: Choice) -> None:
    """Show the way down as buttons; each goes back up."""
    names = [channel_title(channel), *_names(channel, ids, choice)]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="crumbs"):
        for depth, name in enumerate(names):
            if depth:
                st.markdown(":material/chevron_right:", width="content")
            if depth == len(ids):
                st.markdown(f"**{name}**", width="content")
            else:
                st.button(
                    name, type="tertiary", key=f"crumb-{channel}-{depth}", on_click=go_to, args=(ids[:depth],)
                )  # fmt: skip


def _names(channel: str, ids: Sequence[str], choice: Choice) -> list[str]:
    """Return what the open levels are called; the id where the days have no row of it."""
    calls = [
        ("analytics.getPlatformMetrics", arguments(channel, level, choice, parent, limit=MOST_NAMES))
        for level, parent in zip(DEPTHS, [None, *ids], strict=False)
    ][: len(ids)]
    answers = call_all(*calls)
    return [
        next((row["name"] for row in answer["rows"] if row["id"] == name), name)
        for name, answer in zip(ids, answers, strict=True)
    ]
