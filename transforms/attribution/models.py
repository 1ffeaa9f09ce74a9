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
# Paths that have something to share out are picked where they are at most this part of all.
WORTH_PICKING = 0.5


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
    given = _add_up_touches(paths, [model for model in models if model not in ("markov", "shapley")], rules)
    effects = None
    if "shapley" in models:
        given["shapley"] = _share_by_sets(paths)
    if "markov" in models:
        given["markov"], effects = _share_by_removal(paths, rules)
    return {model: _credit(paths, given[model], effects if model == "markov" else None) for model in models}


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


def _credit(paths: Paths, given: Floats, effects: Floats | None) -> Credit:
    conversions, value = given
    total = paths.conversions.sum()
    return Credit(conversions, value, conversions / total if total else np.zeros_like(conversions), effects)


def _share_by_sets(paths: Paths) -> Floats:
    """Return each channel's conversions and value under Shapley."""
    sets = sets_of(paths)
    return np.stack([sets.share_out(paths.conversions), sets.share_out(paths.value)])


def _share_by_removal(paths: Paths, rules: Rules) -> tuple[Floats, Floats]:
    """Return each channel's conversions and value under Markov, and its removal effect."""
    removal = find_removal(paths, rules)
    amounts = (paths.of_filled(paths.conversions), paths.of_filled(paths.value))
    shared = [some.sum() * shares for some, shares in zip(amounts, removal.shares(), strict=True)]
    return np.stack(shared), removal.conversions


def _add_up_touches(paths: Paths, models: Sequence[str], rules: Rules) -> dict[str, Floats]:
    """Return each channel's conversions and value under models that look at one path at a time."""
    given = {model: np.zeros((2, len(paths.channels))) for model in models}
    for block in map(_only_paying, paths.blocks() if models else ()):
        for model in given:
            given[model] += _add_up_block(block, model, rules)
    return given


def _add_up_block(block: Paths, model: str, rules: Rules) -> Floats:
    spread: Callable[[Floats], Floats]
    if model in PICKS:
        codes, spread, weights = block.codes[PICKS[model](block)], block.of_filled, np.ones(1)
    else:
        codes, spread, weights = block.codes, block.spread, weigh(block, model, rules)
    given = np.zeros((2, len(block.channels)))
    for row, amounts in enumerate((block.conversions, block.value)):
        if amounts.any():
            given[row] = add_up(codes, weights * spread(amounts), len(block.channels))
    return given


def _only_paying(paths: Paths) -> Paths:
    """Return the paths that have anything to share out, where these are so few that picking them pays."""
    pays = (paths.conversions != 0) | (paths.value != 0)
    return paths.only(pays) if pays.mean() < WORTH_PICKING else paths
