"""Ratios over additive parts."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake.metrics.definitions import METRICS

PARTS = {
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
    ],
)
def test_a_ratio_is_what_its_formula_says(name, value):
    assert METRICS[name].of(PARTS) == pytest.approx(value)


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_a_ratio_is_null_without_a_denominator_or_with_an_unknown_part(metric):
    assert metric.of({**PARTS, **dict.fromkeys(metric.denominator, 0)}) is None
    for part in (*metric.numerator, *metric.denominator):
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
