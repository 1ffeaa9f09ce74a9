"""The lake's intervals hold the truth in nine of ten samples of any size, and narrow as they should."""

import numpy as np
import pytest
from scipy import sparse

from lake.resampling import GROUPS, draw_groups, range_of_groups
from tests.transforms.attribution.brute import table
from transforms.attribution.models import credit, weigh

# What people walk, and how many of 1,000 do so and buy, or do so and leave.
MARKET = [
    (["a", "b"], 90, 130), (["b", "c", "a"], 70, 40), (["c"], 60, 190), (["a"], 50, 90),
    (["c", "b"], 60, 60), (["b"], 40, 120),
]  # fmt: skip
SIZES = (300, 2_000, 10_000)
REPEATS, DRAWS = 480, 200
CHANCES = np.array([[won, lost] for _, won, lost in MARKET]).ravel() / 1_000
PATHS = table([(touches, won, 0, lost) for touches, won, lost in MARKET])


def draw_market(random, size):
    """Return how often each path was bought on and left, by group of persons: groups x paths x 2."""
    whose = random.multinomial(random.poisson(size), np.full(GROUPS, 1 / GROUPS))
    return np.stack([random.multinomial(number, CHANCES) for number in whose]).reshape(GROUPS, -1, 2)


def find_lake_interval(counts, model, weights):
    """Return the interval as the lake makes it from counts by group."""
    parts = weigh(PATHS, model)
    shares = sparse.csr_array((parts, (PATHS.owners, PATHS.codes)), shape=(len(PATHS), len(PATHS.channels)))
    return range_of_groups(counts[:, :, 0] @ shares.toarray(), weights)


def simulate(model, size, repeats, draws):
    """Return how often intervals hold the true conversions and shares, and the mean width of the shares."""
    random = np.random.default_rng(size)
    truth = credit(PATHS, [model])[model]
    weights = draw_groups(draws)
    inside, inside_share, widths = [], [], []
    for _ in range(repeats):
        found = find_lake_interval(draw_market(random, size), model, weights)
        won = truth.conversions * size / 1_000
        inside.append((found.low <= won) & (won <= found.high))
        inside_share.append((found.share_low <= truth.share) & (truth.share <= found.share_high))
        widths.append(found.share_high - found.share_low)
    return np.mean(inside), np.mean(inside_share), np.mean(widths)


@pytest.mark.parametrize("model", ["shapley", "linear"])
def test_nine_of_ten_intervals_hold_the_truth_and_narrow_with_the_root_of_the_size(model):
    results = [simulate(model, size, REPEATS, DRAWS) for size in SIZES]
    for conversions, shares, _ in results:
        assert 0.85 <= conversions <= 0.95
        assert 0.85 <= shares <= 0.95
    few, more, most = (width for _, _, width in results)
    assert few / more == pytest.approx(np.sqrt(2_000 / 300), rel=0.1)
    assert more / most == pytest.approx(np.sqrt(5), rel=0.1)


def test_weights_of_a_draw_count_as_many_groups_as_there_are():
    assert (draw_groups().sum(axis=1) == GROUPS).all()
