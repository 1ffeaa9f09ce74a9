"""Paths taken apart from text, whatever the number of channels, credit as the same paths in lists do."""

import numpy as np
import polars as pl
import pytest

from transforms.attribution.models import MODELS, Rules, credit
from transforms.attribution.paths import paths_of
from transforms.attribution.splitting import paths_of_texts

ROWS = 3_000
MOST_TOUCHES = 9
# How many channels, and the bytes of their codes.
WIDTHS = {5: 1, 127: 1, 130: 2, 190: 2, 700: 2, 40_000: 4}


def make_lists(channels, random):
    names = np.array([f"channel {n}" if n % 3 else f"c{n}" for n in range(channels)])
    lists = [names[random.integers(0, channels, random.integers(0, MOST_TOUCHES))] for _ in range(ROWS)]
    every = [names[at : at + MOST_TOUCHES] for at in range(0, channels, MOST_TOUCHES)]
    return [list(map(str, touches)) for touches in [*lists, *every]]


def make_amounts(kind, size, random):
    won = (random.random(size) < (0.03 if kind == "few" else 1)).astype(float)
    lost = 1 - won if kind == "few" else random.integers(0, 5, size).astype(float)
    return {"conversions": won, "value": won * random.integers(0, 90, size), "nulls": lost}


@pytest.mark.parametrize("kind", ["few", "many"])
@pytest.mark.parametrize("channels", [count for count in WIDTHS if count < 40_000])
def test_texts_credit_as_lists_do(channels, kind):
    random = np.random.default_rng(channels)
    lists = make_lists(channels, random)
    amounts = make_amounts(kind, len(lists), random)
    texts = pl.Series([" > ".join(touches) for touches in lists])
    ours = paths_of_texts(texts, ">", **amounts)
    plain = paths_of(pl.Series(lists, dtype=pl.List(pl.String)), **amounts)
    assert ours.channels == plain.channels
    assert (ours.codes == plain.codes).all()
    for order in (1, 2):
        found, meant = (credit(paths, MODELS, Rules(order)) for paths in (ours, plain))
        for model in MODELS:
            assert found[model].conversions == pytest.approx(meant[model].conversions, abs=1e-9), model
            assert found[model].value == pytest.approx(meant[model].value, abs=1e-7), model


@pytest.mark.parametrize(("channels", "size"), WIDTHS.items())
def test_codes_are_as_short_as_the_channels_are_few(channels, size):
    texts = pl.Series([f"c{n}" for n in range(channels)])
    amounts = dict.fromkeys(("conversions", "value", "nulls"), np.ones(channels))
    paths = paths_of_texts(texts, None, **amounts)
    assert paths.codes.itemsize == size
    assert sorted(paths.codes.tolist()) == list(range(channels))


def test_paths_that_pay_nothing_are_left_out_without_a_trace():
    lists = [["a", "b"], ["c"], ["b", "b", "a"], []]
    amounts = {"conversions": np.array([0.0, 0, 3, 1]), "value": np.array([0.0, 0, 30, 5])}
    all_of_them = credit(paths_of(pl.Series(lists), **amounts), ["linear", "first", "time_decay"])
    alone = paths_of(pl.Series(lists[2:3]), conversions=np.array([3.0]), value=np.array([30.0]))
    for model, given in credit(alone, ["linear", "first", "time_decay"]).items():
        assert all_of_them[model].conversions[:2] == pytest.approx(given.conversions), model
        assert all_of_them[model].value.tolist() == pytest.approx([*given.value, 0.0]), model
