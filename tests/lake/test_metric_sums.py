"""Sums of parts: roll-ups, ratios of sums, any order, one currency, nothing added that does not add up."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake.metrics.definitions import METRICS
from lake.metrics.parts import PARTS
from lake.metrics.sums import Sum, add_sums, amounts_of, sum_of

AMOUNTS = st.one_of(st.none(), st.integers(-(10**15), 10**15))
CHANNELS = st.sampled_from(["google_ads", "meta_ads", "mailchimp"])
WINDOWS = st.sampled_from(["7d_click", "28d_click", None])
ROWS = st.lists(st.tuples(AMOUNTS, CHANNELS, WINDOWS), max_size=25)


def claims(rows):
    return [
        sum_of("claimed_value_minor", amount, {"channel": (c, c), "claim_window": (w, w)})
        for amount, c, w in rows
    ]


@given(ROWS, st.lists(st.integers(0, 3), min_size=25, max_size=25))
def test_a_roll_up_of_groups_equals_the_direct_sum(rows, groups):
    parts = claims(rows)
    grouped = [add_sums(p for p, g in zip(parts, groups, strict=False) if g == n) for n in range(4)]
    assert add_sums(grouped) == add_sums(parts)


@given(ROWS, st.randoms(use_true_random=False))
def test_a_permutation_of_the_rows_changes_nothing(rows, dice):
    parts = claims(rows)
    before = add_sums(parts)
    dice.shuffle(parts)
    assert add_sums(parts) == before
    assert amounts_of({"claimed_value_minor": before}, "EUR") == amounts_of(
        {"claimed_value_minor": add_sums(parts)}, "EUR"
    )


@given(ROWS)
def test_claims_of_unlike_channels_or_windows_are_never_summed(rows):
    known = [(c, w) for amount, c, w in rows if amount is not None]
    windows = {w for _, w in known if w is not None}
    is_mixed = len({c for c, _ in known}) > 1 or len(windows) > 1
    told = amounts_of({"claimed_value_minor": add_sums(claims(rows))}, "EUR")["claimed_value_minor"]
    assert (told is None) == (is_mixed or not known)


@given(st.lists(st.tuples(st.integers(0, 10**13), st.integers(1, 10**13)), min_size=2, max_size=20))
def test_a_metric_is_the_ratio_of_sums_not_the_average_of_ratios(rows):
    sums = {
        "revenue_minor": add_sums(sum_of("revenue_minor", r * 10_000) for r, _ in rows),
        "spend_minor": add_sums(sum_of("spend_minor", s * 10_000) for _, s in rows),
    }
    value = METRICS["roas"].of(amounts_of(sums, "EUR"))
    assert value == float(Fraction(sum(r for r, _ in rows), sum(s for _, s in rows)))


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=50), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_money_is_rounded_once_after_the_sum(micros, currency):
    whole = add_sums(sum_of("spend_minor", amount) for amount in micros)
    unit = {"EUR": 10_000, "JPY": 1_000_000, "KWD": 1_000}[currency]
    told = amounts_of({"spend_minor": whole}, currency)["spend_minor"]
    assert abs(Fraction(told) - Fraction(sum(micros), unit)) <= Fraction(1, 2)


@pytest.mark.parametrize("part", PARTS)
def test_what_no_row_tells_is_zero_or_unknown_as_the_part_says(part):
    assert amounts_of({part: Sum()}, "EUR") == {part: PARTS[part].absent}


def test_a_state_is_added_over_accounts_but_not_over_days():
    days = [sum_of("followers", n, {"day": (d, d)}) for n, d in ((5, 1), (7, 1))]
    assert amounts_of({"followers": add_sums(days)}, "EUR") == {"followers": 12}
    days.append(sum_of("followers", 6, {"day": (2, 2)}))
    assert amounts_of({"followers": add_sums(days)}, "EUR") == {"followers": None}
