"""Paths as an absorbing Markov chain of order k: its states, and how often each step was taken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from transforms.attribution.paths import Codes, Floats, Integers, Paths, add_up

HIGHEST_ORDER = 3
# Tables up to this many cells are counted densely.
MOST_CELLS = 1 << 22


@dataclass(frozen=True, slots=True)
class Trail:
    """The states each filled path goes through, one path after the other.

    `members[state]` holds the codes of the channels in a state, -1 where a short path has none.
    Equal successive states are still there; as steps from a state to itself they are not counted.
    """

    channels: int
    members: Codes
    states: Codes | Integers
    firsts: Integers
    lasts: Integers
    lengths: Integers
    is_filled: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Chain:
    """Counts of a chain: starts, steps between states, and ends by state, in weights of paths.

    `steps[i, j]` is the weight that went from state i to state j, `visits[i]` all that left i.
    `conversions`, `value` and `nulls` are what ended in a state.
    """

    members: Codes
    channels: int
    starts: Floats
    steps: sparse.csr_array
    conversions: Floats
    value: Floats
    nulls: Floats

    @property
    def visits(self) -> Floats:
        """The weight that left each state."""
        return self.steps.sum(axis=1) + self.conversions + self.nulls


def trail_of(paths: Paths, order: int = 1) -> Trail:
    """Return the states of the paths: every `order` consecutive touches, or the whole of a shorter path."""
    lengths = paths.lengths[paths.is_filled]
    if order == 1:
        members = np.arange(len(paths.channels), dtype=np.int32)[:, None]
        places = (paths.firsts, paths.lasts, lengths)
        return Trail(len(paths.channels), members, paths.codes, *places, paths.is_filled)
    base = len(paths.channels) + 1
    if base**order > np.iinfo(np.int64).max:
        raise OverflowError(f"{base - 1:,} channels are too many for order {order}")
    keys, remaining = np.zeros(len(paths.codes), dtype=np.int64), np.repeat(lengths, lengths) - paths.steps
    for ahead in range(order):
        digit = np.roll(paths.codes, -ahead).astype(np.int64) + 1
        keys = keys * base + np.where(remaining > ahead, digit, 0)
    windows = np.maximum(lengths - order + 1, 1)
    keys = keys[paths.steps < np.repeat(windows, lengths)]
    known, states = np.unique(keys, return_inverse=True)
    digits = [known // base**place % base - 1 for place in reversed(range(order))]
    ends = np.cumsum(windows)
    members = np.stack(digits, axis=1).astype(np.int32)
    return Trail(len(paths.channels), members, states, ends - windows, ends - 1, windows, paths.is_filled)


def chain_of(trail: Trail, conversions: Floats, value: Floats, nulls: Floats | None) -> Chain:
    """Return the chain of a trail when its paths came so often; without `nulls` only successes are known."""
    size = len(trail.members)
    won, worth = conversions[trail.is_filled], value[trail.is_filled]
    lost = np.zeros(len(won)) if nulls is None else nulls[trail.is_filled]
    first, last = trail.states[trail.firsts], trail.states[trail.lasts]
    return Chain(
        trail.members,
        trail.channels,
        add_up(first, won + lost, size),
        _count_steps(trail, won + lost),
        *(add_up(last, amount, size) for amount in (won, worth, lost)),
    )


def _count_steps(trail: Trail, weights: Floats) -> sparse.csr_array:
    """Return the weight of each step from a state to another one."""
    size = len(trail.members)
    carried = np.repeat(weights, trail.lengths)
    carried[trail.lasts] = 0.0  # no step leads from a path into the next
    here, there, carried = trail.states[:-1], trail.states[1:], carried[:-1]
    if size * size <= MOST_CELLS:
        cells = here.astype(np.int64) * size + there
        table = add_up(cells, carried, size * size).reshape(size, size)
        np.fill_diagonal(table, 0.0)
        return sparse.csr_array(table)
    is_step = (here != there) & (carried > 0)
    return sparse.csr_array(
        sparse.coo_array((carried[is_step], (here[is_step], there[is_step])), shape=(size, size))
    )
