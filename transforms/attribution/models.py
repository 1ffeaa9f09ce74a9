"""The models by name: how each splits a conversion over its touches, and what each credits in all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.errors import BadInput
from transforms.attribution.chain import HIGHEST_ORDER, chain_of, trail_of
from transforms.attribution.heuristics import PICKS, SPLITS, split_time_decay
from transforms.attribution.paths import Floats, Paths, add_up
from transforms.attribution.removal import Removal, remove_each
from transforms.attribution.shapley import sets_of, split_shapley

Model = Literal["first", "last", "last_non_direct", "linear", "position", "time_decay", "markov", "shapley"]
MODELS: tuple[Model, ...] = (
    "first", "last", "last_non_direct", "linear", "position", "time_decay", "markov", "shapley",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rules:
    """What may be chosen: Markov's order and whether it counts failed paths; the half-life of time decay.

    Raises:
        BadInput: an order other than 1, 2, 3, or a half-life that is not above 0.
    """

    order: int = 1
    has_nulls: bool = True
    half_life_days: float = 7.0

    def __post_init__(self) -> None:
        if not 1 <= self.order <= HIGHEST_ORDER:
            raise BadInput(f"The order of Markov is 1 to {HIGHEST_ORDER}, not {self.order}.")
        if not (self.half_life_days > 0 and np.isfinite(self.half_life_days)):
            raise BadInput(f"The half-life is a number of days above 0, not {self.half_life_days}.")


USUAL = Rules()


@dataclass(frozen=True, slots=True)
class Credit:
    """What a model gives each channel, in the order of `Paths.channels`.

    `conversions` and `value` are in the units of the paths and sum to the totals of all paths that
    have a touch. `share` is the part of all conversions, those of empty paths included.
    `removal_effects` (Markov only) is the part of conversions lost without the channel.
    """

    conversions: Floats
    value: Floats
    share: Floats
    removal_effects: Floats | None = None


def credit(paths: Paths, models: Sequence[str] = MODELS, rules: Rules = USUAL) -> dict[str, Credit]:
    """Return what each model gives each channel.

    Raises:
        BadInput: a model of that name does not exist.
    """
    check_models(models)
    return {model: _credit(paths, model, rules) for model in models}


def weigh(paths: Paths, model: str, rules: Rules = USUAL, removal: Floats | None = None) -> Floats:
    """Return each touch's part of its path's conversion; the parts of a path sum to 1.

    Markov splits a path by the removal effects of the channels in it, a channel's part equally over
    its touches; `removal` gives effects that are known already, in the order of `paths.channels`.

    Raises:
        BadInput: a model of that name does not exist.
    """
    check_models([model])
    if model in PICKS:
        weights = np.zeros(len(paths.codes))
        weights[PICKS[model](paths)] = 1.0
        return weights
    if model in SPLITS:
        return SPLITS[model](paths)
    if model == "time_decay":
        return split_time_decay(paths, rules.half_life_days)
    parts = split_shapley(paths)
    if model == "shapley":
        return parts
    effects = find_removal(paths, rules).conversions if removal is None else removal
    return _weigh_by(paths, parts, effects)


def find_removal(paths: Paths, rules: Rules = USUAL) -> Removal:
    """Return the removal effect of every channel in the Markov chain of the paths."""
    nulls = paths.nulls if rules.has_nulls else None
    return remove_each(chain_of(trail_of(paths, rules.order), paths.conversions, paths.value, nulls))


def check_models(models: Sequence[str]) -> None:
    """Refuse names that are no model.

    Raises:
        BadInput: with the names there are.
    """
    for model in models:
        if model not in MODELS:
            raise BadInput(f"There is no attribution model {model!r}; choose from {', '.join(MODELS)}.")


def _weigh_by(paths: Paths, parts: Floats, effects: Floats) -> Floats:
    """Return parts in proportion to effects; a path that never converts keeps its own."""
    weights = parts * effects[paths.codes]
    has_any = np.zeros(len(paths), dtype=bool)
    if len(weights):
        has_any[paths.is_filled] = np.add.reduceat(weights, paths.firsts) > 0
    return paths.normalise(np.where(np.repeat(has_any, paths.lengths), weights, parts))


def _credit(paths: Paths, model: str, rules: Rules) -> Credit:
    effects = None
    if model == "shapley":
        sets = sets_of(paths)
        given = [sets.share_out(paths.conversions), sets.share_out(paths.value)]
    elif model == "markov":
        removal = find_removal(paths, rules)
        effects = removal.conversions
        amounts = (paths.of_filled(paths.conversions), paths.of_filled(paths.value))
        given = [some.sum() * shares for some, shares in zip(amounts, removal.shares(), strict=True)]
    else:
        given = _add_up_touches(paths, model, rules)
    conversions, value = given
    total = paths.conversions.sum()
    return Credit(conversions, value, conversions / total if total else np.zeros_like(conversions), effects)


def _add_up_touches(paths: Paths, model: str, rules: Rules) -> list[Floats]:
    """Return each channel's conversions and value under a model that looks at one path at a time."""
    given = np.zeros((2, len(paths.channels)))
    spread: Callable[[Floats], Floats]
    for block in paths.blocks():
        if model in PICKS:
            codes, spread, weights = block.codes[PICKS[model](block)], block.of_filled, np.ones(1)
        else:
            codes, spread, weights = block.codes, block.spread, weigh(block, model, rules)
        for row, amounts in enumerate((block.conversions, block.value)):
            if amounts.any():
                given[row] += add_up(codes, weights * spread(amounts), len(paths.channels))
    return list(given)
