"""Membership has a history: who came, who left, and nothing when nothing changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import polars as pl
import pytest

from core.errors import BadInput
from core.settings import Settings
from lake.audiences.check import list_members
from lake.audiences.condition import render
from lake.audiences.rules import read_rules
from lake.gold import GOLD
from lake.publish import publish
from lake.warehouse import Warehouse
from tests.lake.audiences.people import AS_OF, CUT, LINES, PEOPLE, PRODUCTS, put, put_profiles
from transforms.spark import audiences
from transforms.spark.tables import Tables

LATER = datetime(2026, 4, 2, tzinfo=UTC).date()


@pytest.fixture(scope="module")
def warehouse() -> Iterator[Warehouse]:
    # Not under pytest's own folder, which every new run closes to the account the server runs under.
    with TemporaryDirectory(prefix="spreaders-") as home, Warehouse.open(Settings(home=Path(home))) as opened:
        yield opened


@pytest.fixture
def workspace(work) -> str:
    return str(work.tables.workspace)


def define(work, **conditions):
    """Make these, by id (and version, `one_2`), the lake's copy of the definitions."""
    rows = []
    for key, condition in conditions.items():
        name, _, version = key.partition("_")
        rows.append((name, int(version or 1), name, condition, "2026-03-01"))
    columns = "audience_id string, version bigint, name string, condition string, saved_at string"
    work.tables.replace("audience_definition", work.tables.spark.createDataFrame(rows, columns))


def profiles(work, people, as_of=AS_OF):
    """Make these all the people there are, with the rules of their profiles as of a day."""
    schema = dict(GOLD["person_fact"].schema)
    facts = pl.DataFrame(people, schema=schema, infer_schema_length=None).drop("workspace_id")
    day = {"as_of_on": as_of, "at_risk_days": 30, "lapsed_days": 90}
    tables = {"person_fact": facts, "profile_day": pl.DataFrame([day])}
    tables |= {"profile_cut": pl.DataFrame([CUT]), "profile_line": pl.DataFrame(LINES)}
    for name, rows in tables.items():
        work.tables.replace(name, rows)


def history(work):
    rows = work.tables.lake.read("gold", "audience_member", work.tables.workspace)
    columns = ["audience_id", "version", "person_id", "since_on", "until_on"]
    return sorted(rows.select(columns).rows(), key=str)


def version(work):
    return work.tables.lake.version("gold", "audience_member")


def test_members_come_stay_and_leave(work, workspace):
    profiles(work, PEOPLE)
    define(work, buyers="orders >= 2", known="is_known AND orders = 0")
    audiences.run(work)
    assert history(work) == [
        ("buyers", 1, "ada", AS_OF, None),
        ("buyers", 1, "bob", AS_OF, None),
        ("buyers", 1, "cid", AS_OF, None),
        ("known", 1, "eve", AS_OF, None),
    ]
    changed = [p | {"orders": {"bob": 1, "dot": 2}.get(p["person_id"], p["orders"])} for p in PEOPLE]
    profiles(work, [p for p in changed if p["person_id"] != "cid"], LATER)
    audiences.run(work)
    assert history(work) == [
        ("buyers", 1, "ada", AS_OF, None),
        ("buyers", 1, "bob", AS_OF, LATER),
        ("buyers", 1, "cid", AS_OF, LATER),
        ("buyers", 1, "dot", LATER, None),
        ("known", 1, "eve", AS_OF, None),
    ]


def test_a_second_run_on_the_same_data_changes_nothing(work, workspace):
    profiles(work, PEOPLE)
    define(work, buyers="orders >= 2")
    audiences.run(work)
    before, held = version(work), history(work)
    audiences.run(work)
    assert (version(work), history(work)) == (before, held)


