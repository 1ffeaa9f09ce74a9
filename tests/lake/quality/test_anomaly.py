"""Clean figures raise hardly an alarm; a missing day, a missing stream and a doubled one do."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from lake.quality.anomaly import FEWEST_DAYS, holidays, is_holiday, learn_band
from lake.quality.series import Series, find_due_day, judge_series, open_anomalies

FIRST = date(2025, 1, 6)
DAYS = 200
SERIES = 60
# At most one false alarm in a hundred judged days; measured: about three in a thousand.
MOST_FALSE = 0.01


def clean(kind: str, dice: np.random.Generator, days: int = DAYS) -> np.ndarray:
    """A figure with its own week, trend, season and scatter, and nothing wrong with it."""
    place = np.arange(days)
    week = np.exp(dice.normal(0, 0.25, 7))
    base = week[place % 7] * np.exp(dice.normal(0, 0.002) * place) * (1 + 0.2 * np.sin(place / 58))
    if kind == "money":
        return base * 300 * np.exp(dice.normal(0, 0.12, days))
    size = {"many": 5000, "some": 80, "few": 8}[kind]
    return dice.poisson(base * size * np.exp(dice.normal(0, 0.1, days))).astype(float)


def steady(dice: np.random.Generator, days: int = 100) -> np.ndarray:
    place = np.arange(days)
    return 400 * (1 + 0.3 * np.sin(2 * np.pi * place / 7)) * np.exp(dice.normal(0, 0.06, days))


def judge(values: np.ndarray, *, is_money: bool = True, last: int = 90):
    series = Series("spend_daily", "spend", "meta_ads", "act_1", FIRST, tuple(values), is_money)
    return series, judge_series(series, last)


@pytest.mark.parametrize("kind", ["many", "some", "few", "money"])
def test_a_clean_figure_raises_at_most_one_alarm_in_a_hundred_days(kind):
    dice = np.random.default_rng(11)
    judged = [day for _ in range(SERIES) for day in judge(clean(kind, dice), is_money=kind == "money")[1]]
    assert len(judged) == SERIES * 90
    assert all(day.expected is not None for day in judged)
    assert sum(day.severity is not None for day in judged) / len(judged) <= MOST_FALSE


@pytest.mark.parametrize(
    ("factor", "severity"), [(0.0, "critical"), (2.0, "warning"), (0.4, "warning"), (1.05, None)]
)
def test_a_zero_a_doubled_and_a_halved_day_stand_out(factor, severity):
    dice = np.random.default_rng(3)
    for _ in range(20):
        values = steady(dice)
        values[-1] *= factor
        _, days = judge(values, last=1)
        assert [day.severity for day in days] == [severity]


def views_of_posts(dice: np.random.Generator, days: int = DAYS) -> np.ndarray:
    """Daily views of a page: every post is seen for days, and one in many is seen ten times as often."""
    views = np.full(days + 30, 30.0)
    for start in np.flatnonzero(dice.random(days + 30) < 0.35):
        size = 700 * np.exp(dice.normal(0, 0.9))
        reach = np.arange(len(views) - start)
        views[start:] += size * 0.5**reach
    return dice.poisson(views[30:] * np.exp(dice.normal(0, 0.2, days))).astype(float)


@pytest.mark.case("app/odd-days-of-social-views")
def test_a_collapse_and_a_spike_of_a_noisy_figure_fire_and_its_own_noise_hardly_does():
    dice = np.random.default_rng(21)
    judged, fired = [], []
    for _ in range(20):
        values = views_of_posts(dice)
        judged += judge(values, is_money=False)[1]
        usual = float(np.median(values[-28:]))
        for odd in (3.0, 60 * usual):
            (day,) = judge(np.append(values[:-1], odd), is_money=False, last=1)[1]
            fired.append(day.severity)
    assert fired.count("warning") >= 38
    assert sum(day.severity is not None for day in judged) / len(judged) <= 0.02


def test_a_stream_that_stops_is_told_day_after_day_and_names_account_and_band():
    values = steady(np.random.default_rng(4))
    values[-3:] = 0
    series, days = judge(values, last=10)
    assert [day.severity for day in days] == [None] * 7 + ["critical"] * 3
    found = open_anomalies([(series, day) for day in days])
    assert len(found) == 2
    assert all(result.is_critical and not result.blocks for result in found)
    assert "spend of meta_ads act_1 on 2025-04-15 is between" in found[-1].expected


def test_an_odd_day_in_the_past_does_not_widen_the_band():
    dice = np.random.default_rng(5)
    values = steady(dice)
    plain = learn_band(values, FIRST + timedelta(days=100), is_count=False)
    values[[-3, -11, -20]] *= [4, 0.01, 6]
    spoilt = learn_band(values, FIRST + timedelta(days=100), is_count=False)
    assert spoilt.high - spoilt.low < 1.35 * (plain.high - plain.low)
    assert spoilt.expected == pytest.approx(plain.expected, rel=0.15)


def test_the_weekly_pattern_is_expected():
    values = np.tile([100.0, 100, 100, 100, 100, 30, 20], 12)
    for place, level in enumerate([100, 100, 100, 100, 100, 30, 20]):
        band = learn_band(np.concatenate([values, values[:place]]), FIRST, is_count=False)
        assert band.expected == pytest.approx(level, rel=0.02)


def test_a_trend_is_followed():
    values = 100 * np.exp(0.01 * np.arange(80))
    band = learn_band(values, date(2025, 3, 3), is_count=False)
    assert band.expected == pytest.approx(100 * np.exp(0.8), rel=0.02)


def test_too_short_or_too_empty_a_history_gives_no_judgement():
    assert learn_band(np.full(FEWEST_DAYS - 1, 50.0), FIRST, is_count=True) is None
    assert learn_band(np.tile([50.0, 0, 0, 0, 0, 0, 0], 10), FIRST, is_count=True) is None


def test_a_small_count_may_be_zero():
    band = learn_band(np.tile([3.0, 2, 4, 3, 5, 2, 3], 10), date(2025, 3, 3), is_count=True)
    assert band.low == 0


def test_a_holiday_is_allowed_more():
    values = steady(np.random.default_rng(6))
    plain, feast = (
        learn_band(values, day, is_count=False) for day in (date(2025, 7, 16), date(2025, 12, 25))
    )
    assert feast.low < plain.low < plain.high < feast.high


@pytest.mark.parametrize(
    "day", ["2024-03-31", "2025-04-20", "2026-04-05", "2025-11-28", "2025-12-01", "2026-01-01"]
)
def test_easter_and_the_sales_are_known(day):
    feast = date.fromisoformat(day)
    assert feast in holidays(feast.year)
    assert is_holiday(feast - timedelta(days=1))
    assert not is_holiday(date(2025, 7, 16))


@pytest.mark.parametrize(
    ("days_late", "lag", "missed"),
    [(2, None, 0), (4, None, 0), (6, None, 2), (3, 3, 0), (4, 3, 1), (2, 1, 1)],
)
def test_a_day_is_missed_only_when_it_is_later_than_the_vendor_usually_is(days_late, lag, missed):
    today = date(2026, 3, 20)
    told = today - timedelta(days=days_late)
    assert find_due_day(told, today, lag) == told + timedelta(days=missed)
