"""Exports: a mart, a metric over time or the members of an audience as a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal

import polars as pl
import psycopg
import pyarrow as pa
from psycopg import sql
from pydantic import BaseModel, ConfigDict, Field

from core.context import Context
from core.errors import BadInput, NotFound
from core.operation import operation
from core.time import Days
from lake.analytics.buckets import Grain
from lake.analytics.exporting import Format, Kinds, arrow_type, write_rows
from lake.analytics.marts import open_marts
from lake.analytics.period import FirstOn, LastOn, choose_days, reporting_currency
from lake.analytics.series import find_measure, read_points
from lake.delta import Lake
from lake.state.files import File, keep

BATCH_ROWS = 5_000
MOST_ROWS = 5_000_000
SHAPES = """
    SELECT column_name::text, data_type::text FROM information_schema.columns
    WHERE table_schema = 'marts' AND table_name = %s ORDER BY ordinal_position
"""
MARTS = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'marts' ORDER BY 1"
DAYS = ("day_on", "sent_on", "cohort_on", "month_on")
MEMBERS = "audience_member"
Source = tuple[Kinds, Iterator[Sequence[Sequence[Any]]]]
DayRange = tuple[date | None, date | None]
Cell = str | int | float | bool | date | None

Kind = Annotated[Literal["mart", "metric", "audience"], Field(description="What kind of thing to export.")]
Name = Annotated[
    str,
    Field(
        description="A mart such as fct_orders, a metric such as roas, or an audience's id.", max_length=64
    ),
]
FormatChoice = Annotated[Format, Field(description="csv, parquet or json.")]
Columns = Annotated[
    list[str] | None, Field(description="Which columns, in this order; null for all.", max_length=200)
]
Limit = Annotated[
    int | None, Field(description="Most rows; null for all, up to five million.", ge=1, le=MOST_ROWS)
]
GrainChoice = Annotated[Grain, Field(description="Of a metric: day, week or month.")]


class Filter(BaseModel):
    """A condition on a column; all of them hold."""

    model_config = ConfigDict(extra="forbid")

    column: str = Field(description="The column.", max_length=64)
    is_in: list[Cell] = Field(description="The values that count; null among them too.", max_length=1000)


Filters = Annotated[
    list[Filter], Field(description="Conditions on columns; all of them hold.", max_length=20)
]


class Export(BaseModel):
    """The answer of `analytics.exportData`."""

    file: File = Field(description="The file; fetch it by `GET /files/<id>`.")
    rows: int = Field(description="How many rows it holds.")
    columns: dict[str, str] = Field(description="Its columns, in order, and their types.")


@operation("analytics.exportData", effect="write", reach="workspace")
def export_data(
    ctx: Context,
    *,
    kind: Kind,
    name: Name,
    format: FormatChoice = "csv",  # noqa: A002 - the public name
    columns: Columns = None,
    filters: Filters = [],  # noqa: B006 - read only
    first_on: FirstOn = None,
    last_on: LastOn = None,
    limit: Limit = None,
    grain: GrainChoice = "day",
) -> Export:
    """Return a file with the rows of a mart, of a metric over time or of an audience's members.

    A mart is exported whole unless days are named (it must have a day column); a metric over the days named,
    by default 28. Numbers are exact: micros and minor units are whole, instants are UTC. In CSV null is
    nothing and empty text is quoted; text that a spreadsheet would run as a formula has an apostrophe before
    it. The file is streamed, so it may be large; it is stored here and fetched with the caller's token.

    Raises:
        BadInput: there is no such mart, metric or column.
        NotFound: the models were never built, or there is no such audience.
    """
    days = (first_on, last_on)
    with open_marts(ctx) as link:
        if kind == "mart":
            source = _mart(link, name, columns, filters, days)
        elif kind == "metric":
            source = _metric(link, name, choose_days(link, *days), grain)
            _check_plain(columns, filters)
        else:
            source = _audience(ctx, name)
            _check_plain(columns, filters)
        counted: list[int] = []
        kinds, batches = source[0], _first(source[1], limit)
        file = keep(
            ctx,
            "export",
            "analytics.exportData",
            f"{name}.{format}",
            lambda path: counted.append(write_rows(path, format, kinds, batches)),
        )
    return Export(file=file, rows=counted[0], columns={column: str(told) for column, told in kinds.items()})


def _first(
    batches: Iterator[Sequence[Sequence[Any]]], limit: int | None
) -> Iterator[Sequence[Sequence[Any]]]:
    """Yield the rows up to the limit."""
    left = limit or MOST_ROWS
    for batch in batches:
        yield batch[:left]
        left -= len(batch)
        if left <= 0:
            return


def _check_plain(columns: Sequence[str] | None, filters: Sequence[Filter]) -> None:
    if columns or filters:
        raise BadInput("Columns and filters are for marts; a metric or an audience is exported whole.")


def _mart(
    link: psycopg.Connection,
    name: str,
    columns: Sequence[str] | None,
    filters: Sequence[Filter],
    days: DayRange,
) -> Source:
    shape: dict[str, str] = dict(link.execute(SHAPES, [name]).fetchall())
    if not shape:
        marts = [mart for (mart,) in link.execute(MARTS).fetchall()]
        if not marts:
            raise NotFound("There are no numbers yet; run `spreaders build`.")
        raise BadInput(f"There is no such mart; there are {', '.join(marts)}.")
    chosen = list(dict.fromkeys(columns or [column for column in shape if column != "workspace_id"]))
    for column in (*chosen, *(item.column for item in filters)):
        if column not in shape:
            raise BadInput(f"{name} has no such column; it has {', '.join(shape)}.")
    where, values = _conditions(name, shape, filters, days)
    query = sql.SQL("SELECT {} FROM {} WHERE {} ORDER BY {}").format(
        sql.SQL(", ").join(map(sql.Identifier, chosen)),
        sql.Identifier("marts", name),
        where,
        sql.SQL(", ").join(sql.Literal(n) for n in range(1, len(chosen) + 1)),
    )
    return {column: arrow_type(shape[column]) for column in chosen}, _stream(link, query, values)


def _conditions(
    name: str,
    shape: Mapping[str, str],
    filters: Sequence[Filter],
    days: DayRange,
) -> tuple[sql.Composable, list[Any]]:
    conditions: list[sql.Composable] = [sql.SQL("true")]
    values: list[Any] = []
    for item in filters:
        known = [cell for cell in item.is_in if cell is not None]
        column = sql.Identifier(item.column)
        one = sql.SQL("{}::text = ANY(%s::text[])").format(column)
        empty = sql.SQL("{} IS NULL").format(column)
        both = [one, *([empty] if None in item.is_in else [])]
        conditions.append(sql.SQL("({})").format(sql.SQL(" OR ").join(both)))
        values.append([_text(cell) for cell in known])
    if any(days):
        day = next((column for column in DAYS if column in shape), None)
        if day is None:
            raise BadInput(f"{name} has no day; export it without first_on and last_on.")
        for bound, compare in zip(days, (">=", "<="), strict=True):
            if bound:
                conditions.append(sql.SQL("{} {} %s").format(sql.Identifier(day), sql.SQL(compare)))
                values.append(bound)
    return sql.SQL(" AND ").join(conditions), values


def _text(cell: Cell) -> str:
    return str(cell).lower() if isinstance(cell, bool) else str(cell)


def _stream(
    link: psycopg.Connection, query: sql.Composed, values: list[Any]
) -> Iterator[Sequence[Sequence[Any]]]:
    """Yield the rows from the database's own cursor, some thousands at a time."""
    with link.cursor("export") as cursor:
        cursor.execute(query, values)
        while batch := cursor.fetchmany(BATCH_ROWS):
            yield batch


