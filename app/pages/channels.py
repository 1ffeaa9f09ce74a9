"""Channels: one platform at a time, from the account down to the single ad, post or mail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from app.charts import money_chart
from app.client import call
from app.look import (
    COUNT_CELL,
    DAY_CELL,
    MONEY_CELL,
    SHARE_CELL,
    change,
    channel_title,
    figure,
    in_order,
    in_units,
    money,
    show_frame,
    without_rate,
)
from app.period import choose_period, show_period

BELOW = {"account": "campaign", "campaign": "ad_set", "ad_set": "ad"}
LEVELS = {
    "account": ("account", "accounts"),
    "campaign": ("campaign", "campaigns"),
    "ad_set": ("ad set", "ad sets"),
    "ad": ("ad", "ads"),
    "post": ("post", "posts"),
    "mail": ("mail", "mails"),
}
PAGE_ROWS = 50
MOST_BARS = 12
MONEY = ["spend_minor", "revenue_minor", "margin_minor", "claimed_value_minor"]
# Figures of the whole channel: name, title, unit, and the field that holds the change.
PAID = (
    ("spend_minor", "Spend", "minor", "spend_change"),
    ("revenue_minor", "Revenue", "minor", "revenue_change"),
    ("orders", "Orders", "count", None),
    ("roas", "ROAS", "factor", None),
    ("roi", "ROI", "share", None),
    ("over_claim_ratio", "Over-claim", "factor", None),
)
OWN = (
    ("views", "Views", "count", None),
    ("engagements", "Engagements", "count", None),
    ("mails_sent", "Mails sent", "count", None),
    ("orders", "Orders", "count", None),
    ("revenue_minor", "Revenue", "minor", "revenue_change"),
    ("revenue_share", "Share of revenue", "share", None),
)
number = st.column_config.NumberColumn
SHOWN: dict[str, Any] = {
    "name": st.column_config.TextColumn("Name", width="medium"),
    "currency": "Currency",
    "kind": "Kind",
    "published_at": st.column_config.DatetimeColumn("Published", format=DAY_CELL),
    "spend": number("Spend", format=MONEY_CELL),
    "revenue": number("Revenue", format=MONEY_CELL, help="Orders credited by last non-direct touch"),
    "orders": number("Orders", format=COUNT_CELL, help="Credited by last non-direct touch"),
    "roas": number("ROAS", format="%.2f", help="Revenue by spend"),
    "roi": number("ROI", format=SHARE_CELL, help="(Margin - spend) / spend"),
    "impressions": number("Impressions", format=COUNT_CELL),
    "clicks": number("Clicks", format=COUNT_CELL),
    "ctr": number("CTR", format=SHARE_CELL, help="Clicks by impressions"),
    "claimed_conversions": number("Claimed", format=COUNT_CELL, help="Conversions the platform claims"),
    "over_claim_ratio": number("Over-claim", format="%.2f", help="Claimed conversions by credited orders"),
    "followers": number("Followers", format=COUNT_CELL),
    "views": number("Views", format=COUNT_CELL),
    "lifetime_views": number("Views so far", format=COUNT_CELL),
    "engagements": number("Engagements", format=COUNT_CELL),
    "engagement_rate": number("Engagement rate", format=SHARE_CELL),
    "sent": number("Sent", format=COUNT_CELL),
    "unique_opens": number("Opens", format=COUNT_CELL, help="Machines that open mail are included"),
    "open_rate": number("Open rate", format=SHARE_CELL),
    "unique_clicks": number("Clickers", format=COUNT_CELL),
    "click_rate": number("Click rate", format=SHARE_CELL),
    "unsubscribes": number("Unsubscribes", format=COUNT_CELL),
    "url": st.column_config.LinkColumn("Link", display_text="open"),
}
Row = dict[str, Any]
Days = tuple[date, date]
Crumb = tuple[str, str, str]


def show_facts(facts: Row, currency: str, *, is_paid: bool) -> None:
    """Show the channel's own figures as cards."""
    shown = [card for card in (PAID if is_paid else OWN) if facts[card[0]] is not None]
    for column, (name, title, unit, moved) in zip(st.columns(len(shown)), shown, strict=True):
        column.metric(
            title,
            figure(facts[name], unit, currency),
            change(facts[moved]) if moved else None,
            delta_color="off" if name == "spend_minor" else "normal",
            border=True,
            height="stretch",
        )


def read_level(channel: str, level: str, days: Days, parent: str | None) -> dict[str, Any]:
    """Return the page of a level that is being looked at."""
    skip = st.session_state.get(f"skip-{channel}-{level}-{parent}", 0)
    answer: dict[str, Any] = call(
        "analytics.getPlatformMetrics",
        channel=channel,
        level=level,
        first_on=days[0],
        last_on=days[1],
        parent_id=parent,
        skip=skip,
    )
    return answer


def find_path(channel: str, days: Days) -> list[Crumb]:
    """Return where the drill-down stands: (level, id, name) of every level opened; a lone account is open."""
    key = f"path-{channel}"
    if key not in st.session_state:
        accounts = read_level(channel, "account", days, None)["rows"]
        st.session_state[key] = [("account", accounts[0]["id"], accounts[0]["name"])] * (len(accounts) == 1)
    path: list[Crumb] = st.session_state[key]
    return path


