"""Definitions are checked, kept in every version, and another workspace never sees them."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest

from core.errors import BadInput, Conflict, NotFound
from lake.audiences.check import count_members, list_members
from lake.audiences.definitions import (
    AUDIENCE_DEFINITION,
    copy_definitions,
    find_audience,
    read_audiences,
    read_versions,
    rules_of,
)
from lake.audiences.ready import READY, ensure_ready
from lake.db.rows import insert, update
from tests.lake.audiences.people import context, settle

RULES = {"all": [{"field": "orders", "op": ">=", "value": 2}]}
TABLE = AUDIENCE_DEFINITION.name
MUGS = "person_id IN (SELECT person_id FROM person_product WHERE product_id = 'mug')"


@pytest.fixture
def ctx(warehouse, workspace):
    return context(warehouse, workspace)


def keep(ctx, **values):
    return insert(ctx, table=TABLE, values={"name": "Repeaters", **values})


def all_of(ctx, **more):
    with ctx.service("warehouse").connect(ctx.workspace) as link:
        return read_audiences(link, **more)


def test_an_audience_is_kept_as_rules_and_asked_as_sql(ctx):
    row = keep(ctx, rules=RULES, description="Second orders")
    (found,) = all_of(ctx)
    assert (found.audience_id, found.version, found.name) == (row.id, 1, "Repeaters")
    assert (found.condition, found.rules, found.sql) == ("orders >= 2", RULES, None)
    assert found.saved_by == "ada@example.com"


def test_a_change_is_a_new_version_and_the_earlier_ones_stay_readable(ctx):
    row = keep(ctx, rules=RULES)
    update(ctx, table=TABLE, id=row.id, version=1, values={"rules": None, "sql": "orders >= 3"})
    update(ctx, table=TABLE, id=row.id, version=2, values={"is_archived": True})
    with ctx.service("warehouse").connect(ctx.workspace) as link:
        versions = read_versions(link, find_audience(link, "Repeaters"))
    assert [(v.version, v.condition, v.is_archived) for v in versions] == [
        (3, "orders >= 3", True),
        (2, "orders >= 3", False),
        (1, "orders >= 2", False),
    ]
    assert rules_of(versions[1]) == {"field": "orders", "op": ">=", "value": 3}
    assert all_of(ctx) == []
    assert len(all_of(ctx, with_archived=True)) == 1


def test_a_change_to_what_somebody_else_changed_is_a_conflict(ctx):
    row = keep(ctx, rules=RULES)
    update(ctx, table=TABLE, id=row.id, version=1, values={"name": "Loyal"})
    with pytest.raises(Conflict, match="version 2"):
        update(ctx, table=TABLE, id=row.id, version=1, values={"name": "Gone"})


@pytest.mark.parametrize(
    ("values", "because"),
    [
        ({"sql": "orders >= 2; DROP TABLE state.seal"}, "one statement"),
        ({"sql": "set_config('app.workspace', 'x', true) IS NOT NULL"}, "set_config"),
        ({"sql": "orders = 'many'"}, "does not fit the profile's columns"),
        ({"sql": "is_known > 3"}, "does not fit the profile's columns"),
        ({"sql": "orders + last_order_on"}, "does not fit the profile's columns"),
        ({"sql": "orders >= 2", "rules": RULES}, "give one of the two"),
        ({}, "give one of the two"),
        ({"rules": {"field": "orders", "op": "=", "value": "x"}}, "orders is a count"),
        ({"sql": "orders >= 2", "name": " "}, "name"),
        ({"sql": "orders >= 2", "owner": "me"}, "owner"),
    ],
)
def test_what_cannot_be_asked_is_not_kept(ctx, values, because):
    with pytest.raises(BadInput, match=because):
        keep(ctx, **values)
    assert all_of(ctx, with_archived=True) == []


def test_another_workspace_sees_nothing_and_changes_nothing(ctx, warehouse):
    row = keep(ctx, rules=RULES)
    theirs = context(warehouse, str(uuid4()))
    assert all_of(theirs) == []
    with pytest.raises(NotFound):
        update(theirs, table=TABLE, id=row.id, version=1, values={"name": "Mine"})
    with warehouse.connect(theirs.workspace) as link, pytest.raises(NotFound, match="none yet"):
        find_audience(link, row.id)


def test_members_are_counted_in_one_s_own_workspace_alone(lake, warehouse, workspace):
    settle(lake, warehouse, workspace)
    other = str(uuid4())
    settle(lake, warehouse, other)
    with warehouse.connect(workspace) as link:
        assert count_members(link, "orders >= 2") == 3
        assert list_members(link, MUGS) == [
            "ada", "bob",
        ]  # fmt: skip
        assert count_members(link, "rfm_segment = 'x'' OR true --'") == 0
        assert count_members(link, "revenue_micros / orders >= 50000000") == 4
        with pytest.raises(BadInput, match="bigint out of range"):
            count_members(link, "orders * 9000000000000000000 > 1")
        # A refused question leaves the connection usable.
        assert count_members(link, "TRUE") == 6


def test_the_app_s_role_can_only_read_while_it_counts(lake, warehouse, workspace):
    settle(lake, warehouse, workspace)
    with warehouse.connect(workspace) as link, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        link.execute("DELETE FROM state.audience_definition")


def test_a_new_workspace_gets_the_ready_made_audiences_once(ctx):
    assert ensure_ready(ctx) == len(READY) == 7
    assert ensure_ready(ctx) == 0
    found = {d.name: d for d in all_of(ctx)}
    assert set(found) == set(READY)
    assert found["Champions"].condition == "rfm_segment = 'champions'"
    for d in found.values():
        update(ctx, table=TABLE, id=d.audience_id, version=1, values={"is_archived": True})
    assert ensure_ready(ctx) == 0  # who laid them aside does not want them back


def test_the_lake_has_a_copy_that_changes_only_when_they_do(ctx, lake, warehouse, workspace):
    keep(ctx, rules=RULES)

    def copy():
        with warehouse.connect(workspace) as link:
            return copy_definitions(lake, link, workspace), lake.version("gold", "audience_definition")

    first = copy()
    assert first[0] == 1
    assert copy() == first
    keep(ctx, name="Known", sql="is_known")
    count, version = copy()
    assert (count, version) == (2, first[1] + 1)
    held = lake.read("gold", "audience_definition", workspace).sort("name")
    assert held["condition"].to_list() == ["is_known", "orders >= 2"]
