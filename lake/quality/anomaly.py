"""What the next day of a daily figure should be: its level, trend and weekly pattern, learnt robustly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

WEEK = 7
# Fewer days than four weeks teach no weekly pattern; more than twelve weeks are another season.
FEWEST_DAYS, MOST_DAYS = 28, 84
LEVEL_DAYS, TREND_DAYS = 14, 28
# More empty days than this, and a zero says nothing.
MOST_EMPTY = 0.2
# Half the width of the band in robust standard deviations, and the least it is in relative terms:
# together they make about three false alarms in a thousand days of a clean figure.
WIDTH, LEAST_SPREAD = 4.0, 0.08
HOLIDAY_WIDTH = 3.0
# Views of posts scatter so much that four deviations (a factor above 20) would let a collapse to nothing
# pass. Such figures are held to what was seen: twice the third highest day of the last twelve weeks, and
# half the third lowest. It costs about one false alarm in a hundred days.
MOST_REACH = 3.0
RANK, BEYOND = 3, 2.0
TO_SIGMA = 1.4826
SMALL = 0.5


@dataclass(frozen=True, slots=True)
class Band:
    """What to expect of a day, and the bounds outside which it is odd; in the figure's own unit."""

    low: float
    expected: float
    high: float


def learn_band(history: Values, day: date, *, is_count: bool) -> Band | None:
    """Return the band for the day after `history`, or None while nothing can be learnt.

    Works on logarithms, so that patterns are factors: a median per weekday over the last twelve
    weeks, a median level over the last two, a median trend. Medians let single odd days pass
    without a trace. `is_count` adds the scatter that small counts have by themselves.
    """
    past = history[-MOST_DAYS:]
    if len(past) < FEWEST_DAYS or np.mean(past <= 0) > MOST_EMPTY:
        return None
    logs = np.log(np.maximum(past, SMALL))
    # Place 0 is the weekday of the day asked for: history ends the day before it.
    weekday = (np.arange(len(logs)) - len(logs)) % WEEK
    pattern = _weekly(logs, weekday)
    flat = logs - pattern[weekday]
    slope = _slope(flat)
    ages = np.arange(len(flat), 0, -1)
    level = float(np.median(flat[-LEVEL_DAYS:] + slope * ages[-LEVEL_DAYS:]))
    residual = flat[-TREND_DAYS * 2 :] - (level - slope * ages[-TREND_DAYS * 2 :])
    spread = TO_SIGMA * float(np.median(np.abs(residual - np.median(residual))))
    middle = level + pattern[0]
    expected = float(np.exp(middle))
    by_chance = 1 / np.sqrt(max(expected, 1.0)) if is_count else 0.0
    reach = WIDTH * max(spread, LEAST_SPREAD, by_chance)
    widening = HOLIDAY_WIDTH if is_holiday(day) else 1.0
    low, high = float(np.exp(middle - reach * widening)), float(np.exp(middle + reach * widening))
    if reach > MOST_REACH:
        lowest, highest = _seen(past, BEYOND * widening)
        low, high = max(low, min(lowest, expected)), min(high, max(highest, expected))
    # A count of this size may well be zero on an ordinary day.
    if is_count and expected < WIDTH**2:
        low = 0.0
    return Band(low, expected, high)


def _seen(past: Values, beyond: float) -> tuple[float, float]:
    """Return the third lowest and third highest day of `past`, `beyond` times lower and higher."""
    ranked = np.sort(past)
    return float(ranked[RANK - 1]) / beyond, float(ranked[-RANK]) * beyond


def _weekly(logs: Values, weekday: npt.NDArray[np.int64]) -> Values:
    """Return how each weekday lies above or below its week, the median of its weeks; about 0 in all."""
    padded = np.pad(logs, WEEK // 2, mode="reflect")
    apart = logs - np.median(np.lib.stride_tricks.sliding_window_view(padded, WEEK), axis=1)
    pattern = np.array([np.median(apart[weekday == place]) for place in range(WEEK)])
    return pattern - pattern.mean()


def _slope(flat: Values) -> float:
    """Return the change a day, the median over pairs of days a fortnight apart."""
    recent = flat[-TREND_DAYS:]
    half = len(recent) // 2
    return float(np.median((recent[half:] - recent[:half]) / half))


def is_holiday(day: date) -> bool:
    """Whether the day lies at or beside one that shops and people treat unlike its weekday."""
    return any(abs((day - feast).days) <= 1 for year in (day.year - 1, day.year, day.year + 1)
               for feast in holidays(year))  # fmt: skip


def holidays(year: int) -> tuple[date, ...]:
    """Return the widely kept days of a year: New Year, Easter, Black Friday to Cyber Monday, Christmas."""
    easter = _easter(year)
    november = date(year, 11, 1)
    thanksgiving = november + timedelta(days=(3 - november.weekday()) % WEEK + 3 * WEEK)
    sale = [thanksgiving + timedelta(days=n) for n in (1, 4)]
    feasts = [date(year, 1, 1), date(year, 5, 1), *(date(year, 12, d) for d in (24, 25, 26, 31))]
    return (*feasts, *(easter + timedelta(days=n) for n in (-2, 0, 1)), *sale)


def _easter(year: int) -> date:
    """Return Easter Sunday (the Gregorian computus after Butcher)."""
    golden, century, rest = year % 19, year // 100, year % 100
    leap, skipped = century // 4, century % 4
    drift = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + century - leap - drift + 15) % 30
    week = (32 + 2 * skipped + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * late + 114, 31)
    return date(year, month, day + 1)
