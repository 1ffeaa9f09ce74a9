"""Connected components of keys, exact for chains of any length, that never join what is to stay apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transforms.identity.clusters import components

Ids = NDArray[np.int64]


def join(size: int, a: Ids, b: Ids, apart: tuple[Ids, Ids]) -> Ids:
    """Return the component of each of `size` nodes; the links `a`-`b` come strongest first.

    Nodes of an `apart` pair end in different components: in a component that holds such a pair the links
    are followed in their order, and one that would join the two is left out.
    """
    group = components(size, a, b)
    torn = np.unique(group[apart[0]][group[apart[0]] == group[apart[1]]])
    if not len(torn):
        return group
    nodes = np.flatnonzero(np.isin(group, torn))
    links = np.flatnonzero(np.isin(group[a], torn))
    forest = _Forest(nodes.tolist(), zip(apart[0].tolist(), apart[1].tolist(), strict=True))
    for one, other in zip(a[links].tolist(), b[links].tolist(), strict=True):
        forest.join(one, other)
    fresh = int(group.max()) + 1
    group[nodes] = [fresh + forest.root(node) for node in nodes.tolist()]
    return group


class _Forest:
    """Union-find that refuses a union which would bring an apart pair together."""

    def __init__(self, nodes: list[int], apart: zip[tuple[int, int]]) -> None:
        self._above = {node: node for node in nodes}
        self._foes: dict[int, set[int]] = {node: set() for node in nodes}
        self._members = {node: {node} for node in nodes}
        for one, other in apart:
            if one in self._above and other in self._above and one != other:
                self._foes[one].add(other)
                self._foes[other].add(one)

    def root(self, node: int) -> int:
        while self._above[node] != node:
            self._above[node] = node = self._above[self._above[node]]
        return node

    def join(self, one: int, other: int) -> None:
        one, other = self.root(one), self.root(other)
        if one == other or self._foes[one] & self._members[other]:
            return
        if len(self._members[one]) < len(self._members[other]):
            one, other = other, one
        self._above[other] = one
        self._members[one] |= self._members.pop(other)
        self._foes[one] |= self._foes.pop(other)
