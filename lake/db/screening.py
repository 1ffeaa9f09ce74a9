"""What a caller's SQL may be: one query over our schemas, with functions that have no effect.

The database's own parser reads it, as a temporary view that is thrown away at once: what the view's rule
names is what the query names, whatever tricks its text plays.
"""

from __future__ import annotations

import re
from typing import Any

import psycopg

from core.errors import BadInput

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
FUNCTIONS = """
    SELECT n.nspname, p.proname, p.provolatile::text, p.prokind::text FROM pg_proc AS p
    JOIN pg_namespace AS n ON n.oid = p.pronamespace WHERE p.oid = ANY(%s::oid[])
"""
# Functions that read a setting, the clock or the zone; every other one that is not immutable is refused.
STABLE = frozenset(
    """
    age array_to_json array_to_string concat concat_ws date date_add date_bin date_part date_subtract
    date_trunc extract format generate_series json_build_array json_build_object json_object_agg
    jsonb_build_array
    jsonb_build_object jsonb_path_query_tz make_timestamptz now quote_nullable row_to_json time timestamp
    timestamptz timezone to_char to_date to_json to_jsonb to_number to_timestamp transaction_timestamp
    statement_timestamp
    """.split()
)
# Immutable, but a few letters ask them for gigabytes.
GREEDY = frozenset({"repeat", "lpad", "rpad"})


def screen(link: psycopg.Connection, statement: str) -> None:
    """Return if the statement is one query we let through; must run in a transaction that is rolled back.

    Raises:
        BadInput: it is no query, more than one, or reaches for what it may not; the message says what.
    """
    try:
        # The extended protocol takes one statement, whatever semicolons there are.
        _execute_alone(link, WRAPPED.format(statement=statement))
        (rule,) = link.execute(RULE.encode()).fetchone() or ("",)
    except psycopg.errors.FeatureNotSupported as error:
        raise BadInput(f"Only a plain query is answered: {_said(error)}.") from None
    except psycopg.Error as error:
        raise explain(error) from None
    for schema, name, kind in link.execute(RELATIONS, [_numbers(RELATION, rule)]).fetchall():
        if schema not in SCHEMAS and not (schema.startswith("pg_temp") and name == "screened"):
            raise BadInput(
                f"{schema}.{name} is not open to queries; the schemas are {', '.join(SCHEMAS)}.", kind=kind
            )
    for schema, name, volatility, _ in link.execute(FUNCTIONS, [_numbers(FUNCTION, rule)]).fetchall():
        is_known = schema == "pg_catalog" and (volatility == "i" or (volatility == "s" and name in STABLE))
        if not is_known or name in GREEDY:
            raise BadInput(f"The function {name} is not open to queries; use one that only computes.")


def explain(error: psycopg.Error) -> BadInput:
    """Return the refusal for what the database said of a caller's SQL: its words and the place."""
    if isinstance(error, psycopg.errors.QueryCanceled):
        return BadInput("The query took too long and was stopped; narrow the days or aggregate more.")
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return BadInput(f"The query reaches for what is not open to it: {_said(error)}.")
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return BadInput(f"Queries only read: {_said(error)}.")
    return BadInput(f"The database cannot answer this: {_said(error)}.")


def _execute_alone(link: psycopg.Connection, statement: str) -> None:
    answer = link.pgconn.exec_params(statement.encode(), None)
    if answer.status not in {psycopg.pq.ExecStatus.COMMAND_OK, psycopg.pq.ExecStatus.TUPLES_OK}:
        raise psycopg.errors.error_from_result(answer)


def _said(error: psycopg.Error) -> str:
    text = error.diag.message_primary or str(error).split("\n", 1)[0] or type(error).__name__
    return text.strip().rstrip(".")


def _numbers(pattern: re.Pattern[str], rule: Any) -> list[int]:
    return sorted({int(number) for number in pattern.findall(str(rule))})
