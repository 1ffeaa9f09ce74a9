"""The rows of one level of a platform: campaigns, ads, posts or mails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from app.charts import money_chart
from app.drill import BELOW, PAGE_ROWS, go_to, read_level, skip_key
from app.look import (
    COUNT_CELL,
    DAY_CELL,
    MONEY_CELL,
    NOT_KNOWN,
    SHARE_CELL,
    WIDE,
    in_units,
    kind_title,
    money,
    without_rate,
)
from app.models import credit_note
from app.period import Choice
from app.show import draw, show_csv, show_frame, show_opener

LEVELS = {
    "account": ("account", "accounts"),
    "campaign": ("campaign", "campaigns"),
    "ad_set": ("ad set", "ad sets"),
    "ad": ("ad", "ads"),
    "post": ("post", "posts"),
    "mail": ("mail", "mails"),
}
OPENED = {"account": "an account", "campaign": "a campaign", "ad_set": "an ad set"}
MOST_BARS = 12
MONEY = ["spend_minor", "revenue_minor", "margin_minor", "claimed_value_minor"]
number = st.column_config.NumberColumn
text = st.column_config.TextColumn
SHOWN: dict[str, Any] = {
    "name": text("Name", pinned=True, width="medium"),
    "roi": number("ROI", width=WIDE, format=SHARE_CELL, help="(credited margin - spend) / spend"),
    "open": text(""),
    "published_at": st.column_config.DateColumn("Published", format=DAY_CELL),
    "kind": text("Kind"),
    "currency": text("Currency"),
    "spend": number("Spend", width=WIDE, format=MONEY_CELL),
    "revenue": number("Revenue", width=WIDE, format=MONEY_CELL, help="Of the real orders credited to it"),
    "orders": number("Orders", format=COUNT_CELL, help="Real orders credited to it"),
    "margin": number("Margin", width=WIDE, format=MONEY_CELL, help="Before spend"),
    "roas": number("ROAS", format="%.2f", help="Revenue for each unit of spend"),
    "impressions": number("Times shown", format=COUNT_CELL),
    "clicks": number("Clicks", format=COUNT_CELL),
    "ctr": number("Click rate", format=SHARE_CELL, help="Clicks for each time shown"),
    "claimed_conversions": number("Claimed", format="localized", help="Orders the platform says it brought"),
    "over_claim_ratio": number("Claimed / credited", format="%.2f", help="Above 1, the platform claims more"),
    "followers": number("Followers", format=COUNT_CELL),
    "views": number("Views", format=COUNT_CELL),
    "lifetime_views": number("Views so far", format=COUNT_CELL),
    "engagements": number("Engagements", format=COUNT_CELL, help="Likes, comments, shares and saves"),
    "engagement_rate": number("Engagement rate", format=SHARE_CELL),
    "sent": number("Sent", format=COUNT_CELL),
    "unique_opens": number("Opens", format=COUNT_CELL, help="Mail programs that open by themselves count"),
    "open_rate": number("Open rate", format=SHARE_CELL),
    "unique_clicks": number("Clickers", format=COUNT_CELL, help="Persons who clicked"),
    "click_rate": number("Clicker rate", format=SHARE_CELL),
    "unsubscribes": number("Unsubscribes", format=COUNT_CELL),
    "url": st.column_config.LinkColumn("Link", display_text="open"),
}  # fmt: skip
# Of a mail, clicks by machine and repeats are in `clicks`; persons are what is compared.
NOT_OF = {"mail": {"clicks"}}
# What the account's figures hold and the rows below it do not.
NOTES = {
    "post": "Posts published or seen in these days. Other orders are in the account's figures only.",
    "mail": "Mails sent in these days. Orders of mails sent before are in the account's figures only.",
}
Answer = dict[str, Any]


def show_level(channel: str, level: str, choice: Choice, ids: Sequence[str]) -> None:
    """Show one page of a level, and the way to the next."""
    parent = ids[-1] if ids else None
    answer = read_level(channel, level, choice, parent)
    show_rows(channel, answer, ids, choice)
    key = skip_key(channel, level, parent)
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


def show_rows(channel: str, answer: Answer, ids: Sequence[str], choice: Choice) -> None:
    """Show a level's rows; the button of a row opens what lies below it."""
    rows, currency, level = answer["rows"], answer["currency"], answer["level"]
    many = LEVELS[level][1]
    if not rows:
        st.info(f"No {many} in these days.")
        return
    st.subheader(many.capitalize())
    st.caption(" · ".join(describe(answer)))
    bars = [row for row in rows if row["spend_minor"] and row["id"]]
    if len(bars) > 1:
        draw(money_chart(bars[:MOST_BARS], currency, "name"), with_table=False)
        if len(bars) > MOST_BARS:
            st.caption(f"The chart holds the {MOST_BARS} with most spend; the table has all {len(bars)}.")
    frame = level_frame(answer)
    apart = without_rate(rows, currency)
    columns = {
        name: shown for name, shown in SHOWN.items()
        if name in frame and frame[name].notna().any() and name not in NOT_OF.get(level, ())
    }  # fmt: skip
    if not apart:
        columns.pop("currency", None)
    if "open" in columns:
        key = f"open-{channel}-{level}"
        columns["open"] = st.column_config.ButtonColumn(
            "", key=key, type="tertiary", width="small",
            on_click=_open_row, args=(key, [row["id"] for row in rows], list(ids)),
        )  # fmt: skip
    if "open" in columns:
        names = {row["id"]: row["name"] for row in rows if row["id"]}
        what = OPENED[level]
        show_opener(what, names, lambda row_id: go_to([*ids, row_id]), f"opener-{channel}-{level}")
    show_frame(frame, columns, missing=NOT_KNOWN, key=f"rows-{channel}-{level}-{'-'.join(ids)}")
    with st.container(horizontal=True, vertical_alignment="center"):
        note = NOTES.get(level, "")
        credit = credit_note(answer["model"], choice.model)
        st.caption(
            " ".join(filter(None, (apart or f"Amounts in {currency}.", credit, note))), width="stretch"
        )
        show_csv(
            frame[[name for name in columns if name != "open"]],
            f"{channel} {many} {choice.days.code()}",
            f"csv-{channel}-{level}",
        )


