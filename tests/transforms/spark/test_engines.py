"""A job gives the same rows on Sail and on JVM Spark, and each engine reads what the other wrote."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

import polars as pl
import polars.selectors as cs
import pytest
from polars.testing import assert_frame_equal

from benchmarks.paths_market import write_market
from lake.delta import Lake
from lake.gold import GOLD
from tests.transforms.spark.rows import OURS
from transforms.spark.attribution import build_attribution
from transforms.spark.job import Work
from transforms.spark.jobs import JOBS
from transforms.spark.tables import Tables

NOW = datetime(2026, 9, 1, tzinfo=UTC)
# Profiles and audiences have a shop of their own, in test_profile_engines.py.
PATH_JOBS = [job for job in JOBS if job.name not in {"profiles", "audiences"}]
# A first run joins and parts nobody: the history of persons has its own test.
WRITTEN = [table for job in PATH_JOBS for table in job.writes if table != "person_merge"]
pytestmark = pytest.mark.jvm


@pytest.fixture(scope="module")
def lakes(sail, jvm, tmp_path_factory) -> dict[str, Lake]:
    """The same market of 3,000 visits, worked on by each engine."""
    folder = tmp_path_factory.mktemp("engines")
    made = {engine: Lake(folder / engine) for engine in ("sail", "jvm")}
    assert write_market(made["sail"], OURS, 3_000) > 20
    shutil.copytree(made["sail"].path, made["jvm"].path)
    for engine, session in (("sail", sail), ("jvm", jvm)):
        for job in PATH_JOBS:
            job.run(Work(Tables(session, made[engine], OURS), NOW))
    return made


@pytest.mark.parametrize("table", WRITTEN)
def test_every_job_gives_the_same_rows_on_both_engines(lakes, table):
    one, other = (lakes[engine].read("gold", table, OURS) for engine in ("sail", "jvm"))
    keys = one.select(~cs.float()).columns
    assert not one.is_empty()
    assert_frame_equal(one.sort(keys), other.sort(keys), abs_tol=1e-9, rel_tol=1e-9)


@pytest.mark.parametrize("table", WRITTEN)
def test_tables_of_both_engines_are_as_the_lake_declares_them(lakes, table):
    for lake in lakes.values():
        delta = lake.open("gold", table)
        assert delta.protocol().min_reader_version == 1
        assert delta.metadata().partition_columns == list(GOLD[table].partition_by)
        assert pl.scan_delta(delta).collect_schema() == pl.Schema(GOLD[table].schema)
        # A minimum of a person's key in the log would outlive the person's erasure.
        files = pl.DataFrame(delta.get_add_actions(flatten=True))
        assert not [name for name in files.columns if "person_id" in name or "event_id" in name]


def test_each_engine_reads_and_rewrites_what_the_other_wrote(lakes, sail, jvm):
    for session, engine in ((sail, "jvm"), (jvm, "sail")):
        lake = lakes[engine]
        before = lake.read("gold", "attribution_total", OURS).drop("computed_at")
        build_attribution(Work(Tables(session, lake, OURS), NOW))
        after = lake.read("gold", "attribution_total", OURS).drop("computed_at")
        keys = before.select(~cs.float()).columns
        assert_frame_equal(before.sort(keys), after.sort(keys), abs_tol=1e-9, rel_tol=1e-9)
