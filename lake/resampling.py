"""Intervals of credit: how far it would move had other people come from the same market.

One method for files and for the lake, the bootstrap of independent units: each draw counts every unit
as often as chance says, credit is worked out anew, and the middle 90 % of the draws is the interval. In
the lake a unit is a group of persons, drawn with replacement (a cluster bootstrap: what one person does
stays together); in a table of paths, where persons are unknown, it is a single walk
(`transforms/attribution/bootstrap.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
DRAWS = 200
LEVEL = 0.9
# Persons fall into so many groups by chance; draws weigh groups.
GROUPS = 100
SEED = 0


@dataclass(frozen=True, slots=True)
class Interval:
    """The ranges of each channel's conversions and of its share of all, in the order of the channels."""

    low: Floats
    high: Floats
    share_low: Floats
    share_high: Floats


def draw_groups(draws: int = DRAWS, seed: int = SEED) -> Floats:
    """Return how often each group of persons counts in each draw, draws x GROUPS.

    As many groups are drawn as there are. Weights that are free of each other would move the total of
    every draw by 1 / sqrt(GROUPS), however many orders there are.
    """
    weights = np.random.default_rng(seed).multinomial(GROUPS, np.full(GROUPS, 1 / GROUPS), draws)
    return weights.astype(np.float64)


def find_range(drawn: Floats, totals: Floats, level: float = LEVEL) -> Interval:
    """Return the central `level` of the draws.

    Args:
        drawn: Conversions credited, draws x channels.
        totals: All conversions of each draw; shares are parts of these. A draw without any has no shares;
            of draws that are all so the shares are NaN.
        level: The part of draws inside the interval.
    """
    is_filled = totals > 0
    shares = drawn[is_filled] / totals[is_filled, None] if is_filled.any() else np.full_like(drawn, np.nan)
    tails = [(1 - level) / 2, (1 + level) / 2]
    # Of so few draws the usual quantile leaves out too much at both ends; this one is level on average.
    low, high = np.quantile(drawn, tails, axis=0, method="weibull")
    share_low, share_high = np.quantile(shares, tails, axis=0, method="weibull")
    return Interval(low, high, share_low, share_high)


def has_range(of_group: Floats) -> bool:
    """Say whether conversions by group of persons have an interval: those of one group never vary."""
    return bool(np.count_nonzero(of_group) > 1)


def range_of_groups(credited: Floats, weights: Floats) -> Interval:
    """Return the intervals of credit that is added up path by path.

    Args:
        credited: Conversions credited, GROUPS x channels; together they are all conversions.
        weights: The draws of the groups.
    """
    return find_range(weights @ credited, weights @ credited.sum(axis=1))
