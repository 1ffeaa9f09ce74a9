"""A gold table is written by what changed, and a job runs when something it reads did."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from core.settings import Settings
from lake.changes import Changed, apply_changes, subtract
from lake.delta import Lake, conform
from lake.gold import GOLD
from lake.layout import layout_of
from transforms.spark import run
from transforms.spark.job import Job
from transforms.spark.tables import Tables

WORKSPACE = "00000000-0000-4000-8000-000000000001"
NOW = datetime(2026, 9, 1, tzinfo=UTC)


def products(**net):
    rows = {"person_id": list(net), "product_id": "p", "currency": None, "net_micros": list(net.values())}
    return conform(
        layout_of("gold", "person_product"), pl.DataFrame(rows).with_columns(workspace_id=pl.lit(WORKSPACE))
    )


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


@pytest.mark.case("numbers/cost-of-a-day")
def test_only_rows_that_differ_are_written_and_a_null_in_the_key_is_equal_to_itself(lake):
    lake.append("gold", "person_product", products(same=1, other=2, gone=3))
    added, gone = subtract(products(same=1, other=5, new=4), products(same=1, other=2, gone=3))
    changed = lake.commit(
        "gold",
        "person_product",
        lambda table: apply_changes(
            table, GOLD["person_product"].key, added, gone, f"t.workspace_id = '{WORKSPACE}'"
        ),
    )
    assert changed == Changed(inserted=1, updated=1, deleted=1)
    stored = lake.read("gold", "person_product", WORKSPACE)
    assert dict(stored.select("person_id", "net_micros").iter_rows()) == {"same": 1, "other": 5, "new": 4}


@pytest.mark.case("numbers/cost-of-a-day")
def test_a_job_runs_again_only_when_what_it_reads_or_writes_changed(lake, tmp_path, monkeypatch):
    settings = Settings(home=tmp_path, workspace=WORKSPACE, _env_file=None)
    opened = []

    class Session:
        def __enter__(self):
            opened.append(1)

        def __exit__(self, *_):
            return None

    def copy(work):
        rows = lake.read("gold", "person_key", WORKSPACE).select("person_id")
        work.tables.replace("person_product", rows.with_columns(product_id=pl.lit("p")))

    monkeypatch.setattr(run, "open_session", lambda _: Session())
    job = Job("copy", ("gold.person_key",), ("person_product",), copy)

    def done():
        [one] = run.run_jobs(settings, lake, NOW, [job])
        return one.was_due, sum(changed.rows for changed in one.changed.values())

    def key(name):
        Tables(None, lake, WORKSPACE).append("person_key", pl.DataFrame({"person_id": [name]}))

    key("a")
    assert done() == (True, 1)
    assert done() == (False, 0)
    key("b")
    assert done() == (True, 1)
    lake.commit("gold", "person_product", lambda table: table.delete("person_id = 'a'"))
    assert done() == (True, 1)
    assert done() == (False, 0)
    assert len(opened) == 3
