"""Worked examples others have published come out to the printed digit."""

from dataclasses import replace

import numpy as np
import pytest

from tests.transforms.attribution.brute import table
from transforms.attribution.models import credit, find_removal, weigh


def by_channel(paths, column):
    return dict(zip(paths.channels, column.tolist(), strict=True))


def test_three_channels_of_which_the_first_matters_half():
    paths = table([(["C1", "C2", "C3"], 1, 0, 0), (["C1"], 0, 0, 1), (["C2", "C3"], 0, 0, 1)])
    removal = find_removal(paths)
    assert removal.probability == pytest.approx(1 / 3, abs=1e-15)
    assert by_channel(paths, removal.conversions) == pytest.approx({"C1": 0.5, "C2": 1.0, "C3": 1.0})
    won = credit(paths, ["markov"])["markov"].conversions
    assert by_channel(paths, won) == pytest.approx({"C1": 0.2, "C2": 0.4, "C3": 0.4}, abs=1e-12)


def test_two_channels_with_one_path_that_failed():
    paths = table([(["google ads"], 2, 0, 1), (["mailing"], 1, 0, 0), (["google ads", "mailing"], 1, 0, 0)])
    removal = find_removal(paths)
    assert removal.probability == 0.8
    assert by_channel(paths, removal.conversions) == pytest.approx({"google ads": 0.75, "mailing": 0.5})
    won = credit(paths, ["markov"])["markov"].conversions
    assert by_channel(paths, won) == pytest.approx({"google ads": 2.4, "mailing": 1.6}, abs=1e-12)


@pytest.mark.parametrize(
    ("ratios", "expected"),
    [
        (
            {"F": 0.2, "O": 0.1, "L": 0.17, "OF": 0.17, "FL": 0.3, "LO": 0.0, "FLO": 0.06},
            {"F": 0.455, "O": 0.205, "L": 0.340},
        ),
        (
            {"F": 0.18, "G": 0.04, "L": 0.08, "FG": 0.10, "FL": 0.26, "GL": 0.07, "FGL": 0.27},
            {"F": 0.450, "G": 0.215, "L": 0.335},
        ),
    ],
)
def test_shapley_of_coalition_ratios(ratios, expected):
    paths = table([(list(coalition), ratio, 0, 0) for coalition, ratio in ratios.items()])
    won = credit(paths, ["shapley"])["shapley"].conversions
    assert by_channel(paths, won) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("model", "touches", "expected"),
    [
        ("position", 3, [56, 28, 56]),
        ("position", 2, [70, 70]),
        ("position", 1, [140]),
        ("position", 5, [56, 28 / 3, 28 / 3, 28 / 3, 56]),
        ("linear", 3, [140 / 3] * 3),
    ],
)
def test_value_of_140_by_place(model, touches, expected):
    names = [f"C{n}" for n in range(touches)]
    paths = table([(names, 1, 140, 0)])
    assert credit(paths, [model])[model].value == pytest.approx(expected, abs=1e-12)
    assert weigh(paths, model) * 140 == pytest.approx(expected, abs=1e-12)


def test_time_decay_halves_with_every_half_life_where_ages_are_known():
    paths = table([(["a", "b", "c"], 1, 0, 0)])
    aged = replace(paths, ages=np.array([14.0, 7.0, 0.0]))
    assert weigh(aged, "time_decay") == pytest.approx([1 / 7, 2 / 7, 4 / 7])


def test_time_decay_takes_a_touch_for_a_day_where_no_ages_are_known():
    paths = table([(["a", "b", "c"], 1, 0, 0)])
    parts = np.array([0.5 ** (2 / 7), 0.5 ** (1 / 7), 1.0])
    assert weigh(paths, "time_decay") == pytest.approx(parts / parts.sum())


@pytest.mark.parametrize(
    "name", ["direct", "(direct)", "Direct", "(Direct) / (None)", "direct / none", "DIRECT TRAFFIC"]
)
def test_the_last_touch_that_is_not_direct_gets_all(name):
    paths = table([(["mail", "ads", name, name], 3, 0, 0), ([name, name], 2, 0, 0)])
    won = by_channel(paths, credit(paths, ["last_non_direct"])["last_non_direct"].conversions)
    assert won == {"ads": 3.0, "mail": 0.0, name: 2.0}


@pytest.mark.parametrize("name", ["direct mail", "Redirect", "indirect", "(none)"])
def test_a_channel_that_only_sounds_direct_keeps_its_credit(name):
    paths = table([(["mail", name], 3, 0, 0)])
    won = by_channel(paths, credit(paths, ["last_non_direct"])["last_non_direct"].conversions)
    assert won[name] == 3.0
