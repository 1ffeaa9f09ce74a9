"""The allowance of an account is counted in wall time and refused beyond its limit."""

from __future__ import annotations

import json

import pytest

from sandbox.meta import usage
from sandbox.meta.ask import Ask
from sandbox.meta.usage import Meter, charge
from sandbox.twin import Refused


class Clock:
    now = 1000.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setattr(usage, "time", Clock())
    return usage.time


def call(meter, limit=4):
    ask = Ask(26, "GET", {}, "", "")
    charge(ask, meter, "ads_insights", "1", limit)
    return ask.headers


def test_headers_tell_how_much_is_used(clock):
    meter = Meter()
    call(meter)
    headers = call(meter)
    [[entry]] = json.loads(headers["X-Business-Use-Case-Usage"]).values()
    assert (entry["type"], entry["call_count"], entry["estimated_time_to_regain_access"]) == (
        "ads_insights",
        50,
        0,
    )
    assert json.loads(headers["X-Ad-Account-Usage"])["acc_id_util_pct"] == 50


def test_beyond_the_limit_the_vendor_says_how_long_to_wait(clock):
    meter = Meter()
    for _ in range(4):
        call(meter)
    clock.now += 600
    with pytest.raises(Refused) as refused:
        call(meter)
    answer = refused.value.answer
    assert json.loads(answer.body)["error"]["code"] == 80000
    [[entry]] = json.loads(answer.headers["x-business-use-case-usage"]).values()
    assert entry["estimated_time_to_regain_access"] == 51


def test_calls_made_while_blocked_lengthen_the_block(clock):
    meter = Meter()
    for _ in range(4):
        call(meter)
    clock.now += 1800
    with pytest.raises(Refused):
        call(meter)
    clock.now += 1801
    call(meter)
    assert json.loads(call(meter)["X-Ad-Account-Usage"])["acc_id_util_pct"] == 75
