"""A Spark session per engine for the whole run: Sail in this process, and a Java machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from pyspark.sql import SparkSession

from core.settings import Settings
from lake.delta import Lake
from tests.conftest import require
from transforms.spark.job import Work
from transforms.spark.session import open_session
from transforms.spark.tables import Tables

SAIL, JVM = "sail", "local[2]"
ENGINES = [pytest.param(SAIL, id="sail"), pytest.param(JVM, id="jvm", marks=pytest.mark.jvm)]


def open_engine(engine: str, home: Path) -> Iterator[SparkSession]:
    with open_session(Settings(home=home, spark=engine)) as session:
        yield session


@pytest.fixture(scope="session")
def sail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    yield from open_engine(SAIL, tmp_path_factory.mktemp("sail"))


@pytest.fixture(scope="session")
def jvm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """The first start on a machine fetches its jars from Maven Central."""
    if not os.environ.get("JAVA_HOME"):
        require("java")
    yield from open_engine(JVM, tmp_path_factory.mktemp("jvm"))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def work(sail: SparkSession, lake: Lake) -> Work:
    """Work on an empty lake, for a workspace of its own."""
    return Work(Tables(sail, lake, uuid4()), datetime(2026, 4, 1, tzinfo=UTC))


@pytest.fixture(scope="session", params=ENGINES)
def session(request: pytest.FixtureRequest) -> SparkSession:
    """The same test on both engines."""
    return request.getfixturevalue("sail" if request.param == SAIL else "jvm")