def _metric(link: psycopg.Connection, name: str, days: Days, grain: Grain) -> Source:
    measure, currency = find_measure(link, name), reporting_currency(link)
    points = read_points(link, measure, days, grain)
    kinds = {
        "start_on": pa.date32(), "end_on": pa.date32(), "metric": pa.string(), "unit": pa.string(),
        "currency": pa.string(), "value": pa.float64(), "is_whole": pa.bool_(),
    }  # fmt: skip
    rows = [(p.start_on, p.end_on, name, measure.unit, currency, p.value, p.is_whole) for p in points]
    return kinds, iter([rows])


def _audience(ctx: Context, audience_id: str) -> Source:
    lake: Lake = ctx.service("lake")
    members = lake.scan("gold", MEMBERS, ctx.workspace).filter(
        pl.col("audience_id") == audience_id, pl.col("until_on").is_null()
    )
    rows = members.select("audience_id", "version", "person_id", "since_on").sort("person_id").collect()
    if rows.is_empty():
        raise NotFound("There is no such audience, or nobody is in it now.")
    kinds = {
        "audience_id": pa.string(), "version": pa.int64(), "person_id": pa.string(), "since_on": pa.date32()
    }  # fmt: skip
    return kinds, (piece.rows() for piece in rows.iter_slices(BATCH_ROWS))
