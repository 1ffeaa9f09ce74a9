"""How far credit would move had the same market sent other people: intervals by resampling paths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.errors import BadInput
from transforms.attribution.chain import chain_of, trail_of
from transforms.attribution.models import USUAL, Rules
from transforms.attribution.paths import Floats, Paths
from transforms.attribution.removal import remove_each
from transforms.attribution.shapley import sets_of

DRAWS = 200
LEVEL = 0.9


@dataclass(frozen=True, slots=True)
class Interval:
    """The range of each channel's conversions, in the order of `Paths.channels`."""

    low: Floats
    high: Floats


def find_interval(
    paths: Paths, model: str, rules: Rules = USUAL, *, draws: int = DRAWS, level: float = LEVEL, seed: int = 0
) -> Interval:
    """Return the central `level` of the conversions credited over resampled path counts.

    Every draw gives each path as many conversions and nulls as a Poisson variable of its own mean
    (the bootstrap of very many people who come independently); what is between is the interval.
    Group equal paths first: the cost is draws times distinct paths.

    Raises:
        BadInput: a model other than markov and shapley.
    """
    solve = _solver(paths, model, rules)
    random = np.random.default_rng(seed)
    drawn = np.stack([solve(*_draw(paths, random)) for _ in range(draws)])
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return Interval(low, high)


def _draw(paths: Paths, random: np.random.Generator) -> tuple[Floats, Floats]:
    return (
        random.poisson(paths.conversions).astype(np.float64),
        random.poisson(paths.nulls).astype(np.float64),
    )


def _solver(paths: Paths, model: str, rules: Rules) -> Callable[[Floats, Floats], Floats]:
    """Return what credits conversions when the paths came so often."""
    if model == "shapley":
        sets = sets_of(paths)
        return lambda conversions, nulls: sets.share_out(conversions)  # noqa: ARG005 - same call for both
    if model != "markov":
        raise BadInput(f"Intervals are for markov and shapley, not for {model}.")
    trail = trail_of(paths, rules.order)

    def solve(conversions: Floats, nulls: Floats) -> Floats:
        chain = chain_of(trail, conversions, conversions, nulls if rules.has_nulls else None)
        return conversions[trail.is_filled].sum() * remove_each(chain).shares()[0]

    return solve
