"""Rows of declared tables: put in, changed and taken out by id and version, one workspace at a time."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from core.context import Context
from core.errors import Conflict, NotFound
from lake.state.declared import COMMON, Declared, Row


def insert(ctx: Context, table: Declared, values: dict[str, Any]) -> Row:
    """Return the new row, version 1.

    Raises:
        BadInput: the values do not fit the table.
    """
    with ctx.service("warehouse").connect(ctx.workspace, read_only=False) as link:
        cells = _cells(table, table.read(link, values))
        now = ctx.clock.now()
        made = {"created_at": now, "created_by": ctx.actor, "updated_at": now, "updated_by": ctx.actor}
        whole = {"workspace_id": str(ctx.workspace), "id": uuid.uuid4().hex, **made, **cells}
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING *").format(
            _target(table),
            sql.SQL(", ").join(map(sql.Identifier, whole)),
            sql.SQL(", ").join(sql.Placeholder() * len(whole)),
        )
        return _one(link, table, statement, list(whole.values()))


def update(ctx: Context, table: Declared, row_id: str, version: int, values: dict[str, Any]) -> Row:
    """Return the row after the change; columns left out stay as they are.

    Raises:
        NotFound: there is no such row.
        Conflict: somebody changed it since that version.
        BadInput: the row would not fit the table.
    """
    with ctx.service("warehouse").connect(ctx.workspace, read_only=False) as link:
        before = _hold(link, table, row_id, version)
        cells = _cells(table, table.read(link, {**before.fields, **values}))
        whole = {**cells, "updated_at": ctx.clock.now(), "updated_by": ctx.actor, "version": version + 1}
        pairs = [sql.SQL("{} = %s").format(sql.Identifier(name)) for name in whole]
        statement = sql.SQL("UPDATE {} SET {} WHERE id = %s RETURNING *").format(
            _target(table), sql.SQL(", ").join(pairs)
        )
        return _one(link, table, statement, [*whole.values(), row_id])


def delete(ctx: Context, table: Declared, row_id: str, version: int) -> Row:
    """Return the row that was; its history stays in state.revision.

    Raises:
        NotFound: there is no such row.
        Conflict: somebody changed it since that version.
    """
    with ctx.service("warehouse").connect(ctx.workspace, read_only=False) as link:
        _hold(link, table, row_id, version)
        statement = sql.SQL("DELETE FROM {} WHERE id = %s RETURNING *").format(_target(table))
        return _one(link, table, statement, [row_id])


def fetch(link: psycopg.Connection, table: Declared, row_id: str) -> Row:
    """Return a row by its id, or raise NotFound."""
    found = fetch_all(link, table, "id = %s", [row_id])
    if not found:
        raise NotFound(
            f"There is no {table.name} {row_id!r}; `SELECT id FROM state.{table.name}` lists them."
        )
    return found[0]


def fetch_all(
    link: psycopg.Connection, table: Declared, where: str = "true", values: Sequence[Any] = ()
) -> list[Row]:
    """Return the workspace's rows that meet a condition of ours, oldest first."""
    query = sql.SQL("SELECT * FROM {} WHERE {} ORDER BY created_at, id")
    with link.cursor(row_factory=dict_row) as cursor:
        condition = sql.SQL(where)  # never a caller's
        rows = cursor.execute(query.format(_target(table), condition), values).fetchall()
    return [_row(table, row) for row in rows]


def _hold(link: psycopg.Connection, table: Declared, row_id: str, version: int) -> Row:
    """Return the row, held against other writers until the transaction ends."""
    link.execute(sql.SQL("SELECT 1 FROM {} WHERE id = %s FOR UPDATE").format(_target(table)), [row_id])
    row = fetch(link, table, row_id)
    if row.version != version:
        raise Conflict(
            f"The {table.name} is at version {row.version} by now, not {version}; read it again and decide.",
            version=row.version,
        )
    return row


def _one(link: psycopg.Connection, table: Declared, statement: sql.Composed, values: list[Any]) -> Row:
    with link.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(statement, values).fetchone()
    assert row is not None  # noqa: S101 - the statement returns the row it wrote
    return _row(table, row)


def _cells(table: Declared, row: Any) -> dict[str, Any]:
    """Return the cells of a row: plain values as they are, models and lists of them as JSON."""
    plain, told = row.model_dump(), row.model_dump(mode="json")
    return {
        name: Jsonb(told[name]) if isinstance(plain[name], (dict, list)) else plain[name]
        for name in table.columns
    }


def _row(table: Declared, row: dict[str, Any]) -> Row:
    own = table.shape.model_validate({name: row[name] for name in table.columns}).model_dump(mode="json")
    return Row.model_validate({"table": table.name, "fields": own, **{name: row[name] for name in COMMON}})


def _target(table: Declared) -> sql.Identifier:
    return sql.Identifier("state", table.name)
