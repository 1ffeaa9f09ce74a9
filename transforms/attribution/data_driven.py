"""The data-driven model: who began a purchase, by paths; how much paid channels add, by their spend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transforms.attribution.belonging import find_beginnings, find_belonging
from transforms.attribution.heuristics import is_direct, pick_first
from transforms.attribution.paths import Floats, Paths
from transforms.attribution.uplift import find_uplift


@dataclass(frozen=True, slots=True)
class History:
    """Orders of each day and spend of each channel on it, without gaps; spend in any one unit."""

    orders: Floats
    spend: Mapping[str, Floats]
    weekdays: NDArray[np.int64]


def begin_paths(paths: Paths, window_days: float) -> Floats:
    """Return each touch's part of its conversion, from the paths alone; what nobody began is left over.

    Two readings err to opposite sides and are averaged: the first touch of all, which takes chance
    for cause, and the first touch that stands out from chance, which overlooks what works slowly.
    """
    first = np.zeros(len(paths.codes))
    first[pick_first(paths)] = 1.0
    return (first + find_beginnings(paths, find_belonging(paths, window_days))) / 2


def scale_channels(paths: Paths, parts: Floats, history: History) -> tuple[Floats, float]:
    """Return a factor for each channel's parts, and the part of all conversions left to nobody (direct).

    Channels with spend are moved towards what their spend explains; the others share what remains in
    the proportions of the paths.
    """
    total = float(paths.conversions.sum())
    if not total:
        return np.ones(len(paths.channels)), 0.0
    shares = paths.total(parts * paths.spread(paths.conversions)) / total
    expected = dict.fromkeys(history.spend, 0.0)
    expected |= {n: float(s) for n, s in zip(paths.channels, shares, strict=True) if n in expected}
    uplift = find_uplift(history.orders, history.spend, history.weekdays, expected)
    over = max(1.0, sum(uplift.values()))
    paid = np.array([name in uplift for name in paths.channels], dtype=bool)
    wanted = np.array([uplift.get(name, 0.0) / over for name in paths.channels])
    unpaid = 1 - float(shares[paid].sum())
    rest = (1 - sum(uplift.values()) / over) / unpaid if unpaid > 0 else 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        factors = np.where(paid, np.where(shares > 0, wanted / shares, 0.0), rest)
    return factors, (1 - float(shares.sum())) * rest


def nobody(paths: Paths) -> str:
    """Return the channel that stands for purchases nobody began: the paths' own word for direct."""
    return next((name for name in paths.channels if is_direct(name)), "direct")
