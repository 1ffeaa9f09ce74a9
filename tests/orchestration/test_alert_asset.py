"""Dagster judges the alerts and shows what fires as a check that only warns."""

from __future__ import annotations

from contextlib import contextmanager

import dagster as dg
import pytest

from actions.services import Services
from core.settings import Settings
from core.time import FixedClock
from lake.analytics.alerts import set_alert
from orchestration.alert_asset import KEY, alert_asset
from orchestration.loop import Run, judge_alerts
from orchestration.platform import Platform
from orchestration.progress import show_stages
from tests.lake.analytics.conftest import NOW
from tests.transforms import market
from transforms.build import build_models

ABOVE = {"kind": "threshold", "side": "above", "bound": 15000}


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    with market.open_warehouse(home) as warehouse:
        market.fill(warehouse)
        assert build_models(warehouse, home=home).ok
        yield Services(Settings(home=home, _env_file=None), warehouse, FixedClock(NOW))


def test_a_fired_alert_is_a_warning_once_and_then_silent(services):
    class Here(Platform):
        @contextmanager
        def open(self):
            yield services

    @dg.multi_asset(specs=[dg.AssetSpec(["marts", "fct_orders"])])
    def models():
        yield dg.MaterializeResult(asset_key=["marts", "fct_orders"])

    set_alert(services.context("ann", frozenset({"*"})), name="Big day", metric="revenue_minor", rule=ABOVE)
    told = []
    for _ in range(2):
        assets = [models, alert_asset(models)]
        result = dg.materialize(assets, resources={"platform": Here()})
        assert result.success
        (check,) = result.get_asset_check_evaluations()
        told.append((check.passed, check.severity, check.metadata["because"].value))
        assert [
            event.asset_key for event in result.asset_materializations_for_node("state__alert_event")
        ] == [KEY]
    assert told[0][:2] == (False, dg.AssetCheckSeverity.WARN)
    assert told[0][2] == "Revenue was 178.50 EUR on 2026-08-31, above 150.00 EUR."
    assert told[1][0] is True


def test_a_build_says_what_fired_among_its_warnings(services):
    ctx = services.context("ann", frozenset({"*"}))
    set_alert(ctx, name="Orders", metric="orders", rule={**ABOVE, "bound": 1})
    with show_stages() as show:
        run = Run(show)
        judge_alerts(services, run)
    (stage,) = run.stages
    assert stage.warnings == ("Orders was 2 on 2026-08-31, above 1.",)
    assert run.is_ok
