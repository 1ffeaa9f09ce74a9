"""The lake's intervals hold the truth in nine of ten samples of any size, and narrow as they should."""

from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from lake.gold import CREDIT_MODELS
from lake.resampling import GROUPS, draw_groups, find_range, has_range, range_of_groups
from tests.transforms.attribution.brute import table
from transforms.attribution.models import credit, weigh
from transforms.attribution.removal import remove_each
from transforms.spark.credits import shapley_at
from transforms.spark.totals import Grain, draw_shares, total
from transforms.spark.walks import Walks

# What people walk, and how many of 1,000 do so and buy, or do so and leave.
MARKET = [
    (["a", "b"], 90, 130), (["b", "c", "a"], 70, 40), (["c"], 60, 190), (["a"], 50, 90),
    (["c", "b"], 60, 60), (["b"], 40, 120),
]  # fmt: skip
SIZES = (300, 2_000, 10_000)
REPEATS = 240
BOUNDS = ("conversions_low", "conversions_high", "share_low", "share_high")
WEIGHTS = draw_groups()
CHANCES = np.array([[won, lost] for _, won, lost in MARKET]).ravel() / 1_000
PATHS = table([(touches, won, 0, lost) for touches, won, lost in MARKET])
NAMES = PATHS.channels
MODELS = [column for column in CREDIT_MODELS if column != "markov"]
MODELS += [shapley_at(grain) for grain in ("campaign", "ad")]


def draw_market(random, size):
    """Return how often each path was bought on and left, by group of persons: groups x paths x 2."""
    whose = random.multinomial(random.poisson(size), np.full(GROUPS, 1 / GROUPS))
    return np.stack([random.multinomial(number, CHANCES) for number in whose]).reshape(GROUPS, -1, 2)


def walk(counts):
    """Return the walks as `count_walks` collects them, a row for each path, group and outcome."""
    code = {name: number for number, name in enumerate(NAMES)}
    states = [[code[name] for name in touches] for touches, _, _ in MARKET]
    group = np.arange(GROUPS)
    ends, steps = [], []
    for path, (won, lost) in zip(states, counts.transpose(1, 2, 0), strict=True):
        none, same = np.zeros(GROUPS), np.ones(GROUPS, dtype=int)
        ends.append((group, same * path[0], won + lost, none, none))
        ends.append((group, same * path[-1], none, won, lost))
        steps += [(group, same * before, same * state, won + lost) for before, state in pairwise(path)]
    names = ["group", "state", "starts", "conversions", "nulls"]
    frame = pl.DataFrame(dict(zip(names, map(np.concatenate, zip(*ends, strict=True)), strict=True)))
    frame = frame.with_columns(currency=pl.lit("EUR"), value=pl.lit(0.0))
    names = ["group", "before", "state", "number"]
    moved = pl.DataFrame(dict(zip(names, map(np.concatenate, zip(*steps, strict=True)), strict=True)))
    return Walks(np.arange(len(NAMES), dtype=np.int32)[:, None], len(NAMES), frame, moved)


def sum_up(counts):
    """Return each model's conversions as `add_up` collects them, by group of persons and channel."""
    rows = {"group": np.repeat(np.arange(GROUPS), len(NAMES)), "marketing_channel": [*NAMES] * GROUPS}
    for name in MODELS:
        model = "shapley" if name.startswith("shapley") else CREDIT_MODELS[name]
        parts = np.zeros((len(MARKET), len(NAMES)))
        if model in {"shapley", "linear"}:
            np.add.at(parts, (PATHS.owners, PATHS.codes), weigh(PATHS, model))
        rows[name] = (counts[:, :, 0] @ parts).ravel()
        rows[f"{name}_value"] = np.zeros(GROUPS * len(NAMES))
    missing = {"currency": pl.lit("EUR"), "campaign": pl.lit(None), "ad": pl.lit(None)}
    return pl.DataFrame(rows).with_columns(**missing)


