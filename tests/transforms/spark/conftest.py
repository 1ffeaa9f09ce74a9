from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from core.settings import Settings
from lake.delta import Lake
from transforms.spark.job import Work
from transforms.spark.session import open_session
from transforms.spark.tables import Tables


@pytest.fixture(scope="session")
def spark(tmp_path_factory) -> Iterator:
    """One Sail for all; every test has a lake and a workspace of its own."""
    with open_session(
        Settings(home=tmp_path_factory.mktemp("spark"), spark="sail", _env_file=None)
    ) as session:
        yield session


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def work(spark, lake) -> Work:
    return Work(Tables(spark, lake, uuid4()), (30,), datetime(2026, 4, 1, tzinfo=UTC))
