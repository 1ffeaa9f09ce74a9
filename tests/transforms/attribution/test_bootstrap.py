"""Intervals hold what they promise."""

import numpy as np
import pytest

from core.errors import BadInput
from tests.transforms.attribution.brute import table
from transforms.attribution.bootstrap import find_interval
from transforms.attribution.models import Rules, credit

PATHS = [(["a", "b"], 300, 0, 400), (["b", "c", "a"], 200, 0, 100), (["c"], 50, 0, 600), (["a"], 40, 0, 90)]


@pytest.mark.parametrize("model", ["markov", "shapley"])
def test_the_interval_lies_about_the_credit(model):
    paths = table(PATHS)
    won = credit(paths, [model])[model].conversions
    found = find_interval(paths, model, draws=100)
    assert (found.low < won).all()
    assert (won < found.high).all()
    assert (found.high - found.low < 0.4 * won).all()


def test_the_same_seed_gives_the_same_interval():
    paths = table(PATHS)
    one, two = (find_interval(paths, "markov", Rules(order=2), draws=20, seed=4) for _ in range(2))
    assert one.low.tolist() == two.low.tolist()
    assert one.low.tolist() != find_interval(paths, "markov", Rules(order=2), draws=20, seed=5).low.tolist()


def test_four_times_the_people_halve_the_interval():
    few, many = (
        find_interval(table([(t, w * n, v, x * n) for t, w, v, x in PATHS]), "shapley", draws=400)
        for n in (1, 4)
    )
    widths = [(found.high - found.low) / n for found, n in ((few, 1), (many, 4))]
    assert widths[1] / widths[0] == pytest.approx(0.5, abs=0.1)


def test_shapley_of_one_channel_is_as_wide_as_a_count():
    found = find_interval(table([(["a"], 10_000, 0, 0)]), "shapley", draws=2_000, level=0.95)
    assert (found.high - found.low)[0] == pytest.approx(2 * 1.96 * 100, rel=0.1)


def test_in_nine_of_ten_samples_the_truth_lies_inside():
    random = np.random.default_rng(8)
    truth = credit(table(PATHS), ["markov"])["markov"].conversions
    inside = []
    for number in range(60):
        drawn = [(t, int(random.poisson(w)), 0, int(random.poisson(x))) for t, w, _, x in PATHS]
        found = find_interval(table(drawn), "markov", draws=80, seed=number)
        inside.append((found.low <= truth) & (truth <= found.high))
    assert 0.8 < np.mean(inside) < 0.98


def test_an_unknown_model_has_no_interval():
    with pytest.raises(BadInput, match="liner"):
        find_interval(table(PATHS), "liner")


def test_a_rule_of_thumb_has_the_interval_of_a_count():
    found = find_interval(table([(["a"], 400, 0, 0), (["b"], 600, 0, 0)]), "linear", draws=4_000)
    assert found.high - found.low == pytest.approx(2 * 1.645 * np.sqrt([400, 600]), rel=0.05)
    by_share = 2 * 1.645 * np.sqrt(0.4 * 0.6 / 1000)
    assert found.share_high - found.share_low == pytest.approx([by_share, by_share], rel=0.05)
