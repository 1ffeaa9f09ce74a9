"""Review of matched records: two records side by side, to be merged, kept apart or decided anew."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import streamlit as st

from app.client import ApiRefused, forget, request

TABLE = "person_pair"
MOST = 100
VIEWS = {"proposed": "To review", "merged": "Merged", "apart": "Kept apart"}
COUNTS = "SELECT decision, count(*) FROM state.person_pair GROUP BY decision"
# The pairs most in doubt first: there a decision is worth most.
PAIRS = (
    "SELECT id, version, source, record::text, other_record::text, probability FROM state.person_pair"
    f" WHERE decision = '{{}}' ORDER BY abs(probability - 0.5), id LIMIT {MOST}"
)
# What a person may do with a pair as it is now: the button and the decision it makes.
CHOICES = {
    "proposed": (("One person: merge", "merged"), ("Two persons: keep apart", "apart")),
    "merged": (("Un-merge: two persons", "apart"), ("Back to review", "proposed")),
    "apart": (("One person: merge", "merged"), ("Back to review", "proposed")),
}
Pair = dict[str, Any]


def show_review() -> None:
    """Show the pairs of one state, one at a time, with what can be decided."""
    st.subheader("Records that may be one person")
    counts = dict(_ask(COUNTS))
    if not counts:
        st.info("No records were matched yet; run `spreaders identity match FILE --home HOME`.")
        return
    shown = st.segmented_control(
        "State", list(VIEWS), key="review-state", default="proposed", required=True,
        format_func=lambda state: f"{VIEWS[state]} ({counts.get(state, 0)})", label_visibility="collapsed",
    )  # fmt: skip
    pairs = [_pair(row) for row in _ask(PAIRS.format(shown))]
    if not pairs:
        st.info("No pair is in this state.")
        return
    names = {pair["id"]: _name(pair) for pair in pairs}
    chosen = st.selectbox("Pair", list(names), format_func=names.__getitem__, key=f"review-{shown}")
    pair = next((pair for pair in pairs if pair["id"] == chosen), pairs[0])
    _show_pair(pair)
    with st.container(horizontal=True):
        for number, (label, decision) in enumerate(CHOICES[shown]):
            st.button(
                label, on_click=decide, args=(pair, decision), type="primary" if number == 0 else "secondary"
            )
    if failure := st.session_state.pop("review-failure", None):
        st.error(failure)
    st.caption(
        "From the next build on, a decision joins or parts the persons behind the two e-mail addresses. "
        "Records without an address, or with one and the same, change nothing in the lake."
    )


def decide(pair: Pair, decision: str) -> None:
    """Keep a decision; a refusal is shown with the pair."""
    change = {"table": TABLE, "id": pair["id"], "version": pair["version"], "values": {"decision": decision}}
    try:
        request("db.update", change, st.session_state["token"])
    except ApiRefused as refusal:
        st.session_state["review-failure"] = str(refusal)
    forget()


def _show_pair(pair: Pair) -> None:
    rows = [
        {"": column, "Record": value, "Other record": pair["other"].get(column), "Same": _mark(pair, column)}
        for column, value in pair["record"].items()
    ]
    st.metric("Probability of one person", f"{pair['probability']:.0%}")
    st.dataframe(pd.DataFrame(rows), hide_index=True)
    st.caption(f"From {pair['source']}.")


def _mark(pair: Pair, column: str) -> str:
    one, other = pair["record"][column], pair["other"].get(column)
    return "" if one is None or other is None else "yes" if one == other else "no"


def _name(pair: Pair) -> str:
    told = [
        " ".join(value for value in record.values() if value)[:40]
        for record in (pair["record"], pair["other"])
    ]
    return f"{pair['probability']:.0%}  {told[0]} / {told[1]}"


def _pair(row: list[Any]) -> Pair:
    record, other = json.loads(row[3]), json.loads(row[4])
    return {
        "id": row[0], "version": row[1], "source": row[2],
        "record": record, "other": other, "probability": row[5],
    }  # fmt: skip


def _ask(statement: str) -> list[list[Any]]:
    rows: list[list[Any]] = request("db.query", {"statement": statement}, st.session_state["token"])["rows"]
    return rows
