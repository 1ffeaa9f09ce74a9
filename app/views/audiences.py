"""Audiences: who the people are, what sets an audience apart, how it changes, and how to make one."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from app import address
from app.audience_builder import INSIGHTS, begin, edit, show_builder, tell
from app.audience_charts import composition_chart, flow_chart, overlap_chart, size_chart
from app.client import call, request
from app.identity_review import show_review
from app.look import COUNT_CELL, MONEY_CELL, SHARE_CELL, in_units
from app.show import Card, draw, show_cards, show_frame, show_opener

PARTS = {
    "lifecycle_stage": "Lifecycle stage",
    "rfm_segment": "RFM segment",
    "acquired_channel": "First came from",
    "engagement_band": "Engagement",
    "cluster": "Behaviour",
}
VIEWS = {
    "list": ":material/groups: Audiences",
    "build": ":material/tune: Build",
    "overlap": ":material/join_inner: Overlap",
    "review": ":material/compare_arrows: Review",
    "basis": ":material/info: How it is made",
}
CUSTOMERS = {"new", "active", "won_back", "at_risk", "lapsed"}
number = st.column_config.NumberColumn
LISTED: dict[str, Any] = {
    "name": st.column_config.TextColumn("Audience", width="medium", pinned=True),
    "open": st.column_config.TextColumn(""),
    "size": number("Persons", format=COUNT_CELL),
    "share": number("Of everyone", format=SHARE_CELL),
    "sizes": st.column_config.AreaChartColumn("Trend", width="small", y_min=0),
    "entered": number("Came", format=COUNT_CELL, help="In the days shown"),
    "left": number("Left", format=COUNT_CELL, help="In the days shown"),
    "description": st.column_config.TextColumn("What it is for", width="large"),
}
PRODUCTS: dict[str, Any] = {
    "title": st.column_config.TextColumn("Product", width="medium"),
    "buyers": number("Buyers", format=COUNT_CELL),
    "units": number("Units", format=COUNT_CELL),
    "net": number("Value", format=MONEY_CELL),
}
VERSIONS: dict[str, Any] = {
    "version": number("Version", width="small"),
    "saved_at": st.column_config.DatetimeColumn("Saved", format="D MMM YYYY HH:mm"),
    "saved_by": "By",
    "condition": st.column_config.TextColumn("What it asks", width="large"),
}
Answer = dict[str, Any]


def show_facts(insights: Answer) -> None:
    """Show how many people there are and how far they are."""
    stages = {s["name"]: s["members"] for s in insights["everyone"] if s["part"] == "lifecycle_stage"}
    persons = insights["persons"]
    figures = (
        ("Persons", persons, "Everyone who visited, signed up or bought."),
        ("Customers", sum(stages.get(stage, 0) for stage in CUSTOMERS), "Persons with an order."),
        ("Active or new", sum(stages.get(s, 0) for s in ("new", "active", "won_back")), "Not overdue."),
        ("At risk", stages.get("at_risk", 0), "Overdue by the shop's own rhythm, not yet lapsed."),
    )
    show_cards(
        [
            Card(
                title,
                f"{value:,}",
                note=f"{value / persons:.0%} of everyone" if persons else None,
                about=about,
            )
            for title, value, about in figures
        ],
        "audiences",
    )


def show_list(insights: Answer) -> str | None:
    """Show every audience with its trend; return the id of the one that is open, the largest at first."""
    rows = sorted(insights["audiences"], key=lambda a: -a["size"])
    if not rows:
        st.info("There are no audiences yet; make one under Build.")
        return None
    ids = [row["audience_id"] for row in rows]
    frame = pd.DataFrame(rows)
    frame["sizes"] = [[day["size"] for day in row["trend"]] for row in rows]
    frame["size"] = frame["size"].where(frame["is_counted"])
    frame["share"] = frame["share"].where(frame["is_counted"])
    frame["open"] = "Open"
    columns = dict(LISTED)
    columns["open"] = st.column_config.ButtonColumn(
        "", key="open-audience", type="tertiary", width="small", on_click=_open, args=(ids,)
    )
    if max(len(sizes) for sizes in frame["sizes"]) < 2:
        for name in ("sizes", "entered", "left"):
            del columns[name]
        st.caption("History starts today: trends and who came or left are shown from the second day.")
    names = {row["audience_id"]: row["name"] for row in rows}
    show_opener("an audience", names, lambda row_id: address.write("audience", row_id), "opener-audience")
    show_frame(frame, columns, missing="with the next build", key="audience-list")
    if not all(row["is_counted"] for row in rows):
        st.caption("A new audience is counted with the next build; Build shows its size at once.")
    kept = address.read("audience", ids[0])
    return kept if kept in ids else str(ids[0])


def _open(ids: list[str]) -> None:
    address.write("audience", ids[st.session_state["open-audience"].row])


def show_profile(insights: Answer, audience_id: str, others: Mapping[str, str]) -> None:
    """Show one audience: what sets it apart, what it is made of, how it changed, what they buy."""
    title = st.container(horizontal=True, vertical_alignment="center")
    compared = st.session_state.get("compare-with")
    beside = compared if compared != audience_id else None
    answer = call(INSIGHTS, audience=audience_id, compare=beside)
    detail = answer["audience"]
    clusters = {c["cluster"]: c["name"] for c in insights["clusters"]}
    with title:
        st.subheader(detail["name"], width="stretch")
        st.button("Change", icon=":material/edit:", on_click=edit, args=(detail,))
        show_export(detail)
    words, made = st.columns([2, 3], gap="large")
    with words:
        tell(detail["told"])
        st.selectbox(
            "Compare with", [key for key in others if key != audience_id], index=None, key="compare-with",
            format_func=others.__getitem__, placeholder="Another audience",
        )  # fmt: skip
        if answer["compare"]:
            both = answer["compare"]["both"]
            st.caption(f"{both:,} persons are in both.")
            tell(answer["compare"]["told"])
    with made:
        part = st.segmented_control(
            "Part", list(PARTS), default="lifecycle_stage", format_func=PARTS.__getitem__, required=True,
            key="part", label_visibility="collapsed",
        )  # fmt: skip
        slices = [s for s in detail["composition"] if s["part"] == part]
        draw(composition_chart(slices, clusters), with_table=False)
    history, bought = st.columns(2, gap="large")
    with history:
        st.subheader("Came and left")
        if len(detail["history"]) > 1:
            draw(size_chart(detail["history"]), with_table=False)
            draw(flow_chart(detail["history"]), with_table=False)
        elif detail["history"]:
            st.info("History starts today: who came and who left is shown from the second day.")
        else:
            st.info("Nobody was counted yet; the next build does it.")
    with bought:
        st.subheader("What they buy")
        show_products(detail)
    show_definition(detail)


def show_products(detail: Answer) -> None:
    """Show the products the members bought."""
    products = detail["top_products"]
    if not products:
        st.info("They have bought nothing yet.")
        return
    frame = in_units(pd.DataFrame(products), ["net_minor"], products[0]["currency"])
    frame["title"] = frame["title"].fillna(frame["product_id"])
    show_frame(frame, PRODUCTS)
    st.caption(f"Value of the lines in {', '.join(sorted(set(frame['currency'])))}, before refunds.")


def show_export(detail: Answer) -> None:
    """Offer the members as a CSV of keyed ids."""
    fetch = partial(write_members, detail["audience_id"], st.session_state["token"])
    st.download_button(
        "Members as CSV", fetch, file_name=f"{detail['name']}.csv", mime="text/csv",
        icon=":material/download:", on_click="ignore", help="Keyed ids; nothing personal is in it.",
    )  # fmt: skip


def write_members(audience_id: str, token: str) -> bytes:
    """Return the members of an audience as CSV."""
    detail = request(INSIGHTS, {"audience": audience_id, "with_members": True}, token)["audience"]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["person_id", "audience", "version"])
    version = detail["versions"][0]["version"]
    writer.writerows([person, detail["name"], version] for person in detail["members"])
    return out.getvalue().encode()


def show_definition(detail: Answer) -> None:
    """Show what an audience asks, and what it asked before."""
    latest = detail["versions"][0]["version"]
    with st.expander(f"Definition, version {latest}", icon=":material/history:"):
        st.code(detail["condition"], language="sql", wrap_lines=True)
        frame = pd.DataFrame(detail["versions"])
        frame["saved_at"] = pd.to_datetime(frame["saved_at"])
        show_frame(frame, VERSIONS)


def show_overlap(insights: Answer) -> None:
    """Show how much of each audience is in each other one."""
    names = {a["audience_id"]: a["name"] for a in sorted(insights["audiences"], key=lambda a: -a["size"])}
    st.subheader("Who is in two at once")
    st.caption("Of the audience at the left, the share also in the one above; the diagonal is its size.")
    if insights["overlap"]:
        draw(overlap_chart(insights["overlap"], names))
    else:
        st.info("Nobody was counted yet; the next build does it.")


def show_basis(insights: Answer) -> None:
    """Show how the profiles behind the audiences are made and how far they can be trusted."""
    st.subheader("What the scores say of themselves")
    titles = {
        "lifecycle": "Lifecycle",
        "propensity": "Propensity",
        "likeness": "Likeness",
        "clusters": "Groups",
    }
    for model in insights["models"]:
        st.markdown(f"**{titles.get(model['model'], model['model'])}.** {model['told']}")
    if insights["clusters"]:
        st.subheader("Groups of persons who behave alike")
        frame = pd.DataFrame(insights["clusters"])
        text = st.column_config.TextColumn
        show_frame(
            frame,
            {
                "name": text("Group", width="medium"),
                "size": number("Persons of the sample", format=COUNT_CELL),
                "description": text("What sets them apart", width="large"),
            },
        )


def show() -> None:
    """Draw the page."""
    st.title("Audiences")
    insights = call(INSIGHTS)
    as_of_on = date.fromisoformat(insights["as_of_on"])
    st.caption(
        f"Everyone who visited, signed up or bought, as of {as_of_on:%-d %B %Y}. Ids are keyed hashes."
    )
    if st.session_state.pop("leave-builder", False):
        address.write("view", "list")
        begin()
    if saved := st.session_state.pop("saved", None):
        st.toast(f"{saved} is saved.", icon=":material/check:")
    show_facts(insights)
    kept = address.read("view", "list")
    st.session_state["audience-view"] = kept if kept in VIEWS else "list"
    st.segmented_control(
        "View", list(VIEWS), format_func=VIEWS.__getitem__, required=True, key="audience-view",
        label_visibility="collapsed",
        on_change=lambda: address.write("view", st.session_state["audience-view"]),
    )  # fmt: skip
    view = st.session_state["audience-view"]
    if view == "build":
        show_builder(insights)
    elif view == "overlap":
        show_overlap(insights)
    elif view == "review":
        show_review()
    elif view == "basis":
        show_basis(insights)
    elif chosen := show_list(insights):
        names = {a["audience_id"]: a["name"] for a in insights["audiences"]}
        show_profile(insights, chosen, names)


show()
