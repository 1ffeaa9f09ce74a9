"""What the checks found becomes Dagster's check results: its severity says whether anything stops."""

from __future__ import annotations

from dataclasses import replace

import dagster as dg
import pytest

from lake.gold import GOLD
from lake.quality.result import Result, judge
from lake.schemas import SILVER
from orchestration.quality import Outcome
from orchestration.quality_assets import CHECKED, SOUND, sound_specs, tell_verdicts

FAILED = {"expected": "clicks are counted", "seen": "2 of 9 rows break it", "failing": 2, "rows": 9}
ERROR, WARN = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN


def result(severity="critical", *, passed=False, kind="expectation"):
    facts = FAILED | ({"failing": 0} if passed else {})
    return Result("silver", "order", "clicks_counted", "clicks", severity, passed, kind=kind, **facts)


def outcome(*results):
    return Outcome(9, len(results), 0, (judge("silver", "order", results),), results)


@pytest.mark.parametrize(
    ("found", "passed", "severity"),
    [
        (result(passed=True), True, WARN),
        (result("warning"), False, WARN),
        (result(), False, ERROR),
        (result(kind="anomaly"), False, WARN),
    ],
)
def test_severity_decides_between_stop_and_warn(found, passed, severity):
    [told] = tell_verdicts(outcome(found), "lake", ["order"])
    assert (told.asset_key, told.check_name) == (dg.AssetKey(["lake", "order"]), SOUND)
    assert (told.passed, told.severity) == (passed, severity)
    assert told.metadata["failing"].value == ({} if passed else {"clicks_counted": 2})


def test_a_table_that_was_not_judged_stops():
    [told] = tell_verdicts(outcome(), "lake", ["touch"])
    assert (told.passed, told.severity) == (False, ERROR)
    assert told.metadata["reasons"].value == ["It was not checked."]


@pytest.mark.parametrize(("found", "built"), [(result(), []), (result("warning"), ["mart"])])
def test_a_table_that_fails_critically_keeps_its_mart_from_being_built_and_a_warning_does_not(found, built):
    made = []

    @dg.multi_asset(
        specs=[dg.AssetSpec(["lake", "order"])], check_specs=sound_specs([dg.AssetKey(["lake", "order"])])
    )
    def published():
        yield dg.MaterializeResult(asset_key=["lake", "order"])
        yield from tell_verdicts(outcome(found), "lake", ["order"])

    @dg.asset(deps=[dg.AssetKey(["lake", "order"])])
    def mart() -> None:
        made.append("mart")

    dg.materialize([published, mart], raise_on_error=False)
    assert made == built


def test_an_empty_gold_table_holds_and_a_failing_one_stops():
    [told] = tell_verdicts(outcome(), "lake", ["attribution_credit"])
    assert (told.passed, told.metadata["reasons"].value) == (True, ["It holds nothing yet."])
    bad = replace(result(), layer="gold", table="attribution_credit")
    found = Outcome(9, 1, 0, (judge("gold", "attribution_credit", [bad]),), (bad,))
    [told] = tell_verdicts(found, "lake", ["attribution_credit"])
    assert (told.passed, told.severity) == (False, ERROR)


def test_every_silver_and_gold_table_is_checked_where_it_is_published():
    assert set(CHECKED) == {*SILVER, *GOLD}
