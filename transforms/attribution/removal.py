"""What would be lost without a channel: removal effects of an absorbing chain, solved exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from transforms.attribution.chain import Chain
from transforms.attribution.paths import Floats, Integers

# What may still be under way when a walk counts as finished: below the rounding of the answer.
UNDER_WAY = 1e-16
MOST_WALK_STEPS = 2_000
USUAL_WALK_STEPS = 200
# Channels walked at the same time, and states a dense inverse may have (8 bytes a cell, squared).
WALKED_TOGETHER = 64
MOST_DENSE_STATES = 6_000


@dataclass(frozen=True, slots=True)
class Removal:
    """The part of all conversions, and of all value, that is lost when a channel is removed.

    `probability` is that of a conversion with every channel in place.
    """

    conversions: Floats
    value: Floats
    probability: float

    def shares(self) -> tuple[Floats, Floats]:
        """Return the channels' parts of the conversions and of the value; each sums to 1, or is all 0.

        Value that no counted path carries is shared as the conversions are.
        """
        won = _scale(self.conversions)
        return won, _scale(self.value) if self.value.any() else won


def remove_each(chain: Chain) -> Removal:
    """Return the removal effect of every channel: all states that hold it are sent to null.

    Dense chains are inverted once. With N the inverse of I - Q, s the starts and b = N r, the amount
    lost with the set C of a channel's states is (sN)_C (N_CC)^-1 b_C; for a single state i that is
    (sN)_i b_i / N_ii. Large sparse chains are walked step by step until less than 1e-16 of the mass is
    still on its way, which bounds the error; one that takes too long is solved by sparse LU.
    """
    visits, all_in = chain.visits, chain.starts.sum()
    left = np.divide(1.0, visits, out=np.zeros_like(visits), where=visits > 0)
    moves = sparse.csr_array(chain.steps.multiply(left[:, None]))
    rewards = np.stack([chain.conversions * left, chain.value * left], axis=1)
    starts = chain.starts / all_in if all_in else chain.starts
    totals = np.array([chain.conversions[visits > 0].sum(), chain.value[visits > 0].sum()])
    totals = totals / all_in if all_in else totals
    lost = _lost(starts, moves, rewards, totals, holders(chain))
    effects = np.divide(lost, totals, out=np.zeros_like(lost), where=totals > 0)
    effects = np.clip(effects, 0.0, 1.0)
    return Removal(effects[:, 0], effects[:, 1], float(totals[0]))


def holders(chain: Chain) -> list[Integers]:
    """Return the states that hold each channel."""
    state, place = np.nonzero(chain.members >= 0)
    pairs = np.unique(chain.members[state, place].astype(np.int64) * len(chain.members) + state)
    channel, state = np.divmod(pairs, len(chain.members))
    ends = np.searchsorted(channel, np.arange(chain.channels), side="right")
    return np.split(state, ends)[: chain.channels]


def _lost(
    starts: Floats, moves: sparse.csr_array, rewards: Floats, totals: Floats, sets: list[Integers]
) -> Floats:
    size = len(starts)
    if not size:
        return np.zeros((len(sets), 2))
    is_walk_cheaper = moves.nnz * len(sets) * USUAL_WALK_STEPS < size**3
    if is_walk_cheaper or size > MOST_DENSE_STATES:
        kept = _walk(starts, moves, rewards, sets)
        if kept is not None:
            return totals - kept
    if size > MOST_DENSE_STATES:
        return totals - _solve_without(starts, moves, rewards, sets)
    return _invert(starts, moves, rewards, sets)


def _invert(starts: Floats, moves: sparse.csr_array, rewards: Floats, sets: list[Integers]) -> Floats:
    """Return what is lost with each set of states, from one dense inverse."""
    if all(len(states) == 1 for states in sets):
        return lose_states(starts, moves.toarray(), rewards)[np.concatenate(sets)]
    paths = np.linalg.inv(np.eye(len(starts)) - moves.toarray())
    reached, worth = starts @ paths, paths @ rewards
    lost = np.zeros((len(sets), 2))
    for row, states in enumerate(sets):
        if len(states):
            lost[row] = reached[states] @ np.linalg.solve(paths[np.ix_(states, states)], worth[states])
    return lost


def lose_states(starts: Floats, moves: Floats, rewards: Floats) -> Floats:
    """Return what is lost with each single state of dense chains, as many as the leading axes say.

    Args:
        starts: Probability to start in each state, ... x states.
        moves: Probability of each step, ... x states x states.
        rewards: What each state leads to on leaving it, ... x states x kinds of reward.
    """
    paths = np.linalg.inv(np.eye(starts.shape[-1]) - moves)
    reached = np.einsum("...s,...st->...t", starts, paths)
    reached /= np.diagonal(paths, axis1=-2, axis2=-1)
    return reached[..., None] * (paths @ rewards)


def _walk(starts: Floats, moves: sparse.csr_array, rewards: Floats, sets: list[Integers]) -> Floats | None:
    """Return what still arrives without each set of states; None when the chain is too slow to walk."""
    onward = sparse.csr_array(moves.T)
    kept = np.zeros((len(sets), 2))
    for begin in range(0, len(sets), WALKED_TOGETHER):
        some = sets[begin : begin + WALKED_TOGETHER]
        states, columns = _cells(some)
        mass = np.repeat(starts[:, None], len(some), axis=1)
        for _ in range(MOST_WALK_STEPS):
            mass[states, columns] = 0.0
            kept[begin : begin + len(some)] += mass.T @ rewards
            if mass.sum(axis=0).max() < UNDER_WAY:
                break
            mass = onward @ mass
        else:
            return None
    return kept


def _cells(sets: list[Integers]) -> tuple[Integers, NDArray[np.intp]]:
    return np.concatenate(sets), np.repeat(np.arange(len(sets)), [len(states) for states in sets])


def _solve_without(starts: Floats, moves: sparse.csr_array, rewards: Floats, sets: list[Integers]) -> Floats:
    """Return what still arrives without each set of states, one sparse solve each."""
    kept = np.zeros((len(sets), 2))
    for row, states in enumerate(sets):
        stays = np.ones(len(starts), dtype=bool)
        stays[states] = False
        rest = sparse.csc_array(sparse.eye_array(int(stays.sum())) - moves[stays][:, stays])
        kept[row] = starts[stays] @ splu(rest).solve(rewards[stays])
    return kept


def _scale(effects: Floats) -> Floats:
    whole = effects.sum()
    return effects / whole if whole > 0 else np.zeros_like(effects)
