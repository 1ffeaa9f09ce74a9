"""Paths as an absorbing Markov chain of order k: its states, and how often each step was taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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

    Path `p` is `states[begins[p]:ends[p]]`. `members[state]` holds the codes of the channels in a state,
    -1 where a short path has none. Equal successive states are still there; as steps from a state to
    itself they are not counted.
    """

    channels: int
    members: Codes
    states: Codes | Integers
    begins: Integers
    ends: Integers
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
    if order == 1:
        members = np.arange(len(paths.channels), dtype=np.int32)[:, None]
        places = (paths.firsts, paths.of_filled(paths.offsets[1:]), paths.is_filled)
        return Trail(len(paths.channels), members, paths.codes, *places)
    lengths = paths.of_filled(paths.lengths)
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
    return Trail(len(paths.channels), members, states, ends - windows, ends, paths.is_filled)


def chain_of(trail: Trail, conversions: Floats, value: Floats, nulls: Floats | None) -> Chain:
    """Return the chain of a trail when its paths came so often; without `nulls` only successes are known."""
    size = len(trail.members)
    has_empty = not trail.is_filled.all()
    ended = [
        amounts[trail.is_filled] if has_empty else amounts
        for amounts in (conversions, value, np.zeros(len(conversions)) if nulls is None else nulls)
    ]
    if size * size > MOST_CELLS:
        some = slice(0, len(trail.begins))
        weights = _weights(some, ended)
        starts, ends = _count_ends(trail, some, ended, weights)
        steps = _list_steps(trail, some, weights)
    else:
        starts, ends, table = _count(trail, ended)
        square = table.reshape(size, size)
        np.fill_diagonal(square, 0.0)
        steps = sparse.csr_array(square)
    return Chain(trail.members, trail.channels, starts, steps, *ends)


def _count(trail: Trail, ended: Sequence[Floats]) -> tuple[Floats, Floats, Floats]:
    """Return what starts and what ends in each state and the flat table of steps, block by block."""
    size = len(trail.members)
    starts, ends, table = np.zeros(size), np.zeros((3, size)), np.zeros(size * size)
    for some in _blocks(trail):
        weights = _weights(some, ended)
        started, stopped = _count_ends(trail, some, ended, weights)
        starts += started
        ends += stopped
        table += _count_steps(trail, some, weights)
    return starts, ends, table


def _blocks(trail: Trail) -> Iterator[slice]:
    """Yield the paths in runs of so few touches that a core's cache holds what is made of them."""
    paths = len(trail.begins)
    a_block = max(BLOCK * paths // max(len(trail.states), 1), len(trail.members) ** 2, 1)
    for begin in range(0, paths, a_block):
        yield slice(begin, begin + a_block)


def _count_ends(trail: Trail, some: slice, ended: Sequence[Floats], weights: Floats) -> tuple[Floats, Floats]:
    """Return the weight that starts in each state, and each of the amounts that ends in it."""
    size, last = len(trail.members), trail.states[trail.ends[some] - 1]
    starts = add_up(trail.states[trail.begins[some]], weights, size)
    return starts, np.stack([_add_up_few(last, amounts[some], size) for amounts in ended])


def _count_steps(trail: Trail, some: slice, weights: Floats) -> Floats:
    """Return the weight of each pair of successive states, equal ones too, as one flat table."""
    size = len(trail.members)
    states, lasts = _visited(trail, some)
    pairs = _pair(states, size)
    if (weights == weights[0]).all():  # counting is quicker than adding
        every, between = (np.bincount(some, minlength=size * size) for some in (pairs, pairs[lasts[:-1]]))
        return (every - between) * weights[0]
    return add_up(pairs, _carry(lasts, weights), size * size)


def _pair(states: Codes | Integers, size: int) -> NDArray[np.integer]:
    """Return a number for each pair of successive states, of few bytes where there are few states."""
    kind = np.min_scalar_type(size * size)
    return states[:-1].astype(kind) * kind.type(size) + states[1:].astype(kind)


def _list_steps(trail: Trail, some: slice, weights: Floats) -> sparse.csr_array:
    """Return the weight of each step from a state to another one, of states too many for a table."""
    size = len(trail.members)
    states, lasts = _visited(trail, some)
    carried = _carry(lasts, weights)
    here, there = states[:-1], states[1:]
    is_step = (here != there) & (carried > 0)
    return sparse.csr_array(
        sparse.coo_array((carried[is_step], (here[is_step], there[is_step])), shape=(size, size))
    )


def _weights(some: slice, ended: Sequence[Floats]) -> Floats:
    """Return how often each path came: what converted and what did not."""
    won, _, lost = ended
    return won[some] + lost[some]


def _visited(trail: Trail, some: slice) -> tuple[Codes | Integers, Integers]:
    """Return the states of some paths, and the place of each path's last among them."""
    begin, ends = trail.begins[some.start], trail.ends[some]
    return trail.states[begin : ends[-1]], ends - (begin + 1)


def _carry(lasts: Integers, weights: Floats) -> Floats:
    """Return the weight that goes on from each state of some paths but the very last; 0 from a path's end."""
    carried = np.repeat(weights, np.diff(lasts, prepend=-1))
    carried[lasts] = 0.0
    return carried[:-1]


def _add_up_few(places: Codes | Integers, amounts: Floats, size: int) -> Floats:
    """Return `add_up` of amounts of which most may be 0."""
    is_some = amounts != 0
    if 2 * np.count_nonzero(is_some) > len(amounts):
        return add_up(places, amounts, size)
    some = np.flatnonzero(is_some)
    return add_up(places[some], amounts[some], size)
