"""Touches that belong to a purchase: those that come thicker before it than chance would have them."""

from __future__ import annotations

import numpy as np

from core.errors import BadInput
from transforms.attribution.paths import Floats, Paths, add_up

# Ages in days between which touches are counted; the window's end is the last one.
EDGES = (0.0, 0.02, 0.1, 0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 14.0, 20.0)
# Touches in the oldest part of the window are taken for chance: people see ads whether they buy or not.
CHANCE_FROM = 2 / 3
LEAST_DOUBT = 1e-12


def find_belonging(paths: Paths, window_days: float) -> Floats:
    """Return how likely each touch belongs to the conversion it precedes, from 0 to 1.

    A channel's touches an hour before purchases are compared with its touches weeks before, a day of
    each: what comes by chance comes as often then as now, the surplus belongs to the purchase.

    Raises:
        BadInput: the paths do not know the ages of their touches.
    """
    if paths.ages is None:
        raise BadInput("The touches have no age; data_driven needs the time of every touch.")
    old = window_days * CHANCE_FROM
    edges = np.array([edge for edge in EDGES if edge < old] + [old, window_days])
    bins = len(edges) - 1
    places = np.clip(np.searchsorted(edges, paths.ages, side="right") - 1, 0, bins - 1)
    weights = paths.spread(paths.conversions)
    counts = add_up(paths.codes.astype(np.int64) * bins + places, weights, len(paths.channels) * bins)
    rates = counts.reshape(-1, bins) / np.diff(edges)
    chance = rates[:, -1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        belonging = np.where(rates > 0, np.clip(1 - chance / rates, 0, 1), 0.0)
    return belonging[paths.codes, places]


def find_beginnings(paths: Paths, belonging: Floats) -> Floats:
    """Return how likely each touch is the first one that belongs to its conversion.

    The parts of a path sum to at most 1; the rest is the chance that no touch belongs: the purchase
    would have come by itself, or by what no visit shows.
    """
    doubt = np.log(np.maximum(1 - belonging, LEAST_DOUBT))
    before = np.cumsum(doubt) - doubt
    at_start = np.zeros(len(paths))
    at_start[paths.is_filled] = before[paths.firsts]
    return belonging * np.exp(before - paths.spread(at_start))
