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

from app.audience_builder import INSIGHTS, begin, edit, show_builder, tell
from app.audience_charts import composition_chart, flow_chart, overlap_chart, size_chart
from app.client import call, request
from app.identity_review import show_review
from app.look import COUNT_CELL, MONEY_CELL, SHARE_CELL, in_units, show_frame

PARTS = {
    "lifecycle_stage": "Lifecycle stage",
    "rfm_segment": "RFM segment",
    "acquired_channel": "Came through",
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
    "name": st.column_config.TextColumn("Audience", width="medium"),
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


def show_cards(told: Answer) -> None:
    """Show how many people there are and how far they are."""
    stages = {s["name"]: s["members"] for s in told["everyone"] if s["part"] == "lifecycle_stage"}
    customers = sum(stages.get(stage, 0) for stage in CUSTOMERS)
    cards = (
        ("Persons", told["persons"], None),
        ("Customers", customers, "Persons with an order."),
        ("Active or new", sum(stages.get(s, 0) for s in ("new", "active", "won_back")), "Not overdue."),
        ("At risk", stages.get("at_risk", 0), "Overdue by the shop's own rhythm, not yet lapsed."),
    )
    for column, (title, value, about) in zip(st.columns(len(cards)), cards, strict=True):
        share = f"{value / told['persons']:.0%} of everyone" if title != "Persons" else None
        column.metric(
            title,
            f"{value:,}",
            share,
            delta_color="off",
            delta_arrow="off",
            help=about,
            border=True,
            height="stretch",
        )


def show_list(told: Answer) -> str | None:
    """Show every audience with its trend; return the id of the one chosen, the largest at first."""
    rows = sorted(told["audiences"], key=lambda a: -a["size"])
    if not rows:
        st.info("There are no audiences yet; make one under Build.")
        return None
    frame = pd.DataFrame(rows)
    frame["sizes"] = [[day["size"] for day in row["trend"]] for row in rows]
    frame["size"] = frame["size"].where(frame["is_counted"])
    st.caption("Click a row to see who they are.")
    chosen = show_frame(frame, LISTED, key="audience-list", on_select="rerun", selection_mode="single-cell")
    if not all(row["is_counted"] for row in rows):
        st.caption("A new audience is counted with the next build; Build shows its size at once.")
    index = chosen.selection.cells[0][0] if chosen.selection.cells else 0
    found: str = rows[index]["audience_id"]
    return found


def show_profile(told: Answer, audience_id: str, others: Mapping[str, str]) -> None:
    """Show one audience: what sets it apart, what it is made of, how it changed, what they buy."""
    title = st.container(horizontal=True, vertical_alignment="center")
    compared = st.session_state.get("compare-with")
    beside = compared if compared != audience_id else None
    answer = call(INSIGHTS, audience=audience_id, compare=beside)
    detail = answer["audience"]
    clusters = {c["cluster"]: c["name"] for c in told["clusters"]}
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
        st.altair_chart(composition_chart([s for s in detail["composition"] if s["part"] == part], clusters))
    history, bought = st.columns(2, gap="large")
    with history:
        st.subheader("Came and left")
        if detail["history"]:
            st.altair_chart(size_chart(detail["history"]))
            st.altair_chart(flow_chart(detail["history"]))
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


def show_overlap(told: Answer) -> None:
    """Show how much of each audience is in each other one."""
    names = {a["audience_id"]: a["name"] for a in sorted(told["audiences"], key=lambda a: -a["size"])}
    st.subheader("Who is in two at once")
    st.caption("Of the audience at the left, the share that is in the one above too; in grey, its persons.")
    if told["overlap"]:
        st.altair_chart(overlap_chart(told["overlap"], names))
    else:
        st.info("Nobody was counted yet; the next build does it.")


def show_basis(told: Answer) -> None:
    """Show how the profiles behind the audiences are made and how far they can be trusted."""
    st.subheader("What the scores say of themselves")
    titles = {
        "lifecycle": "Lifecycle",
        "propensity": "Propensity",
        "likeness": "Likeness",
        "clusters": "Groups",
    }
    for model in told["models"]:
        st.markdown(f"**{titles.get(model['model'], model['model'])}.** {model['told']}")
    if told["clusters"]:
        st.subheader("Groups of persons who behave alike")
        frame = pd.DataFrame(told["clusters"])
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
    told = call(INSIGHTS)
    as_of_on = date.fromisoformat(told["as_of_on"])
    st.caption(
        f"Everyone who visited, signed up or bought, as of {as_of_on:%-d %B %Y}. Ids are keyed hashes."
    )
    if st.session_state.pop("leave-builder", False):
        st.session_state["view"] = "list"
        begin()
    if saved := st.session_state.pop("saved", None):
        st.toast(f"{saved} is saved.", icon=":material/check:")
    show_cards(told)
    st.session_state.setdefault("view", "list")
    view = st.segmented_control(
        "View", list(VIEWS), format_func=VIEWS.__getitem__, required=True, key="view",
        label_visibility="collapsed",
    )  # fmt: skip
    if view == "build":
        show_builder(told)
    elif view == "overlap":
        show_overlap(told)
    elif view == "review":
        show_review()
    elif view == "basis":
        show_basis(told)
    elif chosen := show_list(told):
        names = {a["audience_id"]: a["name"] for a in told["audiences"]}
        show_profile(told, chosen, names)


show()
