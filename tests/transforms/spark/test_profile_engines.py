"""Sail and JVM Spark make the same profiles and the same audiences of the same tables."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from lake.audiences.fields import PROFILE
from lake.delta import Lake
from tests.transforms.spark.crowd import busy_shop
from transforms.spark import audiences, profiles
from transforms.spark.job import Work
from transforms.spark.profile_rules import read_profiles
from transforms.spark.tables import Tables

TABLES = ("person_product", "person_cluster", "profile_model", "audience_member")
KEYS = {"person_id", "audience_id", "product_id", "cluster", "model"}
pytestmark = pytest.mark.jvm
CONDITIONS = {
    "champions": "rfm_segment = 'champions'",
    "others": "rfm_segment IS DISTINCT FROM 'champions' AND propensity >= 0.02",
    "mugs": "person_id IN (SELECT person_id FROM person_product WHERE product_id = 'mug') OR visits > 20",
}


def make(lake: Lake, workspace, session) -> dict[str, pl.DataFrame]:
    work = Work(Tables(session, lake, workspace), datetime(2026, 4, 1, tzinfo=UTC))
    rows = [(name, 1, name, text, "2026-03-01") for name, text in CONDITIONS.items()]
    columns = "audience_id string, version bigint, name string, condition string, saved_at string"
    work.tables.replace("audience_definition", session.createDataFrame(rows, columns))
    profiles.run(work)
    audiences.run(work)
    profiles_read = pl.DataFrame(read_profiles(work.tables).toArrow())
    return {PROFILE: profiles_read} | {name: lake.read("gold", name, workspace) for name in TABLES}


@pytest.mark.timeout(900)
def test_both_engines_give_the_same_profiles_and_audiences(sail, jvm, tmp_path):
    workspace, lakes = uuid4(), {engine: Lake(tmp_path / engine) for engine in ("sail", "jvm")}
    for lake in lakes.values():
        busy_shop().write(lake, str(workspace))
    one, other = make(lakes["sail"], workspace, sail), make(lakes["jvm"], workspace, jvm)
    assert one["person_profile"]["propensity"].null_count() == 0
    assert one["person_profile"]["cluster"].null_count() == 0
    assert one["audience_member"].height > 50
    for name, rows in one.items():
        keys = [c for c in rows.columns if c in KEYS]
        tidy = [tables[name].sort(keys).drop("settings", strict=False) for tables in (one, other)]
        assert_frame_equal(*tidy, check_exact=False, rel_tol=1e-9, abs_tol=1e-9)
