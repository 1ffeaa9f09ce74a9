"""A caller's own SQL over the marts and the lake: read only, one workspace, bounded."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Annotated, Any, cast

import orjson
import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.types import datetime as loaders
from pydantic import BaseModel, Field, JsonValue, StringConstraints

from core.context import Context
from core.errors import BadInput
from core.operation import operation
from lake.db import bounds
from lake.db.bounds import Deadline
from lake.db.nearest import suggest
from lake.db.screening import explain, screen

# The planner's own unit, about a page read; a year of a large shop by day costs some tens of thousands.
MOST_COST = 5_000_000
MOST_BYTES = 8 * 1024 * 1024

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
    (`is_truncated`). It may take 256 MB of memory; four run at once in a process. Functions that are not
    known to only compute are refused. `information_schema.tables` and `.columns` tell what is open.

    Raises:
        BadInput: it is no single SELECT, reaches for what is not open, costs too much or takes too long.
        RateLimited: too many queries run at the moment.
        VendorDown: the database does not answer.
    """
    text = statement.rstrip(";").rstrip()
    deadline = Deadline(bounds.MOST_SECONDS)
    with bounds.turn(), ctx.service("warehouse").querying(ctx.workspace) as link:
        bounds.limit_session(link)
        for kind, loader in LOADERS.items():
            link.adapters.register_loader(kind, loader)
        try:
            _screen(link, text, deadline)
            with bounds.memory_watched(link), link.transaction():
                link.execute("SET TRANSACTION READ ONLY")
                deadline.limit(link)
                cost = _cost_of(link, text)
                answer = _read(link, text, limit, deadline)
        except psycopg.Error as error:
            raise explain(error, "" if link.broken else suggest(link, error, text)) from None
    return QueryAnswer(
        columns=answer.columns,
        rows=answer.rows,
        row_count=len(answer.rows),
        is_truncated=answer.is_truncated,
        cost=round(cost, 2),
    )


def _screen(link: psycopg.Connection, text: str, deadline: Deadline) -> None:
    with link.transaction(force_rollback=True):
        deadline.limit(link)
        screen(link, text)


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


@dataclass(frozen=True, slots=True)
class Read:
    """Rows as JSON cells, their columns, and whether there are more rows."""

    rows: list[list[JsonValue]]
    columns: list[Column]
    is_truncated: bool


def _read(link: psycopg.Connection, text: str, limit: int, deadline: Deadline) -> Read:
    """Return at most `limit` rows and 8 MB, read one row at a time: wide rows do not pile up in memory."""
    deadline.limit(link)
    _run(link, f"DECLARE answer NO SCROLL CURSOR FOR\n{text}")
    columns = _columns(link)
    rows: list[list[JsonValue]] = []
    room, is_truncated = MOST_BYTES, False
    cursor = link.cursor()
    # One statement fetches all, so that what is left of the deadline holds for the whole answer.
    deadline.limit(link)
    stream = cast(Generator[tuple[Any, ...]], cursor.stream(f"FETCH {limit + 1} FROM answer".encode()))
    with closing(stream):
        for row in stream:
            cells = [_to_json(cell) for cell in row]
            room -= len(orjson.dumps(cells))
            if len(rows) == limit or room < 0:
                is_truncated = True
                break
            rows.append(cells)
    return Read(rows, columns, is_truncated)


def _columns(link: psycopg.Connection) -> list[Column]:
    """Return the columns of the open cursor, which the database knows before the first row."""
    portal = link.pgconn.describe_portal(b"answer")
    names = [(portal.fname(at) or b"").decode() for at in range(portal.nfields)]
    codes = [portal.ftype(at) for at in range(portal.nfields)]
    types = link.execute("SELECT oid, format_type(oid, NULL) FROM pg_type WHERE oid = ANY(%s)", [codes])
    titles: dict[int, str] = dict(types.fetchall())
    return [Column(name=n, type=titles.get(code, "unknown")) for n, code in zip(names, codes, strict=True)]


def _run(link: psycopg.Connection, statement: str) -> psycopg.Cursor[Any]:
    """Run one statement; a percent sign in it is only a percent sign."""
    return link.execute(statement.encode(), None)


def _to_json(cell: Any) -> JsonValue:
    """Return a cell as JSON writes it."""
    value: JsonValue = orjson.loads(orjson.dumps(cell, default=str, option=orjson.OPT_NON_STR_KEYS))
    return value


def _or_text(loader: type[Loader]) -> type[Loader]:
    """Return the loader that returns the database's text where Python has no such day: infinity, BC."""

    class OrText(loader):  # type: ignore[valid-type, misc]
        def load(self, data: Buffer) -> Any:
            try:
                return super().load(data)
            except psycopg.DataError:
                return bytes(data).decode()

    return OrText


LOADERS: dict[str, type[Loader]] = {
    "date": _or_text(loaders.DateLoader),
    "timestamp": _or_text(loaders.TimestampLoader),
    "timestamptz": _or_text(loaders.TimestamptzLoader),
    "interval": _or_text(loaders.IntervalLoader),
}
