"""Shapley values against the definition over all coalitions, and its axioms."""

import numpy as np
import pytest
from hypothesis import given

from tests.transforms.attribution import brute
from tests.transforms.attribution.brute import rows, table
from transforms.attribution import shapley
from transforms.attribution.models import credit, weigh


def worth_of(given_rows):
    return lambda coalition: sum(row[1] for row in given_rows if row[0] and set(row[0]) <= coalition)


@given(rows)
def test_the_closed_form_equals_the_sum_over_all_coalitions(given_rows):
    paths = table(given_rows)
    expected = brute.shapley(worth_of(given_rows), paths.channels)
    found = credit(paths, ["shapley"])["shapley"].conversions
    assert dict(zip(paths.channels, found, strict=True)) == pytest.approx(expected, abs=1e-9)


@given(rows)
def test_touches_weighed_and_added_are_the_totals(given_rows):
    paths = table(given_rows)
    parts = weigh(paths, "shapley")
    assert paths.total(parts * paths.spread(paths.conversions)) == pytest.approx(
        credit(paths, ["shapley"])["shapley"].conversions, abs=1e-9
    )


@given(rows)
def test_sets_held_as_pairs_give_what_bits_give(given_rows):
    paths = table(given_rows)
    bits = shapley.sets_of(paths).share_out(paths.conversions)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shapley, "MOST_BITS", 0)
        assert shapley.sets_of(paths).share_out(paths.conversions) == pytest.approx(bits, abs=1e-9)


def test_more_channels_than_bits_lose_nothing():
    random = np.random.default_rng(1)
    given_rows = [([f"c{n}" for n in random.integers(0, 300, 8)], 2, 5, 1) for _ in range(2_000)]
    found = credit(table(given_rows), ["shapley"])["shapley"]
    assert abs(found.conversions.sum() - 4_000) < 1e-9
    assert abs(found.value.sum() - 10_000) < 1e-9


def test_channels_that_do_the_same_get_the_same_and_one_that_does_nothing_gets_nothing():
    paths = table([(["a", "b"], 5, 0, 0), (["a"], 2, 0, 0), (["b"], 2, 0, 0), (["idle", "a"], 0, 0, 9)])
    won = dict(zip(paths.channels, credit(paths, ["shapley"])["shapley"].conversions, strict=True))
    assert won == {"a": 4.5, "b": 4.5, "idle": 0.0}
