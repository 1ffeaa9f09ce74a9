"""What a caller's SQL may be: one query over our schemas, with functions that have no effect.

The database's own parser reads it, as a temporary view that is thrown away at once: what the view's rule
names is what the query names, whatever tricks its text plays.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import psycopg

from core.errors import BadInput, RateLimited, SpreadersError
from lake.db.bounds import TOO_LARGE
from lake.db.functions import OPEN_FUNCTIONS

SCHEMAS = ("lake", "marts", "state")
# A view's columns need names of their own, a query's do not; inside EXISTS nobody asks.
WRAPPED = "CREATE TEMPORARY VIEW screened AS SELECT 1 AS one WHERE EXISTS (\n{statement}\n)"
RULE = """
    SELECT r.ev_action::text FROM pg_rewrite AS r JOIN pg_class AS c ON c.oid = r.ev_class
    WHERE c.relname = 'screened' AND c.relnamespace = pg_my_temp_schema()
"""
# In the rule's text: relations; functions, aggregates, window functions, what operators and casts call.
RELATION = re.compile(r":relid (\d+)")
FUNCTION = re.compile(r":(?:funcid|aggfnoid|winfnoid|opfuncid|resultfunc|elemfuncid) (\d+)")
RELATIONS = """
    SELECT n.nspname, c.relname, c.relkind::text FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = ANY(%s::oid[])
"""
# What operators and casts call needs no name of its own: only pg_catalog's that compute.
FUNCTIONS = """
    SELECT n.nspname, p.proname, p.provolatile::text,
      EXISTS (SELECT 1 FROM pg_operator AS o WHERE o.oprcode = p.oid)
      OR EXISTS (SELECT 1 FROM pg_cast AS c WHERE c.castfunc = p.oid)
    FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace WHERE p.oid = ANY(%s::oid[])
"""
# Types whose text tells names of what is closed: regclass, regproc and their kind.
NAMING = re.compile(r":(?:resulttype|consttype|funcresulttype|opresulttype) (\d+)")
NAMING_TYPES = "SELECT typname FROM pg_type WHERE oid = ANY(%s::oid[]) AND typname LIKE 'reg%%'"
# Views that tell which tables and columns are open.
CATALOGUE = frozenset({("information_schema", "tables"), ("information_schema", "columns")})


def screen(link: psycopg.Connection, statement: str) -> None:
    """Return if the statement is one query we let through; must run in a transaction that is rolled back.

    Raises:
        BadInput: it is no query, more than one, or reaches for what it may not; the message says what.
        psycopg.Error: the database does not understand it; see `explain`.
    """
    try:
        # The extended protocol takes one statement, whatever semicolons there are.
        _execute_alone(link, WRAPPED.format(statement=statement))
        (rule,) = link.execute(RULE.encode()).fetchone() or ("",)
    except psycopg.errors.FeatureNotSupported as error:
        raise BadInput(f"Only a plain query is answered: {_said(error)}.") from None
    for schema, name, kind in link.execute(RELATIONS, [_numbers(RELATION, rule)]).fetchall():
        is_own = schema.startswith("pg_temp") and name == "screened"
        if schema not in SCHEMAS and (schema, name) not in CATALOGUE and not is_own:
            raise BadInput(
                f"{schema}.{name} is not open to queries; the schemas are {', '.join(SCHEMAS)}.", kind=kind
            )
    for schema, name, volatility, is_built_in in link.execute(
        FUNCTIONS, [_numbers(FUNCTION, rule)]
    ).fetchall():
        is_open = name in OPEN_FUNCTIONS or (is_built_in and volatility in "is")
        if schema != "pg_catalog" or not is_open:
            raise BadInput(f"The function {name} is not open to queries; use one that only computes.")
    if naming := link.execute(NAMING_TYPES, [_numbers(NAMING, rule)]).fetchone():
        raise BadInput(f"The type {naming[0]} is not open to queries; it names what is closed.")


def explain(error: psycopg.Error, nearest: str = "") -> SpreadersError:
    """Return the refusal for what the database said of a caller's SQL: its words and the nearest name."""
    if isinstance(error, psycopg.errors.QueryCanceled):
        return BadInput("The query took too long and was stopped; narrow the days or aggregate more.")
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return BadInput(f"The query reaches for what is not open to it: {_said(error)}.")
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return BadInput(f"Queries only read: {_said(error)}.")
    if isinstance(error, psycopg.errors.OutOfMemory | psycopg.errors.ConfigurationLimitExceeded):
        return BadInput(TOO_LARGE)
    if isinstance(error, psycopg.errors.DiskFull):
        return SpreadersError("The disk of the database is full; make room.")
    if isinstance(error, psycopg.errors.TooManyConnections):
        return RateLimited("Many queries run at the moment; ask again.", timedelta(seconds=5))
    return BadInput(f"The database cannot answer this: {_said(error)}.{nearest}")


def _execute_alone(link: psycopg.Connection, statement: str) -> None:
    answer = link.pgconn.exec_params(statement.encode(), None)
    if answer.status not in {psycopg.pq.ExecStatus.COMMAND_OK, psycopg.pq.ExecStatus.TUPLES_OK}:
        raise psycopg.errors.error_from_result(answer)


def _said(error: psycopg.Error) -> str:
    text = error.diag.message_primary or str(error).split("\n", 1)[0] or type(error).__name__
    return text.strip().rstrip(".")


def _numbers(pattern: re.Pattern[str], rule: Any) -> list[int]:
    return sorted({int(number) for number in pattern.findall(str(rule))})
