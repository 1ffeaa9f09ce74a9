"""Asks Postgres about a condition: whether its types fit, how many it is, who."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlglot import exp

from core.errors import BadInput
from lake.audiences.condition import bind, read_condition
from lake.audiences.fields import PRODUCTS, PROFILE, SQL_TYPE, TABLES

# A condition is asked of the published tables; nobody waits longer than this for its size.
TIMEOUT = "10s"


def check_types(link: psycopg.Connection, condition: str) -> None:
    """Refuse a condition whose types do not fit, by letting Postgres plan it over empty tables.

    Raises:
        BadInput: with Postgres's own sentence.
    """
    with asking(link, read_condition(condition), empty=True) as (tables, where, values):
        link.execute(f"EXPLAIN {tables} SELECT 1 FROM {PROFILE} WHERE {where}".encode(), values)


def count_members(link: psycopg.Connection, condition: str) -> int:
    """Return how many persons of the connection's workspace meet a condition now.

    Raises:
        BadInput: the condition is not allowed, or takes longer than ten seconds.
    """
    with asking(link, read_condition(condition)) as (tables, where, values):
        row = link.execute(
            f"{tables} SELECT count(*) FROM {PROFILE} WHERE {where}".encode(), values
        ).fetchone()
    return int(row[0]) if row else 0


def list_members(link: psycopg.Connection, condition: str) -> list[str]:
    """Return the keyed ids of the persons that meet a condition now, sorted."""
    with asking(link, read_condition(condition)) as (tables, where, values):
        query = f"{tables} SELECT person_id FROM {PROFILE} WHERE {where} ORDER BY 1"
        return [person for (person,) in link.execute(query.encode(), values).fetchall()]


@contextmanager
def asking(
    link: psycopg.Connection, condition: exp.Expr, *, empty: bool = False
) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Yield `WITH …` that names the two tables, the condition with bound values, and the values.

    What goes wrong in asking because of the condition becomes one sentence; the transaction around
    stays usable.

    Raises:
        BadInput: the types do not fit, a number is too large, or it takes too long.
    """
    where, values = bind(condition)
    try:
        with link.transaction():
            link.execute(f"SET LOCAL statement_timeout = '{TIMEOUT}'".encode())
            yield _tables(empty=empty), where, values
            link.execute(b"SET LOCAL statement_timeout = DEFAULT")
    except (psycopg.errors.ProgrammingError, psycopg.errors.DataError) as error:
        if isinstance(error, psycopg.errors.UndefinedTable):
            raise
        said = str(error.diag.message_primary or error)
        raise BadInput(f"This condition does not fit the profile's columns: {said}.") from None
    except psycopg.errors.QueryCanceled:
        raise BadInput(f"This condition takes longer than {TIMEOUT} to answer; make it simpler.") from None


def _tables(*, empty: bool) -> str:
    named = [
        f"{table} AS ({_empty(table) if empty else f'SELECT * FROM lake.{table}'})"
        for table in (PROFILE, PRODUCTS)
    ]
    return f"WITH {', '.join(named)}"


def _empty(table: str) -> str:
    columns = [f"NULL::{SQL_TYPE[field.kind]} AS {name}" for name, field in TABLES[table].items()]
    return f"SELECT {', '.join(columns)}"
