"""A warning appears on a history that calls for it, and not on a plain one."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from transforms.attribution.data_driven import History
from transforms.attribution.doubts import find_doubts
from transforms.spark.uplift import measure

DAYS = 365


def make_history(**spend):
    random = np.random.default_rng(5)
    orders = random.poisson(60, DAYS).astype(float)
    return History(orders, spend, np.arange(DAYS) % 7)


def steps(*cuts, usual=100.0, other=0.0):
    amounts = np.full(DAYS, usual)
    for start in cuts:
        amounts[start : start + 21] = other
    return amounts


def kinds(history, seen=None, mixed=None):
    number = int(history.orders.sum()) if seen is None else seen
    return [doubt.kind for doubt in find_doubts(history, number, mixed)]


def test_a_plain_history_has_no_warning():
    assert kinds(make_history(ads=steps(60, 200), mail=steps(120, 300))) == []


@pytest.mark.parametrize(("part", "expected"), [(0.9, []), (0.4, ["orders_without_visit"])])
def test_orders_without_a_visit_are_told_with_their_share(part, expected):
    history = make_history(ads=steps(60, 200))
    assert kinds(history, int(history.orders.sum() * part)) == expected


def test_channels_changed_together_cannot_be_told_apart():
    assert kinds(make_history(ads=steps(60, 200), mail=3 * steps(60, 200))) == ["moved_together"]


def test_spend_without_a_step_is_told():
    assert kinds(make_history(ads=np.full(DAYS, 100.0), mail=steps(120, 300))) == ["no_step"]


def test_a_budget_tripled_for_the_season_is_told():
    history = make_history(ads=steps(200, 221, usual=100.0, other=300.0))
    history.orders[200:242] += 60
    assert kinds(history) == ["moved_with_season"]


def test_a_channel_of_several_currencies_is_told_by_name():
    found = find_doubts(make_history(), 10**6, {"ads": ["JPY", "EUR"]})
    assert [doubt.kind for doubt in found] == ["several_currencies"]
    assert "ads is billed in EUR and JPY" in found[0].told


def test_currencies_are_never_added_up_within_a_channel():
    days = [date(2026, 1, 1) + timedelta(n) for n in range(70)]
    orders = pl.DataFrame({
        "day_on": days, "currency": ["EUR"] * 70, "value_micros": [1_000_000] * 70, "group": [0] * 70,
        "marketing_channel": [["ads"]] * 70, "age": [[1.0]] * 70,
    })  # fmt: skip
    spend = pl.DataFrame({
        "channel": ["ads"] * 140, "currency": ["EUR"] * 70 + ["JPY"] * 70, "day_on": days * 2,
        "spend_micros": [1_000_000] * 70 + [150_000_000] * 70,
    })  # fmt: skip
    rows = measure(orders, spend, 30.0)
    assert rows["spend_micros"].to_list() == [None] * rows.height
    assert "ads is billed in EUR and JPY" in rows["doubts"][0]
    plain = measure(orders, spend.filter(pl.col("currency") == "EUR"), 30.0)
    assert plain.filter(marketing_channel="ads")["spend_micros"].to_list() == [70_000_000]
    assert "billed" not in plain["doubts"][0]