def find_totals(counts):
    """Return the rows of attribution_total, from what Spark would count."""
    names = pl.DataFrame({"marketing_channel": NAMES}).with_row_index("code")
    return total(Grain("channel", names, sum_up(counts), walk(counts)))


def find_interval_of_shapley(counts):
    """Return what `total` asks for the intervals of credit that is added up path by path."""
    return range_of_groups(sum_up(counts)["shapley"].to_numpy().reshape(GROUPS, -1), WEIGHTS)


def find_interval_of_markov(counts):
    """Return what `total` asks for the intervals of removal effects."""
    orders = WEIGHTS @ counts[:, :, 0].sum(axis=1)
    return find_range(draw_shares(walk(counts), WEIGHTS) * orders[:, None], orders)


def simulate(model, size):
    """Return how often intervals hold the true share and conversions, and the mean width of a share's."""
    random = np.random.default_rng(size)
    truth = credit(PATHS, [model])[model]
    inside, inside_share, widths = [], [], []
    for _ in range(REPEATS):
        found = FINDERS[model](draw_market(random, size))
        won = truth.conversions * size / 1_000
        inside.append((found.low <= won) & (won <= found.high))
        inside_share.append((found.share_low <= truth.share) & (truth.share <= found.share_high))
        widths.append(found.share_high - found.share_low)
    return np.mean(inside), np.mean(inside_share), np.mean(widths)


FINDERS = {"markov": find_interval_of_markov, "shapley": find_interval_of_shapley}


@pytest.mark.parametrize("model", FINDERS)
def test_nine_of_ten_intervals_hold_the_truth_and_narrow_with_the_root_of_the_size(model):
    results = [simulate(model, size) for size in SIZES]
    for conversions, shares, _ in results:
        assert 0.85 <= conversions <= 0.95
        assert 0.85 <= shares <= 0.95
    few, more, most = (width for _, _, width in results)
    assert few / more == pytest.approx(np.sqrt(2_000 / 300), rel=0.1)
    assert more / most == pytest.approx(np.sqrt(5), rel=0.1)


@pytest.mark.parametrize("model", FINDERS)
def test_totals_carry_these_intervals(model):
    counts = draw_market(np.random.default_rng(1), 2_000)
    rows = find_totals(counts).filter(model=model).sort("marketing_channel")
    found = FINDERS[model](counts)
    for name, bound in zip(BOUNDS, (found.low, found.high, found.share_low, found.share_high), strict=True):
        assert rows[name].to_list() == pytest.approx(bound.tolist())


def test_chains_solved_all_at_once_are_the_chains_solved_one_by_one():
    walks = walk(draw_market(np.random.default_rng(2), 300))
    slow = [remove_each(chain).shares()[0] for chain in walks.chains(WEIGHTS[:20])]
    assert draw_shares(walks, WEIGHTS[:20]) == pytest.approx(np.stack(slow), abs=1e-12)


def test_weights_of_a_draw_count_as_many_groups_as_there_are():
    assert (draw_groups().sum(axis=1) == GROUPS).all()


def test_conversions_of_one_group_of_persons_have_no_interval():
    assert not has_range(np.array([0.0, 7.0, 0.0]))
    counts = np.zeros((GROUPS, len(MARKET), 2), dtype=int)
    counts[4, 0] = 5
    assert find_totals(counts)["share_low"].null_count() == find_totals(counts).height > 0


def test_a_draw_without_conversions_has_no_share_and_does_not_lower_the_interval():
    credited = np.zeros((GROUPS, 2))
    credited[:2] = [[3.0, 1.0], [3.0, 1.0]]
    found = range_of_groups(credited, draw_groups())
    assert found.share_low.tolist() == found.share_high.tolist() == [0.75, 0.25]
    assert np.isnan(find_range(np.zeros((4, 2)), np.zeros(4)).share_low).all()
