"""Intervals of credit for a table of paths, by drawing its walks anew."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lake.resampling import DRAWS, LEVEL, SEED, Interval, find_range
from transforms.attribution.chain import chain_of, trail_of
from transforms.attribution.models import USUAL, Rules, check_models, weigh
from transforms.attribution.paths import Floats, Paths
from transforms.attribution.removal import remove_each


def find_interval(
    paths: Paths,
    model: str,
    rules: Rules = USUAL,
    *,
    draws: int = DRAWS,
    level: float = LEVEL,
    seed: int = SEED,
) -> Interval:
    """Return the intervals of a model's credit for a table of paths.

    Every draw gives each path as many conversions and nulls as a Poisson variable of its own mean.
    Group equal paths first: the cost is draws times distinct paths. Shares are parts of the conversions of
    paths that have a touch.

    Raises:
        BadInput: a model of that name does not exist.
    """
    check_models([model])
    solve = _solver(paths, model, rules)
    random = np.random.default_rng(seed)
    drawn, totals = np.zeros((draws, len(paths.channels))), np.zeros(draws)
    for number in range(draws):
        conversions = random.poisson(paths.conversions).astype(np.float64)
        nulls = random.poisson(paths.nulls).astype(np.float64)
        totals[number] = conversions[paths.is_filled].sum()
        if totals[number]:
            drawn[number] = solve(conversions, nulls)
    return find_range(drawn, totals, level)


def _solver(paths: Paths, model: str, rules: Rules) -> Callable[[Floats, Floats], Floats]:
    """Return what credits conversions when the paths came so often."""
    if model != "markov":
        parts = weigh(paths, model, rules)
        return lambda conversions, _: paths.total(parts * paths.spread(conversions))
    trail = trail_of(paths, rules.order)

    def solve(conversions: Floats, nulls: Floats) -> Floats:
        chain = chain_of(trail, conversions, conversions, nulls if rules.has_nulls else None)
        return conversions[trail.is_filled].sum() * remove_each(chain).shares()[0]

    return solve
