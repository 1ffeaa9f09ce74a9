"""Rules and SQL are two ways to write one condition."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from lake.audiences.condition import read_condition, render
from lake.audiences.fields import BOUGHT, FIELDS
from lake.audiences.rules import OPS, read_rules
from lake.audiences.telling import tell_rules

TREE = {
    "all": [
        {"field": "rfm_segment", "op": "!=", "value": "champions"},
        {
            "any": [
                {"field": "propensity", "op": ">=", "value": 0.5},
                {"not": {"field": "is_known", "op": "=", "value": True}},
            ]
        },
        {"field": "cluster", "op": "not_in", "value": ["1", "b'"]},
        {"field": "bought", "op": "in", "value": ["p1", "p2"]},
        {"field": "bought", "op": "not_in", "value": ["p3"]},
        {"field": "acquired_channel", "op": "contains", "value": "a%b_\\"},
        {"field": "last_order_on", "op": "between", "value": ["2026-01-01", "2026-02-01"]},
        {"field": "orders", "op": "<", "value": -3},
        {"field": "top_product_id", "op": "is_not_empty"},
    ]
}


def test_rules_become_sql_and_the_sql_becomes_the_same_rules():
    sql = render(read_rules(TREE))
    assert sql.startswith("rfm_segment IS DISTINCT FROM 'champions' AND (propensity >= 0.5 OR NOT")
    assert tell_rules(read_condition(sql)) == TREE


@pytest.mark.parametrize(
    ("sql", "rules"),
    [
        ("orders >= 2", {"field": "orders", "op": ">=", "value": 2}),
        ("is_known", {"field": "is_known", "op": "=", "value": True}),
        ("((orders = 1))", {"field": "orders", "op": "=", "value": 1}),
        ("cluster IS NOT NULL", {"field": "cluster", "op": "is_not_empty"}),
        ("cluster IS NULL", {"field": "cluster", "op": "is_empty"}),
        ("visits = orders", None),
        ("revenue_micros / orders > 5", None),
        ("NOT (orders = 1)", None),  # unknown stays unknown here; rules mean otherwise
        ("engagement_band LIKE 'h%'", None),
        ("orders > 1.5", None),
    ],
)
def test_sql_is_told_as_rules_only_where_rules_say_exactly_that(sql, rules):
    assert tell_rules(read_condition(sql)) == rules


@pytest.mark.parametrize(
    ("tree", "because"),
    [
        (
            {"field": "shoe_size", "op": "=", "value": 1},
            "There is no field 'shoe_size'; the fields are person_id",
        ),
        ({"field": "orders", "op": "=", "value": "1; DROP"}, "orders is a count; '1; DROP' is none."),
        ({"field": "orders", "op": "=", "value": True}, "orders is a count"),
        ({"field": "last_order_on", "op": ">", "value": "soon"}, "last_order_on is a day; 'soon' is none."),
        ({"field": "orders", "op": "between", "value": [1]}, "orders between takes two values."),
        ({"field": "orders", "op": "in", "value": 1}, "orders in takes a list of values."),
        ({"field": "orders", "op": "=", "value": [1, 2]}, "orders = takes one value."),
        ({"field": "rfm_segment", "op": ">", "value": "a"}, "rfm_segment cannot be asked >"),
        ({"field": BOUGHT, "op": "=", "value": "p1"}, "bought is asked with in or not_in"),
        ({"all": []}, "Rules are"),
        ({"field": "orders", "op": "LIKE", "value": 1}, "Rules are"),
        ({"field": "orders", "op": "=", "value": 1, "or": "1=1"}, "Rules are"),
        ([1], "Rules are"),
        ({"any": [{"field": "orders", "op": "=", "value": 1}] * 201}, "has 201 rules; 200 are the most"),
    ],
)
def test_rules_that_are_none_are_refused_in_one_sentence(tree, because):
    with pytest.raises(BadInput) as caught:
        read_rules(tree)
    assert because in caught.value.message


def test_rules_nested_too_deep_are_refused():
    tree = {"field": "orders", "op": "=", "value": 1}
    for _ in range(9):
        tree = {"not": tree}
    with pytest.raises(BadInput, match="more than 8 deep"):
        read_rules(tree)


VALUES = {
    "text": st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=12),
    "flag": st.booleans(),
    "day": st.dates().map(str),
    "count": st.integers(-(2**40), 2**40),
    "score": st.integers(1, 5),
    "money": st.integers(0, 2**50),
    "share": st.integers(0, 1000).map(lambda n: n / 1000),
}


@st.composite
def questions(draw):
    field = FIELDS[draw(st.sampled_from(sorted(FIELDS)))]
    op = draw(st.sampled_from(OPS[field.kind]))
    value = VALUES[field.kind]
    if op in {"is_empty", "is_not_empty"}:
        return {"field": field.name, "op": op}
    if op in {"in", "not_in"}:
        return {"field": field.name, "op": op, "value": draw(st.lists(value, min_size=1, max_size=3))}
    if op == "between":
        return {"field": field.name, "op": op, "value": [draw(value), draw(value)]}
    if op == "contains":
        return {"field": field.name, "op": op, "value": draw(value.filter(bool))}
    return {"field": field.name, "op": op, "value": draw(value)}


@given(st.lists(questions(), min_size=2, max_size=4), st.sampled_from(["all", "any"]))
def test_whatever_is_clicked_together_reads_back_from_its_sql(parts, word):
    tree = {word: parts}
    assert tell_rules(read_condition(render(read_rules(tree)))) == tree
