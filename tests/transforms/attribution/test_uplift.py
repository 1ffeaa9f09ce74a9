import numpy as np
import pytest

from transforms.attribution.uplift import find_uplift, level

DAYS = 240
WEEKDAYS = np.arange(DAYS) % 7


def make_history(seed, *, effect, steps=((60, 2.0), (120, 0.5), (180, 1.6))):
    """Orders of a slow baseline, a weekly rhythm and a channel whose spend is changed now and then."""
    random = np.random.default_rng(seed)
    spend = np.full(DAYS, 100.0)
    for day, factor in steps:
        spend[day:] = 100.0 * factor
    season = 1 + 0.3 * np.cos(2 * np.pi * WEEKDAYS / 7)
    base = 60 * (1 + 0.1 * np.sin(np.arange(DAYS) / 60))
    caused = effect * np.sqrt(spend / 100)
    orders = random.poisson(season * (base + caused)).astype(float)
    return (
        orders,
        spend * random.normal(1, 0.03, DAYS),
        float((season * caused).sum() / (season * (base + caused)).sum()),
    )


@pytest.mark.parametrize(("effect", "thought"), [(0.0, 0.4), (20.0, 0.1), (60.0, 0.1)])
def test_steps_of_spend_move_a_wrong_expectation_towards_the_truth(effect, thought):
    found, truth = [], []
    for seed in range(5):
        orders, spend, true = make_history(seed, effect=effect)
        found.append(find_uplift(orders, {"ads": spend}, WEEKDAYS, {"ads": thought})[0]["ads"])
        truth.append(true)
    assert abs(np.mean(found) - np.mean(truth)) < 0.85 * abs(thought - np.mean(truth))


def test_spend_that_never_changed_leaves_the_expectation():
    orders, spend, _ = make_history(1, effect=30.0, steps=())
    assert find_uplift(orders, {"ads": spend}, WEEKDAYS, {"ads": 0.2})[0]["ads"] == pytest.approx(
        0.2, abs=0.03
    )


def test_spend_that_follows_demand_from_day_to_day_is_not_taken_for_its_cause():
    random = np.random.default_rng(2)
    demand = random.lognormal(0, 0.15, DAYS)
    orders = random.poisson(80 * demand).astype(float)
    found = find_uplift(orders, {"brand": 100 * demand}, WEEKDAYS, {"brand": 0.1})[0]
    assert found["brand"] == pytest.approx(0.1, abs=0.03)


def test_a_short_history_and_channels_without_spend_leave_the_expectation():
    orders, spend, _ = make_history(1, effect=30.0)
    expected = {"ads": 0.2, "idle": 0.0}
    short = slice(0, 40)
    given = {"ads": spend[short], "idle": np.zeros(40)}
    assert find_uplift(orders[short], given, WEEKDAYS[short], expected)[0] == expected
    assert find_uplift(orders, {"ads": spend, "idle": np.zeros(DAYS)}, WEEKDAYS, expected)[0]["idle"] == 0.0


def test_levels_follow_decisions_and_not_the_weather():
    random = np.random.default_rng(4)
    spend = np.concatenate([np.full(50, 100.0), np.zeros(30), np.full(40, 160.0)])
    noisy = spend * random.normal(1, 0.05, len(spend))
    steps = level(noisy)
    assert len(np.unique(steps)) == 3
    assert np.abs(np.sort(np.unique(steps)) - [0, 100, 160]).max() < 5
