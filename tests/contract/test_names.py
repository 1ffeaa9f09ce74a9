"""Operations bear the names of the system design, and declare what they are."""

import re
from pathlib import Path

import pytest

from actions.services import declare_operations
from core.operation import REGISTRY
from tests.shared import beside

DESIGNED = (Path(__file__).parent / "operations.txt").read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module", autouse=True)
def _declared():
    declare_operations()


def test_every_operation_is_one_the_system_design_names():
    assert len(DESIGNED) == 289
    assert {op.name for op in REGISTRY} <= set(DESIGNED)


@pytest.mark.shared
def test_the_list_of_names_is_that_of_the_system_design():
    text = beside("system-design.txt").read_text(encoding="utf-8")
    assert sorted(set(re.findall(r"`([a-z]+\.[a-zA-Z]+)`", text))) == DESIGNED


@pytest.mark.parametrize(
    "name",
    [
        "analytics.getOverview",
        "analytics.getPlatformMetrics",
        "analytics.getROI",
        "analytics.compareChannels",
        "db.getHealth",
    ],
)
def test_the_first_faces_are_declared_as_reads(name):
    operation = REGISTRY.get(name)
    assert operation is not None
    assert operation.effect == "read"


def test_every_operation_explains_itself():
    assert all(len(op.summary) > 15 and op.summary.endswith(".") for op in REGISTRY)
