"""Paths as an absorbing Markov chain of order k: its states, and how often each step was taken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from core.errors import BadInput
from transforms.attribution.paths import BLOCK, Codes, Floats, Integers, Paths, add_up

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
    """Return the states of the paths: every `order` consecutive touches, or the whole of a shorter path.

    Raises:
        BadInput: so many channels that the states of that order cannot be numbered.
    """
    lengths = paths.of_filled(paths.lengths)
    if order == 1:
        members = np.arange(len(paths.channels), dtype=np.int32)[:, None]
        places = (paths.firsts, paths.lasts, lengths)
        return Trail(len(paths.channels), members, paths.codes, *places, paths.is_filled)
    base = len(paths.channels) + 1
    if base**order > np.iinfo(np.int64).max:
        raise BadInput(f"{base - 1:,} channels are too many for Markov of order {order}; take a lower one.")
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
    has_empty = not trail.is_filled.all()
    won, worth, lost = (
        amounts[trail.is_filled] if has_empty else amounts
        for amounts in (conversions, value, np.zeros(len(conversions)) if nulls is None else nulls)
    )
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
    if size * size > MOST_CELLS:
        states, carried = _carry(trail, weights, slice(None))
        here, there = states[:-1], states[1:]
        is_step = (here != there) & (carried > 0)
        return sparse.csr_array(
            sparse.coo_array((carried[is_step], (here[is_step], there[is_step])), shape=(size, size))
        )
    table = np.zeros(size * size)
    is_even = len(weights) > 0 and bool((weights == weights[0]).all())
    walks = max(BLOCK * len(trail.lengths) // max(len(trail.states), 1), 1, size * size)
    for begin in range(0, len(trail.lengths), walks):
        some = slice(begin, begin + walks)
        table += _count_even(trail, some) * weights[0] if is_even else _count_block(trail, weights, some)
    square = table.reshape(size, size)
    np.fill_diagonal(square, 0.0)
    return sparse.csr_array(square)


def _count_block(trail: Trail, weights: Floats, some: slice) -> Floats:
    """Return the weight of each pair of successive states in some paths, as one flat table."""
    states, carried = _carry(trail, weights, some)
    size = len(trail.members)
    return add_up(_pair(states, size), carried, size * size)


def _count_even(trail: Trail, some: slice) -> Floats:
    """Return how often each pair comes: paths of one weight are counted, which is quicker than adding."""
    states, lasts = _visited(trail, some)
    size = len(trail.members)
    pairs = _pair(states, size)
    every, between = (np.bincount(some, minlength=size * size) for some in (pairs, pairs[lasts[:-1]]))
    return (every - between).astype(np.float64)


def _pair(states: Codes | Integers, size: int) -> Integers:
    return states[:-1].astype(np.int64) * size + states[1:]


def _carry(trail: Trail, weights: Floats, some: slice) -> tuple[Codes | Integers, Floats]:
    """Return the states of some paths and the weight that goes on from each; 0 from a path into the next."""
    states, lasts = _visited(trail, some)
    carried = np.repeat(weights[some], trail.lengths[some])
    carried[lasts] = 0.0
    return states, carried[:-1]


def _visited(trail: Trail, some: slice) -> tuple[Codes | Integers, Integers]:
    """Return the states of some paths, and the place of each path's last among them."""
    lasts = trail.lasts[some]
    begin, end = (trail.firsts[some][0], lasts[-1] + 1) if len(lasts) else (0, 0)
    return trail.states[begin:end], lasts - begin
