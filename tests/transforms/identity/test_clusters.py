"""Chains do not make strangers one person, and what belongs together stays so."""

from __future__ import annotations

import numpy as np
import pytest

from transforms.identity.clusters import average_linkage, components, split_chains


def cut(size: int, links: dict[tuple[int, int], float], other: float, least: float = 0.0) -> list[set[int]]:
    """Groups of `size` nodes; pairs not in `links` score `other`."""
    a, b = (np.array([pair[end] for pair in links]) for end in (0, 1))
    scores = np.array(list(links.values()))
    strong = scores >= least
    group = components(size, a[strong], b[strong])
    found = split_chains(
        group, a, b, scores, score_pairs=lambda one, _: np.full(len(one), other), least=least
    )
    return sorted((set(np.flatnonzero(found == name).tolist()) for name in np.unique(found)), key=min)


def test_a_chain_of_any_length_is_one_component():
    size = 100_000
    assert len(np.unique(components(size, np.arange(size - 1), np.arange(1, size)))) == 1


def test_one_bridge_between_two_families_is_cut():
    family = {(0, 1): 8.0, (0, 2): 8.0, (1, 2): 8.0, (3, 4): 8.0, (3, 5): 8.0, (4, 5): 8.0}
    assert cut(6, {**family, (2, 3): 4.0}, other=-9.0) == [{0, 1, 2}, {3, 4, 5}]


def test_a_chain_whose_ends_do_not_contradict_stays_whole():
    assert cut(3, {(0, 1): 6.0, (1, 2): 6.0}, other=-1.0) == [{0, 1, 2}]


def test_a_giant_held_by_weak_links_falls_into_its_strong_parts():
    size = 400
    links = {(n, n + 1): (9.0 if n % 4 != 3 else 1.0) for n in range(size - 1)}
    assert {len(part) for part in cut(size, links, other=5.0)} <= {4, 8, 12, 16, 20, 40, 80, 100, 120}


def test_groups_without_doubt_are_left_as_they_are():
    assert cut(4, {(0, 1): 3.0}, other=-9.0) == [{0, 1}, {2}, {3}]


@pytest.mark.parametrize("seed", range(5))
def test_average_linkage_agrees_with_scipy(seed):
    from scipy.cluster.hierarchy import fcluster, linkage

    size = 9
    scores = np.random.default_rng(seed).normal(0, 4, (3, size * (size - 1) // 2))
    for ours, row in zip(average_linkage(scores, size, 0.5), scores, strict=True):
        theirs = fcluster(linkage(50 - row, "average"), 50 - 0.5, "distance")
        assert {tuple(ours == p) for p in np.unique(ours)} == {tuple(theirs == p) for p in np.unique(theirs)}
