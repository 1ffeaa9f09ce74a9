import numpy as np
import polars as pl
import pytest

from core.errors import BadInput
from transforms.attribution.belonging import find_beginnings, find_belonging
from transforms.attribution.paths import paths_of

WINDOW = 30.0


def make_paths(touches, ages):
    return paths_of(
        pl.Series(touches, dtype=pl.List(pl.String)), ages=pl.Series(ages, dtype=pl.List(pl.Float64))
    )


def chance_and_cause(people, seed=3):
    """Ads seen at any time by everybody; a search an hour before each purchase."""
    random = np.random.default_rng(seed)
    seen = np.sort(random.uniform(0, WINDOW, (people, 3)))[:, ::-1]
    touches = [["ad", "ad", "ad", "search"]] * people
    return make_paths(touches, [[*row, 0.04] for row in seen.tolist()])


def test_touches_that_come_at_any_time_are_chance_and_those_just_before_belong():
    paths = chance_and_cause(4000)
    belonging = find_belonging(paths, WINDOW)
    is_ad = paths.codes == paths.channels.index("ad")
    assert belonging[is_ad].mean() < 0.05
    assert belonging[~is_ad].min() == pytest.approx(1.0)


def test_the_share_of_a_mixed_channel_that_belongs_is_found():
    random = np.random.default_rng(5)
    ages = np.where(
        random.random(30_000) < 0.4, random.uniform(1, 2, 30_000), random.uniform(0, WINDOW, 30_000)
    )
    paths = make_paths([["ad"]] * len(ages), ages[:, None].tolist())
    assert find_belonging(paths, WINDOW).mean() == pytest.approx(0.4, abs=0.02)


def test_beginnings_are_the_chances_of_each_touch_to_be_the_first_that_belongs():
    paths = make_paths([["a", "b", "c"], [], ["a"]], [[3.0, 2.0, 1.0], [], [1.0]])
    parts = find_beginnings(paths, np.array([0.5, 0.4, 1.0, 0.25]))
    assert parts == pytest.approx([0.5, 0.2, 0.3, 0.25])


def test_the_ends_of_the_window_count_in():
    paths = make_paths([["a", "a"]], [[WINDOW, 0.0]])
    assert find_belonging(paths, WINDOW).shape == (2,)


def test_paths_without_ages_are_refused():
    with pytest.raises(BadInput, match="no age"):
        find_belonging(paths_of(pl.Series([["a"]])), WINDOW)
