"""Rules as a person clicks them together: one line a rule, all or any of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import streamlit as st

OPERATORS = {
    "=": "is",
    "!=": "is not",
    ">": "is more than",
    ">=": "is at least",
    "<": "is less than",
    "<=": "is at most",
    "in": "is one of",
    "not_in": "is none of",
    "between": "is between",
    "contains": "contains",
    "is_empty": "is empty",
    "is_not_empty": "is not empty",
}
MATCH = {"all": "All of these", "any": "Any of these"}
LINES = "rule-lines"
MICROS = 1_000_000
WITHOUT_VALUE = {"is_empty", "is_not_empty"}
LISTS = {"in", "not_in"}
Fields = Mapping[str, Mapping[str, Any]]
Rule = dict[str, Any]


def load_rules(rules: Rule | None) -> bool:
    """Put rules into the builder; tell whether it can show them: one list of plain rules."""
    word = next((w for w in MATCH if rules and w in rules), None)
    lines = rules[word] if rules and word else [rules] if rules else [_fresh()]
    if not all("field" in line for line in lines):
        return False
    number = st.session_state.get("rule-number", 0)
    st.session_state[LINES] = [{**line, "key": number + n} for n, line in enumerate(lines)]
    st.session_state["rule-number"] = number + len(lines)
    st.session_state["rule-match"] = word or "all"
    return True


def build_rules(fields: Fields) -> Rule:
    """Draw the builder and return the tree as it stands."""
    if LINES not in st.session_state:
        load_rules(None)
    st.session_state.setdefault("rule-match", "all")
    match = st.segmented_control(
        "Who meets", list(MATCH), format_func=MATCH.__getitem__, key="rule-match", required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    lines: list[Rule] = st.session_state[LINES]
    tests = [_draw_line(line, fields, can_go=len(lines) > 1) for line in lines]
    st.button("Add a rule", icon=":material/add:", type="tertiary", on_click=_add, key="rule-add")
    return {match or "all": tests}


def _fresh() -> Rule:
    return {"field": "lifecycle_stage", "op": "in", "value": ["active"]}


def _add() -> None:
    number = st.session_state["rule-number"]
    st.session_state[LINES].append({**_fresh(), "key": number})
    st.session_state["rule-number"] = number + 1


def _draw_line(line: Rule, fields: Fields, *, can_go: bool) -> Rule:
    key = line["key"]
    names = list(fields)
    what, how, value, go = st.columns([3, 2, 4, 0.5], vertical_alignment="bottom")
    name = what.selectbox(
        "Field", names, index=names.index(line["field"]), key=f"field-{key}",
        format_func=lambda n: fields[n]["title"], label_visibility="collapsed",
    )  # fmt: skip
    field = fields[name]
    operators = field["operators"]
    was = line["op"] if name == line["field"] and line["op"] in operators else operators[0]
    op = how.selectbox(
        "Operator", operators, index=operators.index(was), key=f"op-{key}-{name}",
        format_func=OPERATORS.__getitem__, label_visibility="collapsed",
    )  # fmt: skip
    same = name == line["field"] and op == line["op"]
    with value:
        asked = _draw_value(field, op, line.get("value") if same else None, f"value-{key}-{name}-{op}")
    go.button(
        "", icon=":material/close:", key=f"go-{key}", type="tertiary", disabled=not can_go, help="Remove",
        on_click=lambda: st.session_state[LINES].remove(line),
    )  # fmt: skip
    rule = {"field": name, "op": op}
    return rule if op in WITHOUT_VALUE else {**rule, "value": asked}


def _draw_value(field: Mapping[str, Any], op: str, value: Any, key: str) -> Any:
    if op in WITHOUT_VALUE:
        return None
    if op == "between":
        low, high = st.columns(2)
        given = value if isinstance(value, list) else [None, None]
        with low:
            first = _draw_one(field, given[0], f"{key}-low")
        with high:
            last = _draw_one(field, given[1], f"{key}-high")
        return [first, last]
    if op in LISTS:
        return _draw_list(field, value, key)
    return _draw_one(field, value, key)


def _draw_list(field: Mapping[str, Any], value: Any, key: str) -> list[Any]:
    labels = dict(zip(field["values"], field["labels"], strict=True))
    if field["kind"] in {"count", "score"}:
        chosen = st.multiselect("Values", range(101), value or [1], key=key, label_visibility="collapsed")
        return list(chosen)
    given = [v for v in value or list(labels)[:1] if v in labels or not labels]
    return list(
        st.multiselect(
            "Values",
            list(labels),
            given,
            key=key,
            format_func=lambda v: labels.get(v, v),
            accept_new_options=not labels,
            label_visibility="collapsed",
        )
    )


def _draw_one(field: Mapping[str, Any], value: Any, key: str) -> Any:
    kind = field["kind"]
    hidden: Any = {"label_visibility": "collapsed", "key": key}
    if kind == "flag":
        return st.selectbox(
            "Value", [True, False], index=0 if value is None or value else 1,
            format_func=lambda v: "yes" if v else "no", **hidden,
        )  # fmt: skip
    if kind == "day":
        day = date.fromisoformat(value) if value else "today"
        picked = st.date_input("Value", day, **hidden)
        return picked.isoformat() if isinstance(picked, date) else None
    if kind == "money":
        amount = st.number_input("Value", min_value=0.0, value=(value or 0) / MICROS, step=10.0, **hidden)
        return round(amount * MICROS)
    if kind == "share":
        return st.number_input("Value", 0.0, 1.0, 0.5 if value is None else float(value), 0.05, **hidden)
    if kind in {"count", "score"}:
        return int(st.number_input("Value", value=1 if value is None else int(value), step=1, **hidden))
    if field["values"]:
        labels = dict(zip(field["values"], field["labels"], strict=True))
        known = list(labels)
        index = known.index(value) if value in labels else 0
        return st.selectbox("Value", known, index=index, format_func=labels.__getitem__, **hidden)
    return st.text_input("Value", value or "", **hidden)
