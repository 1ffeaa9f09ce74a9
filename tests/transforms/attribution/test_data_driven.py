import numpy as np
import polars as pl
import pytest

from transforms.attribution.data_driven import History, begin_paths, share_channels
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
def test_channels_share_all_conversions_and_nobodys_go_to_direct(spend):
    paths = make_paths()
    shares = share_channels(paths, begin_paths(paths, 30.0), make_history(spend))
    assert {*paths.channels, *spend} == shares.keys()
    assert min(shares.values()) >= 0
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["direct"] > 0.25  # its own, and a part of what nobody began


def test_no_conversions_give_nothing_and_no_error():
    paths = paths_of(pl.Series([["ads"]]), conversions=np.zeros(1), ages=pl.Series([[1.0]]))
    assert share_channels(paths, begin_paths(paths, 30.0), make_history({"ads": np.ones(DAYS)})) == {
        "ads": 0.0
    }


def test_what_nobody_began_takes_the_paths_own_word_for_direct():
    paths = paths_of(pl.Series([["ads", "(Direct)"]] * 9), ages=pl.Series([[2.0, 1.0]] * 9))
    assert share_channels(paths, np.zeros(18), make_history({})).keys() == {"ads", "(Direct)"}
    unnamed = paths_of(pl.Series([["ads"]] * 9), ages=pl.Series([[2.0]] * 9))
    assert share_channels(unnamed, np.zeros(9), make_history({}))["direct"] == 1.0
