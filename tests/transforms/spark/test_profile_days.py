"""A profile is read from stored facts: one more day writes few rows, and reads as if built anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from core.settings import Settings
from lake.audiences.profile import COLUMNS
from lake.changes import Changed
from lake.delta import Lake
from lake.publish import publish
from lake.warehouse import Warehouse
from tests.transforms.spark.crowd import busy_shop
from tests.transforms.spark.shop import AS_OF
from transforms.spark import profiles
from transforms.spark.job import Work
from transforms.spark.profile_facts import state_ages
from transforms.spark.profile_rules import read_profiles
from transforms.spark.profile_scores import score_rfm
from transforms.spark.tables import Tables

pytestmark = pytest.mark.case("numbers/cost-of-a-day")
# The browser of an eager visitor whom nobody knew, until today.
MET = "b7"
NAMED = (("browser", "b1", "i1"), ("person", "person:1", "i1"))


@pytest.fixture(scope="module")
def warehouse() -> Iterator[Warehouse]:
    # Not under pytest's own folder, which every new run closes to the account the server runs under.
    with TemporaryDirectory(prefix="spreaders-") as home, Warehouse.open(Settings(home=Path(home))) as opened:
        yield opened


def write_days(whole: Lake, lake: Lake, workspace: str, *, later: bool) -> None:
    """Copy what a busy shop had by yesterday, or with `later` the rest: what is of today, and late orders."""
    late = [str(number) for number in range(5, 2000, 97)]
    for name in ("touch", "order", "order_line"):
        rows = whole.read("silver", name, workspace)
        is_later = pl.lit(value=False)
        if "day_on" in rows.columns:
            is_later |= pl.col("day_on") == AS_OF
        if name != "touch":
            is_later |= pl.col("order_id").is_in(late)
        lake.append("silver", name, rows.filter(is_later == later))


def know(tables: Tables, *keys: tuple[str, str, str]) -> None:
    """Make these (kind, key, person) all identities there are."""
    names = ("key_kind", "key", "person_id")
    rows = [dict(zip(names, key, strict=True)) for key in keys]
    facts = {"method": pl.lit("deterministic"), "probability": pl.lit(1.0)}
    tables.replace(
        "person_key", pl.DataFrame(rows).with_columns(**facts, linked_at=datetime(2026, 3, 1, tzinfo=UTC))
    )


def read(work: Work) -> pl.DataFrame:
    return pl.DataFrame(read_profiles(work.tables).toArrow()).sort("person_id")


@pytest.fixture
def workspace() -> UUID:
    return uuid4()


@pytest.fixture
def anew(sail, tmp_path, workspace) -> Work:
    """The shop with all its days, built once."""
    work = open_work(sail, Lake(tmp_path / "anew"), workspace)
    busy_shop().write(work.tables.lake, str(workspace))
    know(work.tables, *NAMED, ("browser", MET, "i1"))
    profiles.run(work)
    return work


def open_work(sail, lake: Lake, workspace: UUID) -> Work:
    return Work(Tables(sail, lake, workspace), datetime(2026, 4, 1, tzinfo=UTC))


def test_a_day_more_reads_as_built_anew_and_writes_the_persons_it_is_about(sail, tmp_path, workspace, anew):
    work = open_work(sail, Lake(tmp_path / "kept"), workspace)
    write_days(anew.tables.lake, work.tables.lake, str(workspace), later=False)
    know(work.tables, *NAMED)
    profiles.run(work)
    before = read(work)
    write_days(anew.tables.lake, work.tables.lake, str(workspace), later=True)
    know(work.tables, *NAMED, ("browser", MET, "i1"))
    work.tables.changed.clear()
    profiles.run(work)
    after = read(work)
    assert_frame_equal(after, read(anew), check_exact=True)
    # The day moves every age, score and probability, but only these facts.
    assert after.join(before, COLUMNS, how="anti", nulls_equal=True).height > 0.9 * after.height
    assert 0 < work.tables.changed["person_fact"].rows < 0.25 * after.height
    work.tables.changed.clear()
    profiles.run(work)
    assert {name: changed for name, changed in work.tables.changed.items() if changed != Changed()} == {}


def test_scores_by_their_bounds_are_the_fifths_of_all_customers(anew):
    rows = read(anew)
    facts = state_ages(anew.tables.read("gold", "person_fact"), rows["as_of_on"][0])
    columns = ("person_id", "recency_score", "frequency_score", "monetary_score", "rfm_segment")
    fifths = pl.DataFrame(score_rfm(facts).select(*columns).toArrow()).sort("person_id")
    assert_frame_equal(rows.select(columns), fifths)
    assert rows["rfm_segment"].n_unique() > 5


def test_postgres_reads_the_same_profiles_as_spark(sail, tmp_path, workspace, warehouse):
    work = open_work(sail, Lake(tmp_path), workspace)
    busy_shop().write(work.tables.lake, str(workspace))
    profiles.run(work)
    rows = read(work).drop("workspace_id")
    publish(work.tables.lake, warehouse, workspace)
    with warehouse.connect(workspace) as link:
        told = link.execute(f"SELECT {', '.join(rows.columns)} FROM lake.person_profile").fetchall()
    shown = pl.DataFrame(told, schema=rows.schema, orient="row").sort("person_id")
    assert rows["propensity"].null_count() == rows["cluster"].null_count() == 0
    assert_frame_equal(shown, rows, abs_tol=1e-12, rel_tol=1e-12)
    with warehouse.connect(uuid4()) as link:
        assert link.execute("SELECT count(*) FROM lake.person_profile").fetchone() == (0,)
