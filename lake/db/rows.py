"""Rows of declared tables: insert, update and delete, typed and by version."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, JsonValue

from core.context import Context
from core.operation import operation
from lake.db.declared import declared
from lake.state import store
from lake.state.declared import Row

Table = Annotated[str, Field(description="A declared table, such as note or alert.", max_length=64)]
Values = Annotated[dict[str, JsonValue], Field(description="The table's own columns by name.", max_length=50)]
Id = Annotated[str, Field(description="The row's id.", max_length=64)]
Version = Annotated[int, Field(description="The version that was read; another one is a conflict.", ge=1)]


@operation("db.insert", effect="write", reach="workspace", undo="db.delete")
def insert(ctx: Context, *, table: Table, values: Values) -> Row:
    """Return the new row of a declared table of the caller's workspace, version 1.

    The tables are note, dashboard, goal, alert, metric_definition and person_pair; a caller also needs the
    scope of the operation that owns the table, such as analytics.setAlert for alert.

    Raises:
        BadInput: the table is not declared, or the values do not fit it.
        MissingScope: the caller may not write that table.
    """
    target = declared(table)
    ctx.allow(target.scope)
    return store.insert(ctx, target, dict(values))


@operation("db.update", effect="write", reach="workspace", undo="db.update")
def update(ctx: Context, *, table: Table, id: Id, version: Version, values: Values) -> Row:  # noqa: A002
    """Return the row after the change; columns left out stay, the earlier row is kept in state.revision.

    Raises:
        BadInput: the table is not declared, or the row would not fit it.
        Conflict: somebody changed the row since that version.
        MissingScope: the caller may not write that table.
        NotFound: there is no such row in this workspace.
    """
    target = declared(table)
    ctx.allow(target.scope)
    return store.update(ctx, target, id, version, dict(values))


@operation("db.delete", effect="destroy", reach="workspace")
def delete(ctx: Context, *, table: Table, id: Id, version: Version) -> Row:  # noqa: A002
    """Return the row that was removed from a declared table; its last state stays in state.revision.

    Off unless the owner sets SPREADERS_ALLOW_DESTROY=true.

    Raises:
        BadInput: the table is not declared.
        Conflict: somebody changed the row since that version.
        GuardrailDenied: the owner did not allow it.
        MissingScope: the caller may not write that table.
        NotFound: there is no such row in this workspace.
    """
    target = declared(table)
    ctx.allow(target.scope)
    return store.delete(ctx, target, id, version)
