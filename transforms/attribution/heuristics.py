"""Rules of thumb: which touches of a path get how much of its conversion, by place or by age."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from transforms.attribution.paths import Floats, Integers, Paths

FIRST_PART, MIDDLE_PART, LAST_PART = 0.4, 0.2, 0.4
# How analytics tools spell a visit that came from nowhere.
DIRECT = re.compile(r"(?i)\s*\(?direct\)?([ _-]traffic)?(\s*/\s*\(?(none|not set)\)?)?\s*")


def is_direct(channel: str) -> bool:
    """Say whether a channel's name means a direct visit, such as `(direct) / (none)`."""
    return DIRECT.fullmatch(channel) is not None


def pick_first(paths: Paths) -> Integers:
    """Return the place of the touch that gets all, one a filled path: the first."""
    return paths.firsts


def pick_last(paths: Paths) -> Integers:
    """Return the place of the touch that gets all, one a filled path: the last."""
    return paths.lasts


def pick_last_non_direct(paths: Paths) -> Integers:
    """Return the place of the last touch that is not direct, one a filled path; the last if all are."""
    lasts = paths.lasts
    direct = np.array([is_direct(channel) for channel in paths.channels], dtype=bool)
    if not direct.any() or not len(lasts):
        return lasts
    places = np.where(direct[paths.codes], -1, np.arange(len(paths.codes)))
    found = np.maximum.reduceat(places, paths.firsts)
    return np.where(found < 0, lasts, found)


def split_linear(paths: Paths) -> Floats:
    """Return the same part for every touch of a path."""
    return paths.spread(1.0 / np.maximum(paths.lengths, 1))


def split_position(paths: Paths) -> Floats:
    """Return 40 % for the first and the last touch and 20 % for those between; 50/50 of two, all of one."""
    lengths = paths.lengths
    parts = paths.spread(MIDDLE_PART / np.maximum(lengths - 2, 1))
    long = lengths[paths.is_filled] > 2
    parts[paths.firsts] = np.where(long, FIRST_PART, 0.5)
    parts[paths.lasts] = np.where(long, LAST_PART, 0.5)
    parts[paths.firsts[lengths[paths.is_filled] == 1]] = 1.0
    return parts


def split_time_decay(paths: Paths, half_life: float) -> Floats:
    """Return parts that halve with every half-life before the end of the path.

    The age of a touch is in days where the paths know it; else each touch lies one day before the next.
    """
    ages = paths.ages
    if ages is None:
        ages = (paths.spread(paths.lengths.astype(np.float64)) - 1.0) - paths.steps
    if len(ages):  # the youngest touch counts 1, so that old paths do not vanish below the smallest float
        youngest = np.zeros(len(paths))
        youngest[paths.is_filled] = np.minimum.reduceat(ages, paths.firsts)
        ages = ages - paths.spread(youngest)
    return paths.normalise(np.exp2(-ages / half_life))


PICKS: dict[str, Callable[[Paths], Integers]] = {
    "first": pick_first,
    "last": pick_last,
    "last_non_direct": pick_last_non_direct,
}
SPLITS: dict[str, Callable[[Paths], Floats]] = {"linear": split_linear, "position": split_position}
