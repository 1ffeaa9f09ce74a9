"""The models once more, as slowly and plainly as they are defined: what the kernel is held against."""

from collections import defaultdict
from fractions import Fraction
from itertools import combinations, groupby, pairwise
from math import factorial

import numpy as np
import polars as pl
from hypothesis import strategies as st

from transforms.attribution.paths import paths_of

CHANNELS = ("ads", "mail", "direct", "search", "video")
amounts = st.integers(0, 20)
rows = st.lists(
    st.tuples(st.lists(st.sampled_from(CHANNELS), max_size=7), amounts, st.integers(0, 900), amounts),
    min_size=1,
    max_size=25,
)


def table(given):
    """Return the path table of rows (touches, conversions, value, nulls)."""
    touches = pl.Series([row[0] for row in given], dtype=pl.List(pl.String))
    conversions, value, nulls = (np.array([row[n] for row in given], dtype=float) for n in (1, 2, 3))
    return paths_of(touches, conversions=conversions, value=value, nulls=nulls)


def states_of(touches, order):
    """Return every `order` consecutive touches as one state, equal successive ones once."""
    if len(touches) < order:
        windows = [tuple(touches)]
    else:
        windows = [tuple(touches[at : at + order]) for at in range(len(touches) - order + 1)]
    return [state for state, _ in groupby(windows)]


def rates(given, order, *, nulls=True, without=None):
    """Return the conversions and the value of one path through the chain without a channel.

    Every step's probability is counted; what enters a state that holds the channel ends there. The
    equations are solved in whole fractions.
    """
    steps = defaultdict(lambda: defaultdict(int))
    worth = defaultdict(int)
    for touches, won, value, lost in given:
        weight = won + lost if nulls else won
        if not touches:
            continue
        states = ["start", *states_of(touches, order)]
        worth[states[-1]] += value
        if not weight:
            continue
        for here, there in pairwise(states):
            steps[here][there] += weight
        steps[states[-1]]["won"] += won
        steps[states[-1]]["lost"] += lost if nulls else 0
    names = [name for name in steps if name == "start" or without not in name]
    place = {name: at for at, name in enumerate(names)}
    matrix, won, value = [], [], []
    for name in names:
        leaves = sum(steps[name].values())
        row = [Fraction(int(name == other)) for other in names]
        for there, weight in steps[name].items():
            if there in place:
                row[place[there]] -= Fraction(weight, leaves)
        matrix.append(row)
        won.append(Fraction(steps[name]["won"], leaves))
        value.append(Fraction(worth[name], leaves))
    if not names:
        return Fraction(0), Fraction(0)
    return tuple(solve(matrix, side)[place["start"]] for side in (won, value))


def solve(matrix, side):
    """Solve a system of equations in fractions."""
    rows = [[*row, right] for row, right in zip(matrix, side, strict=True)]
    for at in range(len(rows)):
        pivot = next(n for n in range(at, len(rows)) if rows[n][at])
        rows[at], rows[pivot] = rows[pivot], rows[at]
        rows[at] = [cell / rows[at][at] for cell in rows[at]]
        for other in range(len(rows)):
            if other != at and rows[other][at]:
                factor = rows[other][at]
                rows[other] = [a - factor * b for a, b in zip(rows[other], rows[at], strict=True)]
    return [row[-1] for row in rows]


def removal_effects(given, order, *, nulls=True):
    """Return by channel the parts of conversions and of value lost without it, as floats."""
    whole = rates(given, order, nulls=nulls)
    effects = {}
    for channel in sorted({channel for row in given for channel in row[0]}):
        kept = rates(given, order, nulls=nulls, without=channel)
        effects[channel] = tuple(float(1 - k / w) if w else 0.0 for k, w in zip(kept, whole, strict=True))
    return effects


def shapley(worth, players):
    """Return each player's Shapley value from the worth of every coalition (a function of a frozenset)."""
    values = {}
    for player in players:
        others = [other for other in players if other != player]
        values[player] = sum(
            factorial(size) * factorial(len(others) - size) / factorial(len(players))
            * (worth(frozenset(some) | {player}) - worth(frozenset(some)))
            for size in range(len(others) + 1)
            for some in combinations(others, size)
        )  # fmt: skip
    return values
