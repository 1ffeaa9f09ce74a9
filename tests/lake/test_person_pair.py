"""Decisions about matched records reach the lake, and a decision taken back leaves it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import polars as pl
import pytest

from core.context import Context
from core.errors import BadInput, NotFound
from core.time import FixedClock
from lake.db.query import query
from lake.db.rows import insert, update
from transforms.identity.decisions import keep_apart
from transforms.identity.keys import LINK, PAIR, Evidence
from transforms.identity.persons import stitch
from transforms.identity.reviewed import carry_decisions

pytestmark = pytest.mark.case("numbers/identity")
NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
ONE, OTHER, THIRD = (f"person:{letter * 64}" for letter in "abc")


@pytest.fixture
def ctx(warehouse):
    return Context(uuid4(), "ann", frozenset({"*"}), FixedClock(NOW), {"warehouse": warehouse})


def propose(ctx, key=ONE, other_key=OTHER):
    return insert(
        ctx,
        table="person_pair",
        values={
            "source": "people.csv", "record": {"surname": "Berg"}, "other_record": {"surname": "Borg"},
            "key": key, "other_key": other_key, "probability": 0.7,
        },
    )  # fmt: skip


def decide(ctx, row, decision):
    return update(ctx, table="person_pair", id=row.id, version=row.version, values={"decision": decision})


def persons(lake, ctx):
    """The person of each key, stitched from what the lake holds."""
    links = lake.read("gold", "person_link", ctx.workspace).select(*LINK)
    apart = lake.read("gold", "person_apart", ctx.workspace).select(*PAIR)
    keys = pl.DataFrame({"key_kind": ["person"] * 3, "key": [ONE, OTHER, THIRD]})
    sightings = pl.DataFrame(
        schema={
            "browser": pl.String, "key_kind": pl.String, "key": pl.String, "days": pl.Float64,
            "last_at": pl.Datetime("us", "UTC"), "because": pl.String,
        }
    )  # fmt: skip
    rows = stitch(Evidence(keys, links, sightings, apart)).keys
    return dict(rows.select("key", "person").iter_rows())


def test_merged_then_un_merged_then_merged_again(ctx, warehouse, lake):
    row = propose(ctx)
    assert carry_decisions(lake, warehouse, ctx.workspace, NOW) == 0
    row = decide(ctx, row, "merged")
    assert carry_decisions(lake, warehouse, ctx.workspace, NOW) == 1
    assert carry_decisions(lake, warehouse, ctx.workspace, NOW) == 0
    assert persons(lake, ctx)[ONE] == persons(lake, ctx)[OTHER]
    row = decide(ctx, row, "apart")
    assert carry_decisions(lake, warehouse, ctx.workspace, NOW) == 2
    assert persons(lake, ctx)[ONE] != persons(lake, ctx)[OTHER]
    decide(ctx, row, "merged")
    carry_decisions(lake, warehouse, ctx.workspace, NOW)
    assert persons(lake, ctx)[ONE] == persons(lake, ctx)[OTHER]


def test_apart_outweighs_the_links_that_join_the_two_by_another(ctx, warehouse, lake):
    decide(ctx, propose(ctx, ONE, THIRD), "merged")
    decide(ctx, propose(ctx, THIRD, OTHER), "merged")
    carry_decisions(lake, warehouse, ctx.workspace, NOW)
    assert len(set(persons(lake, ctx).values())) == 1
    decide(ctx, propose(ctx, ONE, OTHER), "apart")
    carry_decisions(lake, warehouse, ctx.workspace, NOW)
    assert persons(lake, ctx)[ONE] != persons(lake, ctx)[OTHER]


def test_what_others_keep_apart_is_left_alone(ctx, warehouse, lake):
    keep_apart(lake, ctx.workspace, ("person", ONE), ("person", OTHER), because="twins", now_at=NOW)
    decide(ctx, propose(ctx, ONE, THIRD), "apart")
    carry_decisions(lake, warehouse, ctx.workspace, NOW)
    reasons = lake.read("gold", "person_apart", ctx.workspace)["because"]
    assert reasons.len() == 2
    assert "twins" in reasons


def test_records_without_an_address_change_nothing_in_the_lake(ctx, warehouse, lake):
    decide(ctx, propose(ctx, None, OTHER), "merged")
    decide(ctx, propose(ctx, ONE, ONE), "apart")
    assert carry_decisions(lake, warehouse, ctx.workspace, NOW) == 0


def test_another_workspace_sees_no_pair_and_decides_none(ctx, warehouse):
    row = propose(ctx)
    stranger = Context(uuid4(), "bob", frozenset({"*"}), FixedClock(NOW), {"warehouse": warehouse})
    assert query(stranger, statement="SELECT id FROM state.person_pair").rows == []
    with pytest.raises(NotFound):
        decide(stranger, row, "merged")


def test_a_decision_that_does_not_exist_is_refused(ctx):
    with pytest.raises(BadInput, match="decision"):
        decide(ctx, propose(ctx), "perhaps")