def level_frame(answer: Answer) -> pd.DataFrame:
    """Return the rows with amounts in units and names in words; what is unknown stays empty."""
    rows, level = answer["rows"], answer["level"]
    frame = in_units(pd.DataFrame(rows), MONEY, answer["currency"])
    frame["name"] = [row["name"] if row["id"] else "Not assigned by the platform" for row in rows]
    frame["claimed_conversions"] = frame["claimed_conversions"].astype(float).round(1)
    frame["published_at"] = pd.to_datetime(frame["published_at"])
    frame["kind"] = frame["kind"].map(kind_title, na_action="ignore")
    can_open = level in BELOW and any(row["spend_minor"] for row in rows)
    if can_open:
        frame["open"] = ["Open" if row["id"] else None for row in rows]
    return frame


def describe(answer: Answer) -> Iterator[str]:
    """Yield what is said above a table: how many rows, what they cost."""
    one, many = LEVELS[answer["level"]]
    yield f"{answer['total']:,} {one if answer['total'] == 1 else many}"
    for currency in sorted({row["currency"] for row in answer["rows"] if row["spend_minor"]}):
        spend = sum(row["spend_minor"] or 0 for row in answer["rows"] if row["currency"] == currency)
        yield f"{money(spend, currency)} spent" + " by those shown" * bool(answer["next_skip"])


def _open_row(key: str, row_ids: Sequence[str], ids: list[str]) -> None:
    row_id = row_ids[st.session_state[key].row]
    if row_id:
        go_to([*ids, row_id])
