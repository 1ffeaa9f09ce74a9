"""A caller's own SQL over the marts and the lake: read only, one workspace, bounded."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
import psycopg
from psycopg import sql
from pydantic import BaseModel, Field, JsonValue, StringConstraints

from core.context import Context
from core.errors import BadInput
from core.operation import operation
from lake.db.screening import explain, screen

TIMEOUT_MS = 15_000
SCREEN_TIMEOUT_MS = 5_000
# The planner's own unit, about a page read; a year of a large shop by day costs some tens of thousands.
MOST_COST = 5_000_000
MOST_BYTES = 8 * 1024 * 1024
BATCH_ROWS = 200

Statement = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000),
    Field(description="One SELECT, such as `SELECT sum(orders) FROM marts.fct_channel_daily`."),
]
Limit = Annotated[int, Field(description="Most rows to return.", ge=1, le=10_000)]


class Column(BaseModel):
    """A column of an answer."""

    name: str = Field(description="Its name.")
    type: str = Field(description="Its type in the database.")


class QueryAnswer(BaseModel):
    """The answer of `db.query`."""

    columns: list[Column] = Field(description="The columns, in order.")
    rows: list[list[JsonValue]] = Field(
        description="The rows, cell by cell; exact numerics, days and instants are texts."
    )
    row_count: int = Field(description="How many rows are here.")
    is_truncated: bool = Field(description="Whether there are more than these.")
    cost: float = Field(description="The planner's estimate of the work.")


@operation("db.query", effect="read")
def query(ctx: Context, *, statement: Statement, limit: Limit = 1000) -> QueryAnswer:
    """Return the rows of one SELECT over the schemas marts, lake and state of the caller's workspace.

    Amounts ending in `_micros` are millionths of the currency's unit, `_minor` its minor units. The
    query sees its own workspace's rows and cannot change which that is. It is stopped after 15 seconds,
    refused when the planner expects more than 5,000,000 units of work, and cut at `limit` rows or 8 MB
    (`is_truncated`). Functions that do more than compute are refused.

    Raises:
        BadInput: it is no single SELECT, reaches for what is not open, costs too much or takes too long.
        VendorDown: the database does not answer.
    """
    text = statement.rstrip(";").rstrip()
    with ctx.service("warehouse").querying(ctx.workspace) as link:
        _screen(link, text)
        try:
            with link.transaction():
                link.execute("SET TRANSACTION READ ONLY")
                _limit_time(link, TIMEOUT_MS)
                cost = _cost_of(link, text)
                return _read(link, text, limit, cost)
        except psycopg.Error as error:
            raise explain(error) from None


def _screen(link: psycopg.Connection, text: str) -> None:
    with link.transaction(force_rollback=True):
        _limit_time(link, SCREEN_TIMEOUT_MS)
        screen(link, text)


def _limit_time(link: psycopg.Connection, milliseconds: int) -> None:
    link.execute("SELECT set_config('statement_timeout', %s, true)", [str(milliseconds)])


def _cost_of(link: psycopg.Connection, text: str) -> float:
    ((plan,),) = _run(link, f"EXPLAIN (FORMAT JSON)\n{text}").fetchall()
    cost = float(plan[0]["Plan"]["Total Cost"])
    if cost > MOST_COST:
        raise BadInput(
            f"The query would cost {cost:,.0f} units, more than {MOST_COST:,}; "
            "narrow the days, or join on workspace_id and the keys.",
            cost=cost,
        )
    return cost


def _read(link: psycopg.Connection, text: str, limit: int, cost: float) -> QueryAnswer:
    _run(link, f"DECLARE answer NO SCROLL CURSOR FOR\n{text}")
    rows: list[list[JsonValue]] = []
    columns: list[Column] = []
    room, is_truncated = MOST_BYTES, False
    while not is_truncated:
        batch = link.execute(sql.SQL("FETCH {} FROM answer").format(sql.Literal(min(BATCH_ROWS, limit + 1))))
        columns = columns or _columns(link, batch)
        found = batch.fetchall()
        for row in found:
            told = [_told(cell) for cell in row]
            room -= len(orjson.dumps(told))
            if len(rows) == limit or room < 0:
                is_truncated = True
                break
            rows.append(told)
        if not found:
            break
    return QueryAnswer(
        columns=columns, rows=rows, row_count=len(rows), is_truncated=is_truncated, cost=round(cost, 2)
    )


def _columns(link: psycopg.Connection, cursor: psycopg.Cursor[Any]) -> list[Column]:
    described = cursor.description or []
    codes = [c.type_code for c in described]
    types = link.execute("SELECT oid, format_type(oid, NULL) FROM pg_type WHERE oid = ANY(%s)", [codes])
    names: dict[int, str] = dict(types.fetchall())
    return [Column(name=c.name, type=names.get(c.type_code, "unknown")) for c in described]


def _run(link: psycopg.Connection, statement: str) -> psycopg.Cursor[Any]:
    """Run one statement; a percent sign in it is only a percent sign."""
    return link.execute(statement.encode(), None)


def _told(cell: Any) -> JsonValue:
    """Return a cell as JSON tells it."""
    told: JsonValue = orjson.loads(orjson.dumps(cell, default=str, option=orjson.OPT_NON_STR_KEYS))
    return told
