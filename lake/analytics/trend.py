"""The direction of a series: weekday effects taken out, a robust slope with its interval, turning points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

Line = tuple[float, float]
WEEK = 7
# A weekly pattern is told from chance by three weeks, a slope by eight values.
FEWEST_WEEKS, FEWEST_VALUES = 3, 8
CONFIDENCE = 0.95
# A part of the series between two turns is at least two weeks long, or a quarter of the buckets.
FEWEST_IN_PART = 14
# Two lines must fit that much better than one before we speak of a turn.
BETTER_FIT = 0.7
MOST_TURNS = 3


@dataclass(frozen=True, slots=True)
class Trend:
    """Slope per bucket with its 95 % interval, the line's ends, and where the direction turned."""

    slope: float
    low: float
    high: float
    start: float
    end: float
    turns: tuple[int, ...]


def weekday_effects(days: Sequence[date], values: np.ndarray) -> np.ndarray | None:
    """Return what each weekday (Monday first) adds to the week's level, None for less than three weeks.

    The median of the distances to the centred median of seven days, the long trend taken out before:
    outliers do not move it.
    """
    known = ~np.isnan(values)
    if known.sum() < FEWEST_WEEKS * WEEK:
        return None
    from scipy.stats import theilslopes

    at = np.flatnonzero(known)
    values = values - theilslopes(values[at], at)[0] * np.arange(len(values))
    level = np.array([np.nanmedian(_around(values, n)) if known[n] else np.nan for n in range(len(values))])
    weekdays = np.array([day.weekday() for day in days])
    distance = values - level
    effects = np.zeros(WEEK)
    for weekday in range(WEEK):
        seen = distance[(weekdays == weekday) & known]
        if len(seen) < FEWEST_WEEKS - 1:
            return None
        effects[weekday] = np.median(seen)
    return effects - effects.mean()


def _around(values: np.ndarray, n: int) -> np.ndarray:
    """Return the seven values around one, or the seven nearest to it at the ends."""
    start = max(0, min(n - WEEK // 2, len(values) - WEEK))
    return values[start : start + WEEK]


def fit_trend(values: np.ndarray) -> Trend | None:
    """Return the Theil-Sen line through the values (NaN is left out) and its turns, None for too few.

    The slope is the median of the slopes between all pairs of values.
    """
    at = np.flatnonzero(~np.isnan(values))
    if len(at) < FEWEST_VALUES:
        return None
    from scipy.stats import theilslopes

    known = values[at]
    slope, intercept, low, high = theilslopes(known, at, CONFIDENCE)
    turns = tuple(int(at[n]) for n in sorted(_turns(at.astype(float), known, 0)))
    start, end = intercept + slope * at[0], intercept + slope * at[-1]
    return Trend(float(slope), float(low), float(high), float(start), float(end), turns[:MOST_TURNS])


def _turns(at: np.ndarray, values: np.ndarray, offset: int) -> list[int]:
    """Return where a line each side fits much better than one line, with opposite directions."""
    least = max(FEWEST_IN_PART, 1) if len(values) >= 4 * FEWEST_IN_PART else max(len(values) // 4, 4)
    if len(values) < 2 * least:
        return []
    whole = _misfit(at, values)[0]
    best, place = np.inf, -1
    for n in range(least, len(values) - least + 1, max(1, len(values) // 60)):
        both = _misfit(at[:n], values[:n])[0] + _misfit(at[n:], values[n:])[0]
        if both < best:
            best, place = both, n
    if place < 0 or whole == 0 or best > BETTER_FIT * whole:
        return []
    left, right = _misfit(at[:place], values[:place])[1], _misfit(at[place:], values[place:])[1]
    inner = _turns(at[:place], values[:place], offset) + _turns(at[place:], values[place:], offset + place)
    return [*inner, offset + place] if left * right < 0 else inner


def _misfit(at: np.ndarray, values: np.ndarray) -> tuple[float, float]:
    """Return the sum of distances to the least-squares line, and its slope."""
    slope, intercept = np.polyfit(at, values, 1)
    return float(np.abs(values - intercept - slope * at).sum()), float(slope)
