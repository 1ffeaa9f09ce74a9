"""Makes an audience or changes one: by rules or SQL, with who that would be beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app import address
from app.audience_charts import composition_chart
from app.client import ApiRefused, call, change
from app.rule_builder import build_rules, load_rules
from app.show import draw

INSIGHTS = "analytics.getAudienceInsights"
TABLE = "audience_definition"
Answer = dict[str, Any]


def tell(sentences: list[str]) -> None:
    """Show sentences as a list."""
    st.markdown("\n".join(f"- {sentence}" for sentence in sentences))


def edit(detail: Answer) -> None:
    """Open a definition in the builder: as rules where it is a plain list of them, else as SQL."""
    st.session_state["editing"] = {key: detail[key] for key in ("audience_id", "name", "versions")}
    st.session_state["draft-name"] = detail["name"]
    st.session_state["draft-description"] = detail["description"]
    st.session_state["draft-sql"] = detail["condition"]
    fits = not detail["is_sql"] and load_rules(detail["rules"])
    st.session_state["draft-kind"] = "rules" if fits else "sql"
    address.write("view", "build")


def begin() -> None:
    """Empty the builder."""
    for key in ("editing", "draft-name", "draft-description", "draft-sql"):
        st.session_state.pop(key, None)
    load_rules(None)


def show_builder(told: Answer) -> None:
    """Show the builder: name, rules or SQL, and beside it who that would be."""
    fields = {field["name"]: field for field in call(INSIGHTS, with_fields=True)["fields"]}
    editing = st.session_state.get("editing")
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader(f"Change {editing['name']}" if editing else "A new audience")
        name = st.text_input("Name", key="draft-name", max_chars=80, placeholder="Loyal in summer")
        description = st.text_input("What it is for", key="draft-description", max_chars=500)
        st.session_state.setdefault("draft-kind", "rules")
        kind = st.segmented_control(
            "Kind", ["rules", "sql"], key="draft-kind", required=True,
            format_func={"rules": "Rules", "sql": "SQL"}.__getitem__, label_visibility="collapsed",
        )  # fmt: skip
        draft: Answer = {"rules": build_rules(fields)} if kind == "rules" else {"sql": write_sql(fields)}
    with right:
        detail = show_preview(draft, told)
    with left, st.container(horizontal=True):
        values = {"name": name, "description": description, "rules": None, "sql": None, **draft}
        can_save = detail is not None and bool(name.strip())
        if st.button("Save", type="primary", icon=":material/save:", disabled=not can_save):
            save(values, editing)
        if editing:
            st.button("Begin a new one", type="tertiary", on_click=begin)


def write_sql(fields: Mapping[str, Mapping[str, Any]]) -> str:
    """Draw the SQL box and return what is in it."""
    sql = st.text_area(
        "Condition", key="draft-sql", height=140, placeholder="orders >= 2 AND days_since_order > 60",
        help="A WHERE clause over person_profile, or SELECT person_id FROM person_profile WHERE …",
    )  # fmt: skip
    with st.expander("Columns"):
        st.dataframe(
            pd.DataFrame(list(fields.values()))[["name", "kind", "meaning"]], hide_index=True, width="stretch"
        )
    return sql


def show_preview(draft: Answer, told: Answer) -> Answer | None:
    """Show who a definition would be, or why it cannot be asked; return what was found."""
    if not any(draft.values()):
        st.info("Write a condition to see who that is.")
        return None
    try:
        detail: Answer = call(INSIGHTS, preview=draft)["audience"]
    except ApiRefused as refusal:
        st.warning(str(refusal))
        return None
    share = f"{detail['share'] or 0:.1%} of everyone"
    st.metric("Persons now", f"{detail['size']:,}", share, delta_color="off", delta_arrow="off", border=True)
    tell(detail["told"])
    if "rules" in draft:
        st.caption("The same as SQL")
        st.code(detail["condition"], language="sql", wrap_lines=True)
    elif detail["rules"]:
        st.caption("Rules can say the same.")
    else:
        st.caption("This says more than rules can; it stays SQL.")
    clusters = {c["cluster"]: c["name"] for c in told["clusters"]}
    stages = [s for s in detail["composition"] if s["part"] == "lifecycle_stage"]
    draw(composition_chart(stages, clusters), with_table=False)
    return detail


def save(values: Answer, editing: Answer | None) -> None:
    """Keep the draft as a new audience or a new version, and open it in the list."""
    try:
        if editing:
            known = {"id": editing["audience_id"], "version": editing["versions"][0]["version"]}
            row = change("db.update", table=TABLE, **known, values=values)
        else:
            row = change("db.insert", table=TABLE, values=values)
    except ApiRefused as refusal:
        st.error(str(refusal))
        return
    st.session_state["saved"] = values["name"]
    st.session_state["leave-builder"] = True
    address.write("audience", str(row["id"]))
    st.rerun()
