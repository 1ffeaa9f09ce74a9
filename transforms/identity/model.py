"""The Fellegi-Sunter model: how much each agreement says, learnt from the records themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transforms.identity.comparing import Comparison

Numbers = NDArray[np.float64]
ROUNDS = 200
SETTLED = 1e-6
START_PAIRS = 5
LEAST = 1e-7  # no agreement is impossible by chance


@dataclass(frozen=True, slots=True)
class Model:
    """What was learnt.

    `same[k][l]` and `chance[k][l]` are how often comparison k falls into level l + 1 for two records of
    one person and of two persons; `prior` is how many of all pairs are one person's.
    """

    comparisons: Sequence[Comparison]
    same: Sequence[Numbers]
    chance: Sequence[Numbers]
    prior: float
    rounds: int

    def log_odds(self, patterns: NDArray[np.int64]) -> Numbers:
        """Return the natural log odds that a pair of each pattern is one person."""
        total = np.full(len(patterns), np.log(self.prior) - np.log1p(-self.prior))
        for comparison, same, chance in zip(self.comparisons, self.same, self.chance, strict=True):
            weight = np.concatenate([[0.0], np.log(same) - np.log(chance)])
            total += weight[comparison.of(patterns)]
        return total


def learn(
    comparisons: Sequence[Comparison],
    counts: Numbers,
    chance: Sequence[Numbers],
    all_pairs: float,
) -> Model:
    """Return the model by expectation maximisation over every pair there is.

    `counts[p]` is how many candidate pairs show pattern p; `chance[k]` the shares of all pairs of records
    that fall into each level of comparison k, 0 (nothing said) first. Pairs that are no candidates count
    as two persons. What chance frequencies owe to true matches is taken off them in each round, so small
    sets with many copies learn as well as large ones.
    """
    patterns = np.flatnonzero(counts)
    weights = counts[patterns]
    levels = [comparison.of(patterns) for comparison in comparisons]
    same = [np.array(comparison.start) for comparison in comparisons]
    apart = [
        _without(each, level, weights * 0, all_pairs) for each, level in zip(chance, levels, strict=True)
    ]
    prior = min(0.5, max(float(weights.sum()) * 0.2, 1.0) / all_pairs)
    model = Model(comparisons, same, apart, prior, 0)
    for turn in range(1, ROUNDS + 1):
        one = weights / (1 + np.exp(-model.log_odds(patterns)))
        found = max(float(one.sum()), 1e-9)
        same = [
            _shares(level, one, np.array(comparison.start))
            for level, comparison in zip(levels, comparisons, strict=True)
        ]
        apart = [_without(each, level, one, all_pairs) for each, level in zip(chance, levels, strict=True)]
        new = Model(comparisons, same, apart, min(found / all_pairs, 0.5), turn)
        moved = max(float(np.abs(a - b).max()) for a, b in zip(new.same, model.same, strict=True))
        model = new
        if moved < SETTLED:
            break
    return model


def _shares(level: NDArray[np.int64], one: Numbers, start: Numbers) -> Numbers:
    """Return how often matches fall into each level; the start counts as a few pairs, so none is zero."""
    seen = np.bincount(level, weights=one, minlength=len(start) + 1)[1:] + start * START_PAIRS
    return seen / seen.sum()


def _without(all_shares: Numbers, level: NDArray[np.int64], one: Numbers, all_pairs: float) -> Numbers:
    """Return the chance shares less what the matches put there."""
    matched = np.bincount(level, weights=one, minlength=len(all_shares))
    left = np.maximum(all_shares * all_pairs - matched, all_pairs * LEAST)[1:]
    return left / left.sum()
