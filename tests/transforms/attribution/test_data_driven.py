import numpy as np
import polars as pl
import pytest

from transforms.attribution.data_driven import History, begin_paths, nobody, scale_channels
from transforms.attribution.paths import paths_of

DAYS = 120


def make_paths():
    touches = [["ads", "direct"], ["mail"], ["direct"], ["ads"]] * 50
    ages = [[5.0, 0.0], [1.0], [0.01], [25.0]] * 50
    return paths_of(pl.Series(touches), ages=pl.Series(ages))


def make_history(spend):
    return History(np.full(DAYS, 50.0), spend, np.arange(DAYS) % 7)


def test_parts_of_a_path_are_at_most_one_and_never_negative():
    paths = make_paths()
    parts = begin_paths(paths, 30.0)
    assert parts.min() >= 0
    assert np.add.reduceat(parts, paths.firsts).max() <= 1 + 1e-9


@pytest.mark.parametrize(
    "spend", [{}, {"ads": np.full(DAYS, 9.0)}, {"ads": np.full(DAYS, 9.0), "unseen": np.ones(DAYS)}]
)
def test_channels_and_nobody_share_all_conversions(spend):
    paths = make_paths()
    parts = begin_paths(paths, 30.0)
    factors, left = scale_channels(paths, parts, make_history(spend))
    conversions = paths.total(parts) * factors
    assert conversions.min() >= 0
    assert conversions.sum() + left * len(paths) == pytest.approx(len(paths), rel=0.02)


def test_no_conversions_give_nothing_and_no_error():
    paths = paths_of(pl.Series([["ads"]]), conversions=np.zeros(1), ages=pl.Series([[1.0]]))
    factors, left = scale_channels(paths, begin_paths(paths, 30.0), make_history({"ads": np.ones(DAYS)}))
    assert paths.total(np.zeros(1)).sum() == left == 0
    assert np.isfinite(factors).all()


def test_nobody_bears_the_paths_own_word_for_direct():
    assert nobody(make_paths()) == "direct"
    assert nobody(paths_of(pl.Series([["ads", "(Direct)"]]))) == "(Direct)"
    assert nobody(paths_of(pl.Series([["ads"]]))) == "direct"
