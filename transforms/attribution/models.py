"""The models by name: how each splits a conversion over the touches, and what each credits in all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from transforms.attribution.paths import Floats, Paths

Model = Literal["first", "last", "last_non_direct", "linear", "position", "time_decay", "markov", "shapley"]
MODELS: tuple[Model, ...] = (
    "first", "last", "last_non_direct", "linear", "position", "time_decay", "markov", "shapley",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rules:
    """What may be chosen: the Markov order and whether it knows failed paths, and the half-life of time decay."""

    order: int = 1
    has_nulls: bool = True
    half_life_days: float = 7.0


@dataclass(frozen=True, slots=True)
class Credit:
    """What a model gives each channel, in the order of `Paths.channels`.

    `conversions` and `value` are in the units of the paths and sum to the totals of the paths that
    have touches; `share` is the part of all conversions, empty paths included. `removal_effects`
    (Markov only) is the part of conversions that would be lost without the channel.
    """

    conversions: Floats
    value: Floats
    share: Floats
    removal_effects: Floats | None = None


def credit(paths: Paths, models: Sequence[Model] = MODELS, rules: Rules = Rules()) -> dict[Model, Credit]:
    """Return each model's credit by channel."""
    raise NotImplementedError


def weigh(paths: Paths, model: Model, rules: Rules = Rules()) -> Floats:
    """Return each touch's part of its path's conversion; the parts of a path sum to 1."""
    raise NotImplementedError
