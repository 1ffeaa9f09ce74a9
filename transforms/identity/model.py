"""The model: how much each agreement says of a pair being one person, one family or strangers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from transforms.identity.classes import CLASSES, OTHER, PERSONAL, PLACES, RATES, SELF, START, UNRELATED
from transforms.identity.comparing import Comparison

Numbers = NDArray[np.float64]
Ids = NDArray[np.int64]
ROUNDS = 200
SETTLED = 1e-5
START_PAIRS = 5
RATE_PAIRS = 20  # the first guess of a rate counts as so many pairs
# The same for namesakes and twins of a family, as a share of its pairs: where no day of birth tells namesakes
# apart they cannot be counted.
RATE_SHARE = 0.15
LEAST = 1e-7  # no agreement is impossible by chance
NEVER = 1e-300


@dataclass(frozen=True, slots=True)
class Model:
    """What was learnt.

    `same[k][l]` and `chance[k][l]` are how often comparison k falls into level l + 1 for two records that
    share the attribute and for two that do not; `rates[c, k]` is how often a pair of class c shares it;
    `weights[c]` how many of all pairs are of the class.
    """

    comparisons: Sequence[Comparison]
    same: Sequence[Numbers]
    chance: Sequence[Numbers]
    rates: Numbers
    weights: Numbers
    rounds: int

    def log_joint(self, patterns: Ids) -> Numbers:
        """Return, for each pattern and class, the log of how often a pair is both."""
        return _design(self.comparisons, patterns) @ self.table() + np.log(self.weights + NEVER)

    def table(self) -> Numbers:
        """Return the log share of each level (rows, all comparisons one below the other) by class."""
        return np.log(self.shares() + NEVER)

    def shares(self) -> Numbers:
        """Return the share of each level by class."""
        shared, level = self.shared(), _level_of(self.comparisons)
        chance = np.concatenate(self.chance)
        return shared + (1 - self.rates[:, level].T) * chance[:, None]

    def shared(self) -> Numbers:
        """Return the part of `shares` that comes from sharing the attribute."""
        return self.rates[:, _level_of(self.comparisons)].T * np.concatenate(self.same)[:, None]


def log_odds(joint: Numbers) -> Numbers:
    """Return the natural log odds that a pair is one person."""
    return np.logaddexp.reduce(joint[:, SELF], axis=1) - np.logaddexp.reduce(joint[:, OTHER], axis=1)


def learn(
    comparisons: Sequence[Comparison],
    counts: tuple[Ids, Numbers],
    others: tuple[Ids, Numbers],
    chance: Sequence[Numbers],
    all_pairs: float,
) -> Model:
    """Return the model by expectation maximisation over every pair there is.

    `counts` are the patterns of candidate pairs and how many show each; `others` the same of pairs that
    are no candidates, which are two strangers' (sampled, counted up to all of them). `chance[k]` are the
    shares of all pairs that fall into each level of comparison k, 0 (nothing said) first. What chance
    frequencies owe to pairs that share an attribute is taken off them in each round, so small sets with
    many copies learn as well as large ones.
    """
    weight, rest = counts[1], others[1]
    design, distant = _design(comparisons, counts[0]), _design(comparisons, others[0])
    model = _begin(comparisons, chance, float(weight.sum()), all_pairs)
    for _ in range(ROUNDS):
        table, prior = model.table(), np.log(model.weights + NEVER)
        part = _parts(design @ table + prior) * weight[:, None]
        far = np.zeros((len(rest), len(CLASSES)))
        far[:, UNRELATED] = _parts((distant @ table + prior)[:, UNRELATED]) * rest[:, None]
        levels = design.T @ part + distant.T @ far
        owed = [share * all_pairs for share in chance]
        new = _maximise(model, levels, part.sum(axis=0) + far.sum(axis=0), owed)
        moved = max(
            *(float(np.abs(a - b).max()) for a, b in zip(new.same, model.same, strict=True)),
            float(np.abs(new.rates - model.rates).max()),
        )
        model = new
        if moved < SETTLED:
            break
    return model


def _begin(
    comparisons: Sequence[Comparison], chance: Sequence[Numbers], candidates: float, all_pairs: float
) -> Model:
    roles = [comparison.role for comparison in comparisons]
    rates = np.array([RATES[role] for role in roles], dtype=np.float64).T
    weights = np.array([*START, 0.0]) * max(candidates, 5.0) / all_pairs
    if sum(role in PLACES for role in roles) < 2:  # one attribute of a place cannot part the two
        rates[1] = rates[0]
        weights[[1, 3, 4]] = 0.0
    if not set(roles) & set(PERSONAL):
        weights[[2, 3]] = 0.0
    weights = np.minimum(weights, 0.1)
    weights[-1] = 1 - weights.sum()
    same = [np.array(comparison.start) for comparison in comparisons]
    return Model(comparisons, same, [_normal(each[1:] + LEAST) for each in chance], rates, weights, 0)


def _maximise(model: Model, levels: Numbers, pairs: Numbers, every_pair: Sequence[Numbers]) -> Model:
    """Return the model that fits the pairs as they were parted: `levels` by level and class.

    `every_pair[k]` is how many of all pairs fall into each level of comparison k.
    """
    level = _level_of(model.comparisons)
    shared = levels * model.shared() / (model.shares() + NEVER)
    start = np.array([RATES[comparison.role] for comparison in model.comparisons], dtype=np.float64).T
    held, total = (_by_comparison(rows, level, len(model.comparisons)).T for rows in (shared, levels))
    doubt = RATE_PAIRS + total * [
        RATE_SHARE * (comparison.role in PERSONAL) for comparison in model.comparisons
    ]
    rates = (held + start * doubt) / (total + doubt)
    rates = np.where((model.rates > 0) & (model.rates < 1), rates, model.rates)
    ours, every = shared[:, SELF].sum(axis=1), shared.sum(axis=1)
    same, apart = [], []
    for place, comparison in enumerate(model.comparisons):
        rows = level == place
        same.append(_bounded(_normal(ours[rows] + np.array(comparison.start) * START_PAIRS), comparison))
        counted = every_pair[place]
        left = counted[1:] - every[rows]
        apart.append(_normal(np.maximum(left, max(counted.sum(), 1.0) * LEAST)))
    return Model(model.comparisons, same, apart, rates, _normal(pairs + NEVER), model.rounds + 1)


def _bounded(same: Numbers, comparison: Comparison) -> Numbers:
    """Return the shares with a bound on how often one person's own attribute differs altogether.

    Without it a family could be learnt as one person who has many first names.
    """
    most = comparison.start[-1]
    if comparison.role not in PERSONAL or same[-1] <= most:
        return same
    return np.append(same[:-1] * (1 - most) / same[:-1].sum(), most)


def _design(comparisons: Sequence[Comparison], patterns: Ids) -> csr_array:
    """Return a matrix of patterns by levels, 1 where the pattern shows the level."""
    rows, columns, start = [], [], 0
    for comparison in comparisons:
        level = comparison.of(patterns)
        known = np.flatnonzero(level)
        rows.append(known)
        columns.append(start + level[known] - 1)
        start += comparison.levels
    place = (np.concatenate(rows), np.concatenate(columns))
    return csr_array((np.ones(len(place[0])), place), shape=(len(patterns), start))


def _level_of(comparisons: Sequence[Comparison]) -> Ids:
    """Return which comparison each level belongs to."""
    return np.repeat(np.arange(len(comparisons)), [comparison.levels for comparison in comparisons])


def _by_comparison(rows: Numbers, level: Ids, size: int) -> Numbers:
    total = np.zeros((size, rows.shape[1]))
    np.add.at(total, level, rows)
    return total


def _parts(joint: Numbers) -> Numbers:
    return np.exp(joint - np.logaddexp.reduce(joint, axis=1, keepdims=True))


def _normal(values: Numbers) -> Numbers:
    return values / values.sum()
