"""The direction of made-up series whose truth is known."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from lake.analytics.trend import fit_trend, weekday_effects

DAYS = [date(2026, 6, 1) + timedelta(days=n) for n in range(91)]
WEEKLY = np.array([30.0, 10, 0, -5, -5, -40, 10])
PATTERN = np.array([WEEKLY[day.weekday()] for day in DAYS])
NOISE = np.random.default_rng(3).normal(0, 1, len(DAYS))


def test_weekday_effects_are_found_beside_a_trend_noise_and_outliers():
    values = 500 + 1.5 * np.arange(91) + PATTERN + NOISE
    values[[10, 40]] = 5000
    effects = weekday_effects(DAYS, values)
    assert effects == pytest.approx(WEEKLY - WEEKLY.mean(), abs=3)
    assert weekday_effects(DAYS[:20], values[:20]) is None


def test_the_slope_is_exact_without_noise_and_not_moved_by_odd_days():
    line = 100 + 2.0 * np.arange(91)
    assert fit_trend(line).slope == pytest.approx(2)
    line[[5, 6, 50]] = [9000, np.nan, -9000]
    trend = fit_trend(line)
    assert trend.slope == pytest.approx(2)
    assert trend.low <= 2 <= trend.high
    assert (trend.start, trend.end) == (pytest.approx(100), pytest.approx(280))


def test_noise_alone_has_no_direction_and_no_turn():
    trend = fit_trend(500 + 20 * NOISE)
    assert trend.low < 0 < trend.high
    assert trend.turns == ()


def test_a_turn_is_found_where_it_is():
    up_and_down = np.concatenate([np.arange(50.0), 50 - np.arange(41.0)]) * 3 + NOISE
    (turn,) = fit_trend(up_and_down).turns
    assert abs(turn - 50) <= 3


def test_too_few_values_have_no_trend():
    assert fit_trend(np.array([1.0, 2, np.nan, 4, 5, 6, 7, 8])) is None
