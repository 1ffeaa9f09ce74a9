"""What holds of every model, whatever the paths."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from tests.transforms.attribution.brute import CHANNELS, rows, table
from transforms.attribution.models import MODELS, Rules, credit, weigh
from transforms.attribution.paths import paths_of

orders = st.integers(1, 3)


@given(rows, orders, st.booleans())
def test_the_parts_of_every_path_sum_to_one(given_rows, order, nulls):
    paths = table(given_rows)
    for model in MODELS:
        parts = weigh(paths, model, Rules(order, has_nulls=nulls))
        assert (parts >= 0).all()
        sums = np.bincount(paths.owners, weights=parts, minlength=len(paths))
        assert sums[paths.is_filled] == pytest.approx(1.0, abs=1e-12)


@given(rows, orders, st.booleans())
def test_nothing_is_lost_and_nothing_is_no_number(given_rows, order, nulls):
    paths = table(given_rows)
    won = sum(row[1] for row in given_rows if row[0])
    for model, given_credit in credit(paths, MODELS, Rules(order, has_nulls=nulls)).items():
        assert given_credit.conversions.sum() == pytest.approx(won, abs=1e-9), model
        assert np.isfinite(given_credit.value).all()
        assert np.isfinite(given_credit.share).all()
        if won:
            value = sum(row[2] for row in given_rows if row[0])
            assert given_credit.value.sum() == pytest.approx(value, abs=1e-9), model


@given(rows, orders, st.randoms())
def test_the_order_of_rows_changes_nothing(given_rows, order, random):
    shuffled = random.sample(given_rows, len(given_rows))
    same(credit(table(given_rows), MODELS, Rules(order)), credit(table(shuffled), MODELS, Rules(order)))


@given(rows, orders)
def test_a_row_may_be_split_in_two(given_rows, order):
    halves = [(row[0], row[1] / 2, row[2] / 2, row[3] / 2) for row in given_rows for _ in range(2)]
    same(credit(table(given_rows), MODELS, Rules(order)), credit(table(halves), MODELS, Rules(order)))


@given(rows, orders, st.integers(2, 9))
def test_ten_times_the_people_get_ten_times_the_credit(given_rows, order, times):
    more = [(row[0], row[1] * times, row[2] * times, row[3] * times) for row in given_rows]
    once, often = (credit(table(some), MODELS, Rules(order)) for some in (given_rows, more))
    for model in MODELS:
        assert often[model].conversions == pytest.approx(once[model].conversions * times, abs=1e-8)
        assert often[model].share == pytest.approx(once[model].share, abs=1e-10)


@given(rows)
def test_two_names_of_one_channel_add_up_where_a_touch_is_a_touch(given_rows):
    one_name = [(["ads" if c == "mail" else c for c in row[0]], *row[1:]) for row in given_rows]
    apart, together = table(given_rows), table(one_name)
    for model in ("first", "last", "linear", "position", "time_decay"):
        two = dict(zip(apart.channels, credit(apart, [model])[model].conversions, strict=True))
        one = dict(zip(together.channels, credit(together, [model])[model].conversions, strict=True))
        assert one.get("ads", 0) == pytest.approx(two.get("ads", 0) + two.get("mail", 0), abs=1e-9)


@given(rows, st.permutations(CHANNELS), orders)
def test_a_channel_is_credited_whatever_it_is_called(given_rows, names, order):
    new = dict(zip(CHANNELS, (f"x {name}" for name in names), strict=True))
    renamed = [([new[c] for c in row[0]], *row[1:]) for row in given_rows]
    before, after = table(given_rows), table(renamed)
    for model in ("first", "linear", "markov", "shapley"):
        old = dict(
            zip(before.channels, credit(before, [model], Rules(order))[model].conversions, strict=True)
        )
        now = dict(zip(after.channels, credit(after, [model], Rules(order))[model].conversions, strict=True))
        assert {new[name]: won for name, won in old.items()} == pytest.approx(now, abs=1e-9)


def same(one, other):
    for model in MODELS:
        for column in ("conversions", "value", "share"):
            assert getattr(one[model], column) == pytest.approx(getattr(other[model], column), abs=1e-9)


def test_no_conversion_anywhere_is_zeros():
    paths = table([(["ads", "mail"], 0, 0, 5), (["mail"], 0, 0, 0)])
    for given_credit in credit(paths).values():
        assert given_credit.conversions.tolist() == given_credit.share.tolist() == [0.0, 0.0]


def test_a_table_without_any_touch_has_no_channels():
    paths = paths_of(pl.Series([[], None], dtype=pl.List(pl.String)))
    assert paths.channels == ()
    for order in (1, 2, 3):
        assert all(len(given.conversions) == 0 for given in credit(paths, MODELS, Rules(order)).values())


def test_an_unknown_model_is_refused_with_those_there_are():
    with pytest.raises(BadInput, match="uplift.*markov"):
        credit(table([(["ads"], 1, 0, 0)]), ["uplift"])


@pytest.mark.parametrize(
    "rules", [{"order": 0}, {"order": 4}, {"half_life_days": 0}, {"half_life_days": float("nan")}]
)
def test_rules_that_mean_nothing_are_refused(rules):
    with pytest.raises(BadInput, match=r"order|half-life"):
        Rules(**rules)


def test_a_model_named_twice_credits_once():
    paths = table([(["ads", "mail"], 3, 30, 1)])
    once, twice = credit(paths, ["linear"]), credit(paths, ["linear", "linear"])
    assert twice["linear"].conversions.tolist() == once["linear"].conversions.tolist() == [1.5, 1.5]