def show_crumbs(channel: str, path: list[Crumb]) -> None:
    """Show the way down as buttons; a click goes back up."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="crumbs"):
        for depth, name in enumerate([channel_title(channel), *(crumb[2] for crumb in path)]):
            if depth:
                st.markdown(":gray[:material/chevron_right:]", width="content")
            st.button(
                name,
                type="tertiary",
                key=f"crumb-{channel}-{depth}",
                disabled=depth == len(path),
                on_click=path.__delitem__,
                args=(slice(depth, None),),
            )


def tell_rows(answer: dict[str, Any], *, can_open: bool) -> Iterator[str]:
    """Yield what is said above a table: how many rows, what they cost, what a click does."""
    one, many = LEVELS[answer["level"]]
    yield f"{answer['total']:,} {one if answer['total'] == 1 else many}"
    for currency in sorted({row["currency"] for row in answer["rows"] if row["spend_minor"]}):
        spend = sum(row["spend_minor"] or 0 for row in answer["rows"] if row["currency"] == currency)
        yield f"{money(spend, currency)} spent" + " by those shown" * bool(answer["next_skip"])
    if can_open:
        yield f"click a row to see its {LEVELS[BELOW[answer['level']]][1]}"


def show_rows(channel: str, answer: dict[str, Any], path: list[Crumb], parent: str | None) -> None:
    """Show a level's rows; choosing one opens what lies below it."""
    rows, currency, level = answer["rows"], answer["currency"], answer["level"]
    _, many = LEVELS[level]
    if not rows:
        st.info(f"No {many} in these days.")
        return
    can_open = level in BELOW and any(row["spend_minor"] for row in rows)
    st.subheader(many.capitalize())
    st.caption(" · ".join(tell_rows(answer, can_open=can_open)))
    bars = [row for row in rows if row["spend_minor"]]
    if len(bars) > 1:
        st.altair_chart(money_chart(bars[:MOST_BARS], currency, "name"))
    frame = in_units(pd.DataFrame(rows), MONEY, currency)
    frame["name"] = frame["name"].where(frame["id"] != "", "Not allotted by the vendor")
    frame["claimed_conversions"] = frame["claimed_conversions"].astype(float).round(1)
    frame["published_at"] = pd.to_datetime(frame["published_at"])
    apart = without_rate(rows, currency)
    columns = {name: shown for name, shown in SHOWN.items() if frame[name].notna().any()}
    if apart:
        st.caption(apart)
    else:
        columns.pop("currency", None)
    key = f"rows-{channel}-{level}-{parent}"
    if not can_open:
        show_frame(frame, columns, key=key)
        return
    chosen = show_frame(frame, columns, key=key, on_select="rerun", selection_mode="single-cell")
    if chosen.selection.cells:
        row = rows[chosen.selection.cells[0][0]]
        if row["id"]:
            path.append((level, row["id"], row["name"]))
            st.rerun()


def show_level(channel: str, level: str, days: Days, path: list[Crumb]) -> None:
    """Show one page of a level, and the way to the next."""
    parent = path[-1][1] if path else None
    answer = read_level(channel, level, days, parent)
    show_rows(channel, answer, path, parent)
    key = f"skip-{channel}-{level}-{parent}"
    page, following = st.session_state.get(key, 0), answer["next_skip"]
    if not page and following is None:
        return
    last = page + len(answer["rows"])
    with st.container(horizontal=True, vertical_alignment="center"):
        turn = st.session_state.__setitem__
        back = (key, max(0, page - PAGE_ROWS))
        st.button("Back", disabled=not page, key=f"{key}-back", on_click=turn, args=back)
        st.button("More", disabled=following is None, key=f"{key}-on", on_click=turn, args=(key, following))
        st.caption(f"{page + 1:,} to {last:,} of {answer['total']:,}")


def show() -> None:
    """Draw the page."""
    st.title("Channels")
    days = choose_period()
    if days is None:
        return
    compared = call("analytics.compareChannels", first_on=days[0], last_on=days[1])
    reported = ("spend_minor", "impressions", "views", "mails_sent")
    found: dict[str, list[Row]] = {}
    for row in compared["channels"]:
        if any(row[name] for name in reported):
            found.setdefault(row["channel"], []).append(row)
    if not found:
        st.info("No channel reported anything in these days.")
        return
    channel = st.segmented_control(
        "Channel", in_order(found), default=in_order(found)[0], required=True, format_func=channel_title,
        key="channel", label_visibility="collapsed",
    )  # fmt: skip
    is_paid = any(facts["spend_minor"] or facts["impressions"] for facts in found[channel])
    show_period(compared["period"], compared["previous"])
    for facts in found[channel]:  # one for each currency its money is in
        show_facts(facts, facts["currency"], is_paid=is_paid)
    if is_paid:
        path = find_path(channel, days)
        show_crumbs(channel, path)
        show_level(channel, BELOW[path[-1][0]] if path else "account", days, path)
    else:
        show_level(channel, "account", days, [])
        has_mails = any(facts["mails_sent"] for facts in found[channel])
        show_level(channel, "mail" if has_mails else "post", days, [])


show()
