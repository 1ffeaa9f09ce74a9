"""Lists of the shop: search terms, sorting and pages."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
import polars as pl

from sandbox.guarded import GuardedWorld
from sandbox.shopify.selection import GraphError

MOST_LISTED = 25_000
TERM = re.compile(r"""(\w+):(>=|<=|>|<)?(?:'([^']*)'|"([^"]*)"|(\S+))""")
TIMES = {"created_at": "created_at", "updated_at": "updated_at", "processed_at": "created_at"}
SORTS = {
    "CREATED_AT": "created_at",
    "UPDATED_AT": "updated_at",
    "PROCESSED_AT": "created_at",
    "ORDER_NUMBER": "created_at",
    "TOTAL_PRICE": "total_minor",
    "NAME": "first_name",
    "TITLE": "title",
    "SKU": "sku",
}
FINANCIAL = {
    "refunded": (pl.col("refunded_minor") > 0) & (pl.col("refunded_minor") >= pl.col("total_minor")),
    "partially_refunded": (pl.col("refunded_minor") > 0) & (pl.col("refunded_minor") < pl.col("total_minor")),
    "voided": (pl.col("refunded_minor") == 0) & pl.col("cancelled_at").is_not_null(),
    "paid": (pl.col("refunded_minor") == 0) & pl.col("cancelled_at").is_null(),
}


@dataclass
class Page:
    """The rows of a page, the cursor of each, and whether there are more."""

    rows: list[dict[str, Any]]
    cursors: list[str]
    has_next: bool
    has_previous: bool
    warnings: list[dict[str, Any]] = field(default_factory=list)


def filter_table(table: pl.DataFrame, text: str | None) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """The rows a search text leaves, and warnings about terms that are not known (and so ignored)."""
    warnings: list[dict[str, Any]] = []
    for name, operator, *values in TERM.findall(text or ""):
        value = next((part for part in values if part), "")
        condition = read_term(table, name, operator or "", value)
        if condition is None:
            message = "Invalid search field for this query."
            warnings.append({"field": name, "message": message, "code": "invalid_field"})
        else:
            table = table.filter(condition)
    return table, warnings


def read_term(table: pl.DataFrame, name: str, operator: str, value: str) -> pl.Expr | None:
    """One term as a condition, None when its field is not known."""
    if name in TIMES and TIMES[name] in table.columns:
        return compare(pl.col(TIMES[name]), operator, read_instant(value))
    if name == "id":
        return compare(pl.col("id").cast(pl.Int64), operator, int(re.sub(r"\D", "", value) or 0))
    if name == "test" and "is_test" in table.columns:
        return pl.col("is_test") == (value == "true")
    if name == "financial_status" and value in FINANCIAL:
        return FINANCIAL[value]
    if name in ("name", "email", "sku") and name in table.columns:
        return pl.col(name) == value
    return None


def compare(column: pl.Expr, operator: str, value: Any) -> pl.Expr:
    """A column against a value; without operator it must be equal."""
    conditions = {">=": column >= value, "<=": column <= value, ">": column > value, "<": column < value}
    return conditions.get(operator, column == value)


def read_instant(text: str) -> datetime:
    """An instant of a search term; a day means its midnight in UTC."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise refuse_page(f"Invalid timestamp: {text}") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def read_page(world: GuardedWorld, name: str, table: pl.DataFrame, arguments: dict[str, Any]) -> Page:
    """A page of a table by `query`, `sortKey`, `reverse`, `first` and `after` or `last` and `before`."""
    text, column = arguments.get("query"), SORTS.get(arguments.get("sortKey") or "", "id")
    is_down = bool(arguments.get("reverse"))
    listed, warnings = world.cached(
        ("shopify listing", name, text, column, is_down),
        lambda: list_rows(table, text, column, is_down=is_down),
    )
    is_backward = arguments.get("first") is None and arguments.get("last") is not None
    cursor = arguments.get("before" if is_backward else "after")
    rest = (
        listed
        if cursor is None
        else listed.filter(beyond(read_cursor(cursor), is_down=is_down != is_backward))
    )
    if not is_backward and listed.height - rest.height >= MOST_LISTED:
        raise refuse_page(f"Pagination beyond {MOST_LISTED} objects is not supported: narrow the query.")
    number = int(arguments["last"] if is_backward else arguments["first"])
    shown = rest.tail(number) if is_backward else rest.head(number)
    more, before = rest.height > number, cursor is not None
    cursors = [write_cursor(number, value) for value, number in shown.select("_sort", "id").iter_rows()]
    rows = table[shown["_row"]].to_dicts()
    return Page(rows, cursors, before if is_backward else more, more if is_backward else before, warnings)


def list_rows(
    table: pl.DataFrame, text: str | None, column: str, *, is_down: bool
) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """Positions (`_row`), sort values (`_sort`) and ids of the rows of a listing, in order."""
    rows, warnings = filter_table(table.with_row_index("_row"), text)
    value = pl.col("id").cast(pl.Int64) if column == "id" else pl.col(column).to_physical()
    listed = rows.select("_row", value.alias("_sort"), "id")
    return listed.sort(["_sort", "id"], descending=is_down), warnings


def refuse_page(message: str) -> GraphError:
    """The error of a page that cannot be given."""
    return GraphError({"message": message, "extensions": {"code": "BAD_REQUEST"}})


def beyond(cursor: dict[str, Any], *, is_down: bool) -> pl.Expr:
    """The rows that come after a cursor."""
    value, last_id = pl.lit(cursor["last_value"]), pl.lit(cursor["last_id"])
    sort, number = pl.col("_sort"), pl.col("id")
    if is_down:
        return (sort < value) | ((sort == value) & (number < last_id))
    return (sort > value) | ((sort == value) & (number > last_id))


def write_cursor(number: str, value: Any) -> str:
    """The cursor of a row: its id and sort value."""
    return base64.b64encode(orjson.dumps({"last_id": number, "last_value": value})).decode()


def read_cursor(text: str) -> dict[str, Any]:
    """The content of a cursor."""
    try:
        cursor = orjson.loads(base64.b64decode(text))
    except (ValueError, binascii.Error):
        cursor = None
    if not isinstance(cursor, dict) or "last_value" not in cursor:
        raise refuse_page("Invalid cursor for current pagination sort.")
    return cursor
