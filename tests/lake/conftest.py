from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest

from core.settings import Settings
from lake.delta import Lake
from lake.warehouse import Warehouse


@pytest.fixture(scope="session")
def server() -> Iterator[tuple[Settings, Warehouse]]:
    """One embedded server for all; every test takes a workspace of its own."""
    # Not under pytest's own folder, which every new run closes to the account the server runs under.
    with TemporaryDirectory(prefix="spreaders-") as home:
        settings = Settings(home=Path(home), database_url=None)
        with Warehouse.open(settings) as warehouse:
            yield settings, warehouse


@pytest.fixture
def home() -> Iterator[Path]:
    """A home folder for a server of the test's own."""
    with TemporaryDirectory(prefix="spreaders-") as folder:
        yield Path(folder)


@pytest.fixture
def warehouse(server: tuple[Settings, Warehouse]) -> Warehouse:
    return server[1]


@pytest.fixture
def lake(tmp_path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def workspace() -> str:
    return str(uuid4())
