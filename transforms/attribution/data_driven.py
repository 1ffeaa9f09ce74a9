"""The data-driven model: who began a purchase, by paths; how much paid channels add, by their spend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transforms.attribution.belonging import find_beginnings, find_belonging
from transforms.attribution.heuristics import is_direct, pick_first
from transforms.attribution.paths import Floats, Paths
from transforms.attribution.uplift import Shape, find_uplift

# How much the first touch weighs beside the first that stands out; chosen on simulated markets.
FIRST_TOUCH = 0.85


@dataclass(frozen=True, slots=True)
class History:
    """Orders of each day and spend of each channel on it, without gaps; spend in any one unit."""

    orders: Floats
    spend: Mapping[str, Floats]
    weekdays: NDArray[np.int64]


def begin_paths(paths: Paths, window_days: float) -> Floats:
    """Return each touch's part of its conversion, from the paths alone; what nobody began is left over.

    Two readings err to opposite sides and are mixed: the first touch of all, which takes chance for
    cause, and the first touch that stands out from chance, which overlooks what works slowly.
    """
    first = np.zeros(len(paths.codes))
    first[pick_first(paths)] = 1.0
    beginnings = find_beginnings(paths, find_belonging(paths, window_days))
    return FIRST_TOUCH * first + (1 - FIRST_TOUCH) * beginnings


def share_channels(paths: Paths, parts: Floats, history: History) -> dict[str, float]:
    """Return each channel's part of all conversions; the parts sum to 1."""
    return share_and_shape(paths, parts, history)[0]


def share_and_shape(
    paths: Paths, parts: Floats, history: History, shapes: Sequence[Shape] | None = None
) -> tuple[dict[str, float], Sequence[Shape]]:
    """Return each channel's part of all conversions, and how spend works, to be given to a further call.

    Channels with spend are moved towards what their spend explains, also those no visit shows; the
    others share what remains in the proportions of the paths. What nobody began is direct's.
    """
    total = float(paths.conversions.sum())
    if not total:
        return dict.fromkeys(paths.channels, 0.0), ()
    begun = paths.total(parts * paths.spread(paths.conversions)) / total
    shares = dict(zip(paths.channels, begun.tolist(), strict=True))
    direct = next(filter(is_direct, paths.channels), "direct")
    shares[direct] = shares.get(direct, 0.0) + 1 - float(begun.sum())
    expected = {name: shares.get(name, 0.0) for name in history.spend}
    uplift, shapes = find_uplift(history.orders, history.spend, history.weekdays, expected, shapes)
    paid = sum(uplift.values())
    unpaid = sum(share for name, share in shares.items() if name not in uplift)
    left = max(0.0, 1 - paid) / unpaid if unpaid else 0.0
    moved = {name: share * left for name, share in shares.items() if name not in uplift} | uplift
    whole = sum(moved.values())
    return {name: share / whole for name, share in moved.items()}, shapes
