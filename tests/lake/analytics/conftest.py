"""The marts over the market made by hand, built once for every file here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest

from core.context import Context
from core.time import FixedClock
from lake.delta import Lake
from lake.warehouse import Warehouse
from tests.transforms import market
from tests.transforms.market import OURS, THEIRS
from transforms.build import build_models

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    home = tmp_path_factory.mktemp("home")
    with market.open_warehouse(home) as opened:
        market.fill(opened)
        assert build_models(opened, home=home).ok
        yield opened


@pytest.fixture
def ctx(marts: Warehouse, tmp_path) -> Context:
    services = {"warehouse": marts, "files": tmp_path / "files", "lake": Lake(tmp_path / "lake")}
    return Context(UUID(OURS), "ann", frozenset({"*"}), FixedClock(NOW), services)


@pytest.fixture
def theirs(marts: Warehouse, tmp_path) -> Context:
    services = {"warehouse": marts, "files": tmp_path / "files", "lake": Lake(tmp_path / "lake")}
    return Context(UUID(THEIRS), "bob", frozenset({"*"}), FixedClock(NOW), services)
