"""From scored pairs to persons: connected components, and a guard against chains that join strangers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Ids = NDArray[np.int64]
Scores = NDArray[np.float64]
# Log odds beyond these say no more: one strong pair must not outvote many doubtful ones.
BOUND = 12.0
# Groups above this are cut at ever stronger links first; no person has so many different records.
LARGEST_GROUP = 120
STRONGER = 3.0


def components(size: int, a: Ids, b: Ids) -> Ids:
    """Return the component of each of `size` nodes, exact for chains of any length; 0 .. in no order."""
    graph = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(size, size))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def split_chains(
    group: Ids, a: Ids, b: Ids, scores: Scores, *, score_pairs: Callable[[Ids, Ids], Scores], least: float
) -> Ids:
    """Return the groups, with those split whose members do not agree among each other on average.

    `group` are components over the links `a`-`b` with log odds of at least `least`; `score_pairs` gives
    the log odds of pairs that were no candidates. Groups are merged again from single records, best pair
    first, while the mean log odds between two parts is at least `least` (average linkage), so a single
    link between two families does not make them one.
    """
    group = _cut_giants(group, a, b, scores, least)
    inside = _inside(group)
    known = lookup(a, b, scores, inside)
    missing = np.isnan(known)
    known[missing] = score_pairs(inside[0][missing], inside[1][missing])
    known = np.clip(known, -BOUND, BOUND)
    doubtful = np.unique(group[inside[0][known < least]])
    if not len(doubtful):
        return group
    return _relink(group, inside, known, doubtful, least)


def _cut_giants(group: Ids, a: Ids, b: Ids, scores: Scores, least: float) -> Ids:
    bar = least
    while True:
        sizes = np.bincount(group)
        giant = sizes[group] > LARGEST_GROUP
        if not giant.any():
            return group
        bar += STRONGER
        kept = (scores >= bar) | ~giant[a]
        kept &= (group[a] == group[b]) & (scores >= least)
        group = components(len(group), a[kept], b[kept])


def _inside(group: Ids) -> tuple[Ids, Ids]:
    """Return all pairs of records within the groups, a < b."""
    order = np.argsort(group, kind="stable")
    sizes = np.bincount(group)
    starts = np.cumsum(sizes) - sizes
    rows: list[tuple[Ids, Ids]] = []
    for size in np.unique(sizes[sizes > 1]):
        members = order[starts[sizes == size][:, None] + np.arange(size)]
        one, other = np.triu_indices(size, 1)
        rows.append((members[:, one].ravel(), members[:, other].ravel()))
    if not rows:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return np.concatenate([r[0] for r in rows]), np.concatenate([r[1] for r in rows])


def lookup(a: Ids, b: Ids, scores: Scores, wanted: tuple[Ids, Ids]) -> Scores:
    """Return the scores of the wanted pairs, NaN where there is none."""
    key, asked = (a << 32) | b, (wanted[0] << 32) | wanted[1]
    order = np.argsort(key)
    if not len(key):
        return np.full(len(asked), np.nan)
    place = np.minimum(np.searchsorted(key, asked, sorter=order), len(key) - 1)
    found = order[place]
    return np.where(key[found] == asked, scores[found], np.nan)


def _relink(group: Ids, inside: tuple[Ids, Ids], scores: Scores, doubtful: Ids, least: float) -> Ids:
    """Return the groups with the doubtful ones put together anew; groups of one size go side by side."""
    place = np.flatnonzero(np.isin(group[inside[0]], doubtful))
    # Stable: within a group its pairs stay in the order of _inside.
    place = place[np.argsort(group[inside[0][place]], kind="stable")]
    pairs = np.unique(group[inside[0][place]], return_counts=True)[1]
    starts = np.cumsum(pairs) - pairs
    group, fresh = group.copy(), int(group.max()) + 1
    for count in np.unique(pairs):
        size = round((1 + (1 + 8 * count) ** 0.5) / 2)
        of = place[starts[pairs == count][:, None] + np.arange(count)]
        members = np.concatenate([inside[0][of[:, :1]], inside[1][of[:, : size - 1]]], axis=1)
        parts = average_linkage(scores[of], size, least)
        group[members] = fresh + np.arange(len(of))[:, None] * size + parts
        fresh += len(of) * size
    return group


def average_linkage(scores: Scores, size: int, least: float) -> Ids:
    """Return the part (0 .. size - 1) of each member, for many groups of one size at a time.

    `scores[g]` holds the scores between the members of group g as `np.triu_indices(size, 1)` lists them.
    The two parts with the highest mean score become one, until no mean is `least` or more.
    """
    groups = len(scores)
    one, other = np.triu_indices(size, 1)
    mean = np.full((groups, size, size), -np.inf)
    mean[:, one, other] = mean[:, other, one] = scores
    weight, part = np.ones((groups, size)), np.tile(np.arange(size), (groups, 1))
    live = np.arange(groups)
    for _ in range(size - 1):
        best = mean[live].reshape(len(live), -1).argmax(axis=1)
        i, j = np.divmod(best, size)
        on = mean[live, i, j] >= least
        live, i, j = live[on], i[on], j[on]
        if not len(live):
            break
        w_i, w_j = weight[live, i], weight[live, j]
        # What is gone is minus infinity, and so is every mean with it.
        joined = (mean[live, i] * w_i[:, None] + mean[live, j] * w_j[:, None]) / (w_i + w_j)[:, None]
        mean[live, i], mean[live, :, i] = joined, joined
        mean[live, j], mean[live, :, j], mean[live, i, i] = -np.inf, -np.inf, -np.inf
        weight[live, i] = w_i + w_j
        part[live] = np.where(part[live] == j[:, None], i[:, None], part[live])
    return part.astype(np.int64)
