"""The way operations reach the marts: one workspace, read only, a clear word when nothing is built."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.rows import DictRow, dict_row

from core.context import Context
from core.errors import NotFound

Params = dict[str, object]


@contextmanager
def open_marts(ctx: Context) -> Iterator[psycopg.Connection]:
    """Yield a connection that sees the marts of the caller's workspace.

    Raises:
        NotFound: the marts were never built.
        ProviderNotConfigured: this process runs without a warehouse.
    """
    try:
        with ctx.service("warehouse").connect(ctx.workspace) as link:
            yield link
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
        raise NotFound(
            "There are no numbers yet, or they are of an older version; run `spreaders build`.",
            seen=str(error).split("\n", 1)[0],
        ) from error


def read_rows(link: psycopg.Connection, query: str, params: Params | None = None) -> list[DictRow]:
    """Return the rows of a query as dicts."""
    with link.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query.encode(), params or {}).fetchall()


def read_row(link: psycopg.Connection, query: str, params: Params | None = None) -> DictRow | None:
    """Return the first row of a query as a dict, None without one."""
    rows = read_rows(link, query, params)
    return rows[0] if rows else None
