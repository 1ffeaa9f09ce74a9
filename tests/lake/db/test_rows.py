"""Rows of declared tables: typed, versioned, one workspace each, with their history kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest

from core.context import Context
from core.errors import BadInput, Conflict, MissingScope, NotFound
from core.time import FixedClock
from lake.db.query import query
from lake.db.rows import delete, insert, update

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
NOTE = {"day_on": "2026-08-31", "text": "Prices went up."}


@pytest.fixture
def ctx(warehouse):
    services = {"warehouse": warehouse}
    return Context(uuid4(), "ann", frozenset({"*"}), FixedClock(NOW), services)


def test_a_row_comes_back_as_it_was_put_in(ctx):
    row = insert(ctx, table="note", values=NOTE)
    assert (row.version, row.created_by, row.created_at) == (1, "ann", NOW)
    assert row.fields == {**NOTE, "channel": None}
    told = query(ctx, statement="SELECT id, day_on, text, workspace_id FROM state.note")
    assert told.rows == [[row.id, "2026-08-31", "Prices went up.", str(ctx.workspace)]]


def test_a_change_names_the_version_it_read_and_leaves_the_rest(ctx):
    first = insert(ctx, table="note", values=NOTE)
    second = update(ctx, table="note", id=first.id, version=1, values={"channel": "meta_ads"})
    assert (second.version, second.fields["channel"], second.fields["text"]) == (2, "meta_ads", NOTE["text"])
    with pytest.raises(Conflict, match="at version 2 by now, not 1"):
        update(ctx, table="note", id=first.id, version=1, values={"text": "late"})
    earlier = query(ctx, statement="SELECT version, fields->>'text' FROM state.revision")
    assert earlier.rows == [[1, NOTE["text"]]]


def test_a_deleted_row_leaves_its_last_state_in_the_history(ctx):
    row = insert(ctx, table="note", values=NOTE)
    with pytest.raises(Conflict):
        delete(ctx, table="note", id=row.id, version=7)
    assert delete(ctx, table="note", id=row.id, version=1) == row
    with pytest.raises(NotFound):
        delete(ctx, table="note", id=row.id, version=1)
    assert query(ctx, statement="SELECT count(*) FROM state.revision").rows == [[1]]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"day_on": "someday", "text": "x"}, "day_on: "),
        ({"day_on": "2026-08-31"}, "text: "),
        ({**NOTE, "text": ""}, "text: "),
        ({**NOTE, "workspace_id": "another"}, "workspace_id: "),
        ({**NOTE, "id": "mine"}, "id: "),
        ({**NOTE, "version": 9}, "version: "),
    ],
)
def test_values_that_do_not_fit_are_named_and_not_repeated(ctx, values, told):
    with pytest.raises(BadInput, match=told) as refused:
        insert(ctx, table="note", values=values)
    assert "someday" not in refused.value.message
    row = insert(ctx, table="note", values=NOTE)
    with pytest.raises(BadInput):
        update(ctx, table="note", id=row.id, version=1, values={"workspace_id": str(uuid4())})


@pytest.mark.parametrize("table", ["seal", "revision", "file", "alert_event", "pg_authid", 'note"; DROP'])
def test_other_tables_are_not_written(ctx, table):
    with pytest.raises(BadInput, match="the tables are"):
        insert(ctx, table=table, values=NOTE)


def test_another_workspace_cannot_see_or_touch_a_row(ctx):
    row = insert(ctx, table="note", values=NOTE)
    other = replace(ctx, workspace=uuid4())
    for act in (update, delete):
        more = {"values": {"text": "mine"}} if act is update else {}
        with pytest.raises(NotFound):
            act(other, table="note", id=row.id, version=1, **more)
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        other.service("warehouse").connect(other.workspace, read_only=False) as link,
    ):
        link.execute(
            "INSERT INTO state.note SELECT day_on, channel, text, %s, 'x', 1, now(), '', now(), ''"
            " FROM (SELECT date '2026-01-01' AS day_on, NULL AS channel, 'x' AS text) AS n",
            [str(ctx.workspace)],
        )


def test_a_table_wants_the_scope_of_the_operation_that_owns_it(ctx):
    narrow = replace(ctx, scopes=frozenset({"db.update"}))
    with pytest.raises(MissingScope, match="db.insert"):
        insert(narrow, table="note", values=NOTE)


def test_the_history_cannot_be_rewritten(ctx):
    row = insert(ctx, table="note", values=NOTE)
    update(ctx, table="note", id=row.id, version=1, values={"text": "new"})
    for statement in ("DELETE FROM state.revision", "UPDATE state.revision SET version = 9"):
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            ctx.service("warehouse").connect(ctx.workspace, read_only=False) as link,
        ):
            link.execute(statement)