def test_a_new_version_closes_the_rows_of_the_one_before(work, workspace):
    profiles(work, PEOPLE)
    define(work, buyers="orders >= 2")
    audiences.run(work)
    profiles(work, PEOPLE, LATER)
    define(work, buyers_2="orders >= 4")
    audiences.run(work)
    assert history(work) == [
        ("buyers", 1, "ada", AS_OF, LATER),
        ("buyers", 1, "bob", AS_OF, LATER),
        ("buyers", 1, "cid", AS_OF, LATER),
        ("buyers", 2, "ada", LATER, None),
    ]


def test_who_came_back_has_two_rows_and_an_audience_laid_aside_has_no_members(work, workspace):
    profiles(work, PEOPLE)
    define(work, buyers="orders >= 4")
    audiences.run(work)
    profiles(work, [p | {"orders": 0} for p in PEOPLE], LATER)
    audiences.run(work)
    third = LATER.replace(day=3)
    profiles(work, PEOPLE, third)
    audiences.run(work)
    assert history(work) == [("buyers", 1, "ada", AS_OF, LATER), ("buyers", 1, "ada", third, None)]
    define(work)
    audiences.run(work)
    assert history(work) == [("buyers", 1, "ada", AS_OF, LATER), ("buyers", 1, "ada", third, third)]


def test_another_workspace_s_members_are_left_alone(work, workspace, sail, lake):
    profiles(work, PEOPLE)
    define(work, buyers="orders >= 2")
    audiences.run(work)
    held = history(work)
    theirs = type(work)(Tables(sail, lake, uuid4()), work.now_at)
    profiles(theirs, PEOPLE[:1])
    define(theirs, all="TRUE")
    audiences.run(theirs)
    assert [row[2] for row in history(theirs)] == ["ada"]
    assert history(work) == held


@pytest.mark.parametrize(
    ("condition", "members"),
    [
        ("rfm_segment IS DISTINCT FROM 'champions'", "bob cid dot eve fay"),
        ("NOT (rfm_segment IN ('champions', 'loyal')) IS TRUE", "cid dot eve fay"),
        ("NOT rfm_segment = 'champions'", "bob cid dot"),
        ("cluster IS NOT NULL AND propensity BETWEEN 0.25 AND 0.65", "ada bob"),
        ("acquired_channel ILIKE '%MAIL%'", "dot eve"),
        ("revenue_micros / orders >= 50000000", "ada bob cid dot"),
        ("person_id IN (SELECT person_id FROM person_product WHERE product_id IN ('mug'))", "ada bob"),
        ("NOT person_id IN (SELECT person_id FROM person_product)", "cid eve fay"),
        (
            "orders = 0 OR person_id IN (SELECT person_id FROM person_product WHERE units >= 3)",
            "ada eve fay",
        ),
    ],
)
def test_spark_and_postgres_find_the_same_members(work, workspace, warehouse, condition, members):
    put_profiles(work.tables.lake, workspace, PEOPLE)
    put(work.tables.lake, "person_product", workspace, PRODUCTS)
    define(work, asked=condition)
    audiences.run(work)
    publish(work.tables.lake, warehouse, workspace)
    with warehouse.connect(workspace) as link:
        asked = list_members(link, condition)
    assert [row[2] for row in history(work)] == asked == members.split()


@pytest.mark.parametrize("text", ["it's", "back\\slash", "%", 'a"b', "; DROP TABLE x", "ünï"])
def test_a_value_is_found_as_it_is_written_whatever_it_holds(work, workspace, text):
    odd = PEOPLE[0] | {"person_id": "odd", "currency": text}
    put_profiles(work.tables.lake, workspace, [*PEOPLE, odd])
    define(work, asked=render(read_rules({"field": "currency", "op": "=", "value": text})))
    audiences.run(work)
    assert [row[2] for row in history(work)] == ["odd"]


def test_a_definition_the_lake_should_not_have_is_refused_by_name(work, workspace):
    profiles(work, PEOPLE)
    define(work, bad="orders > 1; DROP TABLE x")
    with pytest.raises(BadInput, match="one statement"):
        audiences.run(work)
    assert history(work) == []
