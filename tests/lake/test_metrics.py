"""Ratios over additive parts."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from lake.metrics.definitions import METRICS, find_metric
from lake.metrics.facts import FACTS
from lake.metrics.formula import read_formula
from lake.metrics.metric import Metric
from lake.metrics.parts import PARTS as ALL_PARTS

PARTS = dict.fromkeys(ALL_PARTS, 1) | {
    "spend_minor": 1000, "revenue_minor": 4000, "margin_minor": 1500, "new_customers": 4, "clicks": 50,
    "impressions": 2000, "claimed_conversions": 6.0, "orders": 4, "unique_opens": 30, "sent": 110,
    "hard_bounces": 6, "soft_bounces": 4, "unique_clicks": 10, "engagements": 7, "views": 70,
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("roas", 4.0),
        ("roi", 0.5),
        ("mer", 4.0),
        ("cac", 250.0),
        ("ctr", 0.025),
        ("cpc", 20.0),
        ("cpm", 500.0),
        ("over_claim_ratio", 1.5),
        ("open_rate", 0.3),
        ("click_rate", 0.1),
        ("engagement_rate", 0.1),
        ("gain", 500.0),
        ("bounce_rate", 10 / 110),
        ("returning_order_share", 0.0),
        ("blended_roi", 0.5),
        ("blended_cac", 250.0),
        ("aov", 1000.0),
    ],
)
def test_a_ratio_is_what_its_formula_says(name, value):
    assert METRICS[name].of(PARTS) == pytest.approx(value)


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_a_ratio_is_null_without_a_denominator_or_with_an_unknown_part(metric):
    if metric.denominator:
        assert metric.of({**PARTS, **dict.fromkeys(metric.denominator, 0)}) is None
    for part in metric.parts:
        assert metric.of({**PARTS, part: None}) is None


@given(st.lists(st.tuples(st.integers(0, 10**15), st.integers(1, 10**15)), min_size=1, max_size=20))
def test_the_ratio_of_sums_lies_between_the_ratios_of_its_rows(rows):
    roas = METRICS["roas"]
    single = [roas.of({"revenue_minor": r, "spend_minor": s}) or 0.0 for r, s in rows]
    whole = roas.of({"revenue_minor": sum(r for r, _ in rows), "spend_minor": sum(s for _, s in rows)})
    assert whole is not None
    assert min(single) * (1 - 1e-12) <= whole <= max(single) * (1 + 1e-12)


def test_exact_decimals_and_integers_mix():
    assert METRICS["roas"].of({"revenue_minor": Decimal(3), "spend_minor": 2}) == 1.5


def test_formulas_read_as_people_write_them():
    assert METRICS["roi"].formula == "(margin_minor - spend_minor) / spend_minor"
    assert METRICS["cpm"].formula == "1000 * spend_minor / impressions"


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_a_formula_written_and_read_again_is_the_same(metric):
    found = read_formula(metric.formula)
    assert (found.numerator, found.denominator, found.scale) == (
        dict(metric.numerator), dict(metric.denominator), metric.scale,
    )  # fmt: skip


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_every_metric_can_be_asked_by_day_and_says_what_it_tells(metric):
    assert {"day", "week", "month"} <= set(metric.grains)
    assert bool(metric.dimensions) == (metric.scope != "whole")
    assert metric.description.endswith(".")


def test_every_part_stands_on_a_fact_and_knows_what_it_does_not_add_up_over():
    for part in ALL_PARTS.values():
        assert set(part.columns) <= set(FACTS)
        assert set(part.not_over) <= set(part.grains)
    assert ALL_PARTS["claimed_conversions"].not_over == ("channel", "claim_window")
    assert "day" in ALL_PARTS["reach"].not_over


@pytest.mark.parametrize(
    ("formula", "numerator", "denominator", "scale"),
    [
        ("orders", {"orders": 1}, {}, 1),
        ("margin_minor - spend_minor", {"margin_minor": 1, "spend_minor": -1}, {}, 1),
        ("2 * clicks / impressions", {"clicks": 1}, {"impressions": 1}, 2),
        ("1000*(clicks + 3 * orders)/(sent)", {"clicks": 1, "orders": 3}, {"sent": 1}, 1000),
        ("-orders + 2 * clicks", {"orders": -1, "clicks": 2}, {}, 1),
    ],
)
def test_a_formula_is_read_into_weighted_parts(formula, numerator, denominator, scale):
    found = read_formula(formula)
    assert (found.numerator, found.denominator, found.scale) == (numerator, denominator, scale)


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        ("", "adds up to nothing"),
        ("orders / clicks / sent", "divides more than once"),
        ("orders * clicks", "cannot be read at '* clicks'"),
        ("orders / ", "adds up to nothing"),
        ("profit / spend_minor", "no part 'profit'"),
        ("orders; DROP TABLE x", "cannot be read at '; DROP TABLE x'"),
        ("orders - orders", "adds up to nothing"),
        ("margin_minor - spend_minor / spend_minor", "into brackets"),
        ("99999999 * (orders) / clicks", "between 1 and 1,000,000"),
        ("orders" * 100, "at most 500 characters"),
    ],
)
def test_a_formula_that_is_no_ratio_of_sums_is_told_so(formula, says):
    with pytest.raises(BadInput, match=re.escape(says)):
        read_formula(formula)


@given(st.text(alphabet="orders clicks_minor+-*/() 0123456789", max_size=60))
def test_any_text_is_a_formula_or_a_sentence(text):
    try:
        found = read_formula(text)
    except BadInput:
        return
    metric = Metric("m", "M", found.numerator, found.denominator, "factor", "", found.scale)
    again = read_formula(metric.formula)
    assert (again.numerator, again.denominator, again.scale) == (
        found.numerator, found.denominator, found.scale,
    )  # fmt: skip


def test_a_part_is_a_metric_of_its_own():
    assert find_metric("revenue_minor").of({"revenue_minor": 7}) == 7.0
    with pytest.raises(BadInput, match="no metric 'profit'"):
        find_metric("profit")
