"""Channels: one platform at a time, from the account down to the single ad, post or mail."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app.client import call
from app.look import channel_title, in_units, money
from app.period import choose_period

BELOW = {"account": "campaign", "campaign": "ad_set", "ad_set": "ad"}
LEVELS = {
    "account": "Accounts",
    "campaign": "Campaigns",
    "ad_set": "Ad sets",
    "ad": "Ads",
    "post": "Posts",
    "mail": "Mails",
}
MONEY = ["spend_minor", "revenue_minor", "margin_minor", "claimed_value_minor"]
number = st.column_config.NumberColumn
SHOWN: dict[str, Any] = {
    "name": st.column_config.TextColumn("Name", width="large"),
    "kind": "Kind",
    "published_at": st.column_config.DatetimeColumn("Published", format="YYYY-MM-DD"),
    "spend": number("Spend", format="%.2f"),
    "impressions": number("Impressions"),
    "clicks": number("Clicks"),
    "orders": number("Orders", help="Credited by last non-direct touch"),
    "revenue": number("Revenue", format="%.2f"),
    "roas": number("ROAS", format="%.2f"),
    "roi": number("ROI", format="%.2f"),
    "claimed_conversions": number("Claimed", format="%.1f"),
    "claimed_value": number("Claimed value", format="%.2f"),
    "over_claim_ratio": number("Over-claim", format="%.2f"),
    "followers": number("Followers"),
    "views": number("Views"),
    "lifetime_views": number("Views so far"),
    "engagements": number("Engagements"),
    "engagement_rate": number("Engagement rate", format="percent"),
    "sent": number("Sent"),
    "unique_opens": number("Opens", help="Machines that open mail by themselves are included"),
    "open_rate": number("Open rate", format="percent"),
    "unique_clicks": number("Clickers"),
    "click_rate": number("Click rate", format="percent"),
    "unsubscribes": number("Unsubscribes"),
    "ctr": number("CTR", format="percent"),
    "url": st.column_config.LinkColumn("Link", display_text="open"),
}
Crumb = tuple[str, str, str]


def path_of(channel: str) -> list[Crumb]:
    """Return where the drill-down stands: (level, id, name) of every level opened so far."""
    path: list[Crumb] = st.session_state.setdefault(f"path-{channel}", [])
    return path


def show_crumbs(channel: str) -> None:
    """Show the way down as buttons; a click goes back up."""
    path = path_of(channel)
    if not path:
        return
    for depth, column in enumerate(st.columns([1] * (len(path) + 1) + [6 - len(path)])[:-1]):
        label = channel_title(channel) if depth == 0 else path[depth - 1][2]
        column.button(
            label, key=f"crumb-{channel}-{depth}", on_click=path.__delitem__, args=(slice(depth, None),)
        )


def show_rows(channel: str, answer: dict[str, Any], *, can_open: bool) -> None:
    """Show a level's rows; choosing one opens what lies below it."""
    rows, currency = answer["rows"], answer["currency"]
    if not rows:
        st.info("Nothing happened here in these days.")
        return
    frame = in_units(pd.DataFrame(rows), MONEY, currency)
    frame["name"] = frame["name"].where(frame["id"] != "", "Not allotted by the vendor")
    columns = {name: shown for name, shown in SHOWN.items() if frame[name].notna().any()}
    spend = sum(row["spend_minor"] or 0 for row in rows)
    st.caption(
        f"{answer['total']:,} rows" + (f", {money(spend, currency)} spent on those shown" if spend else "")
    )
    path = path_of(channel)
    chosen: Any = st.dataframe(
        frame[list(columns)],
        column_config=columns,
        hide_index=True,
        width="stretch",
        on_select="rerun" if can_open else "ignore",
        selection_mode="single-row",
        key=f"rows-{channel}-{len(path)}-{path[-1][1] if path else ''}",
    )
    if can_open and chosen.selection.rows:
        row = rows[chosen.selection.rows[0]]
        if row["id"]:
            path.append((answer["level"], row["id"], row["name"]))
            st.rerun()


def show_level(channel: str, level: str, first: Any, last: Any, parent: str | None) -> None:
    """Show one page of a level."""
    page = st.session_state.get(f"skip-{channel}-{level}-{parent}", 0)
    answer = call(
        "analytics.getPlatformMetrics", channel=channel, level=level, first_on=first, last_on=last,
        parent_id=parent, skip=page,
    )  # fmt: skip
    st.subheader(LEVELS[level])
    show_rows(channel, answer, can_open=level in BELOW)
    if page or answer["next_skip"] is not None:
        back, on, _ = st.columns([1, 1, 6])
        key = f"skip-{channel}-{level}-{parent}"
        back.button(
            "Earlier",
            disabled=not page,
            key=f"{key}-back",
            on_click=st.session_state.__setitem__,
            args=(key, max(0, page - 50)),
        )
        on.button(
            "More", disabled=answer["next_skip"] is None, key=f"{key}-on",
            on_click=st.session_state.__setitem__, args=(key, answer["next_skip"]),
        )  # fmt: skip


def show() -> None:
    """Draw the page."""
    st.title("Channels")
    period = choose_period()
    if period is None:
        return
    found = call("analytics.compareChannels", first_on=period[0], last_on=period[1])["channels"]
    platforms = [
        row for row in found if row["spend_minor"] or row["impressions"] or row["views"] or row["mails_sent"]
    ]
    if not platforms:
        st.info("No channel reported anything in these days.")
        return
    names = [row["channel"] for row in platforms]
    channel = (
        st.segmented_control("Channel", names, default=names[0], format_func=channel_title, key="channel")
        or names[0]
    )
    facts = next(row for row in platforms if row["channel"] == channel)
    path = path_of(channel)
    show_crumbs(channel)
    if facts["spend_minor"] or facts["impressions"]:
        level, parent = (BELOW[path[-1][0]], path[-1][1]) if path else ("account", None)
        show_level(channel, level, *period, parent)
    else:
        show_level(channel, "account", *period, None)
        show_level(channel, "mail" if facts["mails_sent"] else "post", *period, None)


show()
