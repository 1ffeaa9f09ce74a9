"""How spend becomes orders: concave saturation, carry-over, lag and the seasons of demand."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from sandbox.market.scenario import Baseline
from sandbox.market.settings_paid import Lag, Saturation

MEMORY_DAYS = 14  # carry-over older than this is not traced back to its day


def saturate(curve: Saturation, spend: float, scale: float) -> float:
    """Share (0 to 1) of the most a campaign can do, at an effective spend a day in minor units."""
    x = spend / (curve.half_minor * scale)
    if x <= 0:
        return 0.0
    if curve.form == "hill":
        return float(x**curve.slope / (x**curve.slope + 1))
    if curve.form == "exponential":
        return 1 - math.exp(-x)
    return 2 / (1 + math.exp(-x)) - 1


def draw_lags(rng: np.random.Generator, lag: Lag, size: int) -> NDArray[np.int64]:
    """Whole days between touch and order."""
    if lag.mean_days == 0:
        return np.zeros(size, dtype=np.int64)
    if lag.form == "geometric":
        days = rng.geometric(1 / (1 + lag.mean_days), size) - 1
    else:
        days = np.floor(rng.gamma(2.0, (lag.mean_days + 0.5) / 2, size)).astype(np.int64)
    return np.minimum(days, lag.max_days).astype(np.int64)


def draw_memory(rng: np.random.Generator, decay: float, spends: list[float], size: int) -> NDArray[np.int64]:
    """How many days ago the spend that works today was spent; `spends` ends with today."""
    recent = np.array(spends[-MEMORY_DAYS:][::-1])
    weights = recent * decay ** np.arange(len(recent))
    if weights.sum() <= 0:
        return np.zeros(size, dtype=np.int64)
    return np.searchsorted(np.cumsum(weights) / weights.sum(), rng.random(size), side="right").astype(
        np.int64
    )


def season_of(baseline: Baseline, on: date, day: int) -> float:
    """Factor on demand of a date: weekday, yearly wave, peaks and trend."""
    factor = baseline.weekday[on.weekday()] * (1 + baseline.trend_per_year) ** (day / 365)
    # The wave is highest in mid December and lowest in mid June.
    factor *= 1 + baseline.year_wave * math.cos(2 * math.pi * (on.timetuple().tm_yday - 350) / 365.25)
    for peak in baseline.peaks:
        summit = date(on.year, peak.month, 1) + timedelta(days=peak.day - 1)
        distance = (on - summit).days
        distance = min(abs(distance), abs(distance - 365), abs(distance + 365))
        factor *= 1 + peak.lift * math.exp(-0.5 * (distance / peak.width_days) ** 2)
    return factor
