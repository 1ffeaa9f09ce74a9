"""A damaged table of the lake stops what is made from it, by name, and nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from core.settings import Settings
from lake.damage import contain
from lake.publish import publish
from tests.ingestion import test_repairing
from tests.ingestion.test_repairing import live, zero
from tests.lake.test_publish import DAYS, rows, touches, written
from transforms.spark import run
from transforms.spark.job import Job
from transforms.spark.tables import Tables

DAMAGES = {**test_repairing.DAMAGES, "file zeros": lambda *table: zero(live(*table))}
NOW = datetime(2026, 8, 2, tzinfo=UTC)
MORE = [date(2026, 8, 2)]


def damaged(done):
    return {one.table: one.damage for one in done if one.damage}


@pytest.mark.parametrize("damage", DAMAGES)
def test_publishing_names_a_damaged_table_leaves_it_and_goes_on(lake, warehouse, workspace, damage):
    lake.append("silver", "touch", touches(workspace, DAYS))
    publish(lake, warehouse, workspace)
    before = rows(warehouse, workspace)
    lake.append("silver", "touch", touches(workspace, MORE))
    orders = touches(workspace, MORE).select(
        "workspace_id", "channel", "account_id", "month", order_id=pl.lit("o1")
    )
    lake.append("silver", "order", orders)
    DAMAGES[damage](lake, "silver", "touch")
    done = publish(lake, warehouse, workspace)
    assert list(damaged(done)) == ["touch"]
    assert "The table silver.touch is damaged (" in damaged(done)["touch"]
    assert "run `spreaders repair silver.touch`." in damaged(done)["touch"]
    assert written(done) == {"order": (1, 0)}
    assert rows(warehouse, workspace) == before


@pytest.mark.parametrize("damage", ["file cut", "file missing"])
def test_damage_is_named_also_where_nothing_is_new(lake, warehouse, workspace, damage):
    lake.append("silver", "touch", touches(workspace, DAYS))
    publish(lake, warehouse, workspace)
    DAMAGES[damage](lake, "silver", "touch")
    assert list(damaged(publish(lake, warehouse, workspace))) == ["touch"]


def test_what_is_broken_in_bronze_stops_only_the_quarantine(lake, warehouse, workspace):
    for name in ("one__rows", "two__rows"):
        frame = pl.DataFrame({"workspace_id": [workspace], "account_id": ["a"], "record_key": ["r"]})
        lake.append("bronze", name, frame.with_columns(month=pl.lit("2026-08")))
    lake.append("silver", "touch", touches(workspace, DAYS))
    DAMAGES["file missing"](lake, "bronze", "one__rows")
    done = publish(lake, warehouse, workspace)
    assert {table: "bronze.one__rows" in text for table, text in damaged(done).items()} == {
        "quarantine": True
    }
    assert written(done) == {"touch": (3, 0)}


def test_a_job_that_reads_a_damaged_table_stops_alone(lake, workspace, tmp_path, monkeypatch):
    settings = Settings(home=tmp_path, workspace=workspace, _env_file=None)

    class Session:
        def __enter__(self):
            return None

        def __exit__(self, *_):
            return None

    def copying(source, target):
        def copy(work):
            found = lake.read("gold", source, workspace).select("person_id")
            work.tables.replace(target, found.with_columns(product_id=pl.lit("p")))

        return Job(target, (f"gold.{source}",), (target,), copy)

    monkeypatch.setattr(run, "open_session", lambda _: Session())
    for name in ("person_key", "person_fact"):
        Tables(None, lake, workspace).append(name, pl.DataFrame({"person_id": ["a"]}))
    zero(live(lake, "gold", "person_key"))
    jobs = [copying("person_key", "person_product"), copying("person_fact", "person_cluster")]
    first, second = run.run_jobs(settings, lake, NOW, jobs)
    assert first.error.startswith("person_product: The table gold.person_key is damaged (")
    assert not first.changed
    assert not second.error
    assert sum(changed.rows for changed in second.changed.values()) == 1


def test_an_error_that_no_damage_explains_passes_on(lake, workspace):
    lake.append("silver", "touch", touches(workspace, DAYS))
    with pytest.raises(ZeroDivisionError):
        contain(lake, [("silver", "touch")], lambda: 1 // 0)
