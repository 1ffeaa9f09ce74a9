"""Segments and lifecycle stages by hand."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from lake.audiences.fields import SEGMENTS, STAGES
from lake.audiences.profile import STAGE
from lake.audiences.segments import GRID, name_segment
from transforms.profiles.lifecycle import (
    DEFAULT_AT_RISK,
    DEFAULT_LAPSED,
    FEWEST_GAPS,
    find_thresholds,
    median_gap,
)


@pytest.mark.parametrize(
    ("recency", "frequency", "monetary", "segment"),
    [
        (5, 5, 5, "champions"),
        (4, 4, 3, "champions"),  # 3.5 is rounded up to 4
        (4, 3, 3, "loyal"),
        (5, 1, 1, "recent"),
        (3, 1, 1, "promising"),
        (2, 3, 3, "at_risk"),
        (1, 5, 5, "cannot_lose"),
        (1, 1, 1, "lost"),
        (1, 1, 2, "hibernating"),
    ],
)
def test_three_scores_have_one_name(recency, frequency, monetary, segment):
    assert name_segment(recency, frequency, monetary) == segment


def test_every_name_in_the_grid_is_one_that_definitions_may_ask_for():
    assert {name for row in GRID for name in row} == set(SEGMENTS)
    assert [len(row) for row in GRID] == [5] * 5


def test_thresholds_are_quantiles_of_the_shop_s_own_gaps():
    # 100 repeat orders: 10 each after 1, 2, ... 10 days, in tens: 10, 20, ... 100 days.
    found = find_thresholds({10 * n: 10 for n in range(1, 11)})
    assert (found.at_risk_days, found.lapsed_days, found.gaps) == (80, 100, 100)
    assert found.told.startswith("Of 100 repeat orders, 80% came within 80 days")
    assert median_gap({10 * n: 10 for n in range(1, 11)}) == 50


def test_gaps_still_open_lengthen_the_thresholds_towards_the_truth():
    random = np.random.default_rng(2)
    gaps, waits = Counter(), Counter()
    for first in random.integers(0, 365, 5_000):
        day = int(first)
        while (gap := 1 + int(random.exponential(120))) + day <= 365:
            gaps[gap] += 1
            day += gap
        waits[365 - day] += 1
    truth = -120 * np.log(1 - np.array([0.8, 0.95]))
    naive, found = find_thresholds(gaps), find_thresholds(gaps, waits)
    errors = np.abs(np.array([[t.at_risk_days, t.lapsed_days] for t in (naive, found)]) - truth)
    assert (errors[1] < 0.7 * errors[0]).all()


def test_two_orders_of_one_day_are_no_gap():
    assert find_thresholds({0: 1000, 10: 60}) == find_thresholds({10: 60})
    assert median_gap({0: 5}) is None


def test_too_few_repeat_orders_are_said_and_usual_days_stand_in():
    found = find_thresholds({10: FEWEST_GAPS - 1})
    assert (found.at_risk_days, found.lapsed_days) == (DEFAULT_AT_RISK, DEFAULT_LAPSED)
    assert found.told.startswith("Only 49 repeat orders so far")


def test_a_quick_shop_still_leaves_a_week_between_the_thresholds():
    found = find_thresholds({1: 100})
    assert (found.at_risk_days, found.lapsed_days) == (7, 14)


def test_the_stage_names_only_stages_definitions_may_ask_for():
    assert all(f"'{stage}'" in STAGE for stage in STAGES)
