"""Visits follow the shop's calendar unless another is set."""

from __future__ import annotations

import polars as pl
import pytest

from core.settings import Settings
from lake.delta import Lake
from orchestration.calendar import workspace_zone


def put(settings: Settings, table: str, rows: list[dict[str, str]]) -> None:
    owner = {"workspace_id": str(settings.workspace)}
    Lake(settings.lake_path).append("silver", table, pl.DataFrame([{**owner, **row} for row in rows]))


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(home=tmp_path, _env_file=None)


@pytest.mark.case("numbers/one-calendar")
def test_the_zone_is_the_shops_with_most_orders(settings):
    assert workspace_zone(settings) == "UTC"
    zones = {"a": "Asia/Kathmandu", "b": "America/St_Johns"}
    put(
        settings,
        "account",
        [
            {"channel": "shopify", "account_id": name, "timezone": zone, "load_id": "1"}
            for name, zone in zones.items()
        ],
    )
    assert workspace_zone(settings) == "UTC"
    put(
        settings,
        "order",
        [{"channel": "shopify", "account_id": name, "month": "2026-08"} for name in "abb"],
    )
    assert workspace_zone(settings) == "America/St_Johns"


def test_a_zone_that_is_set_counts(tmp_path):
    assert workspace_zone(Settings(home=tmp_path, timezone="UTC", _env_file=None)) == "UTC"
    assert workspace_zone(Settings(home=tmp_path, timezone="Europe/Paris", _env_file=None)) == "Europe/Paris"
