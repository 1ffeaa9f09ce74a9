"""Runs a parsed query over the account: checks the fields, sums the metrics, writes rows as JSON."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import polars as pl

from sandbox.google_ads.account import AdsAccount
from sandbox.google_ads.entities import entity_table
from sandbox.google_ads.gaql import Condition, Query, QueryError
from sandbox.google_ads.measures import DATE, SEGMENTS, SUMS, delivery, metric_table
from sandbox.guarded import GuardedWorld

HISTORY_DAYS = 37 * 31
# The identity of a row, and of the delivery it sums, by resource.
KEYS = {
    "customer": "customer.id",
    "customer_client": "customer_client.id",
    "campaign": "campaign.id",
    "campaign_budget": "campaign.id",
    "ad_group": "ad_group.id",
    "ad_group_ad": "ad_group_ad.ad.id",
    "asset_group": "asset_group.id",
}


def check_fields(account: AdsAccount, query: Query) -> pl.DataFrame:
    """The entities of the query's resource, once every field of the query is known to be allowed."""
    if query.resource not in KEYS:
        raise QueryError(
            "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE", f"'{query.resource}' is not a valid resource name."
        )
    entities = entity_table(account, query.resource)
    metrics = metric_table(2)
    used = [*query.select, *(c.field for c in query.where), *(field for field, _ in query.order)]
    for field in used:
        if field in entities.columns or field in SEGMENTS or field in metrics:
            continue
        if any(field in entity_table(account, other).columns for other in KEYS):
            raise QueryError(
                "PROHIBITED_RESOURCE_TYPE_IN_SELECT_CLAUSE",
                f"The following field may not be used with resource {query.resource}: '{field}'.",
            )
        raise QueryError("UNRECOGNIZED_FIELD", f"Unrecognized field in the query: '{field}'.")
    if query.resource == "customer_client" and any(field in metrics or field in SEGMENTS for field in used):
        raise QueryError(
            "PROHIBITED_METRIC_IN_SELECT_OR_WHERE_CLAUSE", "Resource customer_client has no metrics."
        )
    for field, _ in query.order:
        if field not in query.select and not field.startswith(f"{query.resource}."):
            raise QueryError(
                "EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE", f"'{field}' must be selected to be ordered by."
            )
    return entities


def find_days(world: GuardedWorld, query: Query) -> tuple[date, date]:
    """First and last day that the conditions on segments.date leave."""
    first, last = date.min, date.max
    found = [c for c in query.where if c.field == "segments.date"]
    for condition in found:
        low, high = read_days(condition, world.today + timedelta(days=1))
        first, last = max(first, low), min(last, high)
    if "segments.date" in query.select and (first == date.min or last == date.max):
        raise QueryError(
            "EXPECTED_FILTERS_ON_DATE_RANGE",
            "A finite date range is required when selecting segments.date: filter it with BETWEEN or DURING.",
        )
    if found and last != date.max and (last - first).days > HISTORY_DAYS:
        raise QueryError("DATE_RANGE_TOO_WIDE", "The requested date range is wider than 37 months.")
    return max(first, world.first_day), min(last, world.today)


def read_days(condition: Condition, today: date) -> tuple[date, date]:
    """The days a condition on segments.date allows."""
    if condition.operator == "DURING":
        return read_range(condition.values[0], today)
    try:
        days = [date.fromisoformat(value.replace("-", "")) for value in condition.values]
    except ValueError:
        raise QueryError("INVALID_DATE_FORMAT", f"Invalid date: {', '.join(condition.values)}.") from None
    day = timedelta(days=1)
    match condition.operator:
        case "BETWEEN":
            return days[0], days[1]
        case "=":
            return days[0], days[0]
        case ">=":
            return days[0], date.max
        case ">":
            return days[0] + day, date.max
        case "<=":
            return date.min, days[0]
        case "<":
            return date.min, days[0] - day
        case _:
            raise QueryError("BAD_OPERATOR", f"{condition.operator} is not allowed on segments.date.")


def read_range(name: str, today: date) -> tuple[date, date]:
    """The days of a date range constant of DURING."""
    day = timedelta(days=1)
    trailing = re.fullmatch(r"LAST_(7|14|30)_DAYS", name)
    if trailing:
        return today - int(trailing[1]) * day, today - day
    month = today.replace(day=1)
    ranges = {
        "TODAY": (today, today),
        "YESTERDAY": (today - day, today - day),
        "THIS_MONTH": (month, today),
        "LAST_MONTH": ((month - day).replace(day=1), month - day),
    }
    if name not in ranges:
        raise QueryError("INVALID_VALUE_WITH_DURING_OPERATOR", f"Invalid date range constant: {name}.")
    return ranges[name]


def run_query(account: AdsAccount, query: Query) -> list[bytes]:
    """The rows of a query as JSON objects; raises QueryError."""
    entities = check_fields(account, query)
    first, last = find_days(account.world, query)
    metrics = metric_table(account.exponent)
    segments = [field for field in query.select if field in SEGMENTS]
    measured = {f for f in (*query.select, *(c.field for c in query.where)) if f in metrics}
    rows = entities
    for condition in query.where:
        if condition.field in entities.columns:
            rows = rows.filter(write_condition(condition, entities.schema[condition.field]))
    if segments or measured:
        key = KEYS[query.resource]
        facts = delivery(account).filter(DATE.is_between(first, last), pl.col(key).is_not_null())
        for condition in query.where:
            if condition.field in SEGMENTS and condition.field != "segments.date":
                facts = facts.filter(narrow(condition, query))
        summed = (
            facts.group_by([key, *[SEGMENTS[name].alias(name) for name in segments]])
            .agg(pl.col(name).sum() for name in SUMS)
            .sort([key, *segments])
        )
        # A row without delivery exists only as long as nothing segments it.
        rows = rows.join(summed, on=key, how="inner" if segments else "left", maintain_order="left_right")
        rows = rows.with_columns(pl.col(name).fill_null(0) for name in SUMS)
        rows = rows.with_columns(metrics[name].alias(name) for name in sorted(measured))
        for condition in query.where:
            if condition.field in metrics:
                rows = rows.filter(write_condition(condition, rows.schema[condition.field]))
    if query.resource == "campaign_budget" and not any(f.startswith("campaign.") for f in query.select):
        rows = rows.unique(["campaign_budget.id", *segments], maintain_order=True) if not measured else rows
    if query.order:
        rows = rows.sort([field for field, _ in query.order], descending=[down for _, down in query.order],
                         maintain_order=True)  # fmt: skip
    if query.limit is not None:
        rows = rows.head(query.limit)
    return write_rows(rows, query)


def narrow(condition: Condition, query: Query) -> pl.Expr:
    """A condition on a segment, which must then be selected too."""
    if condition.field not in query.select:
        raise QueryError(
            "EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE",
            f"'{condition.field}' must be selected to be filtered by.",
        )
    kind = pl.Int32() if condition.field == "segments.year" else pl.String()
    return write_condition(condition, kind, SEGMENTS[condition.field])


def write_condition(condition: Condition, kind: pl.DataType, column: pl.Expr | None = None) -> pl.Expr:
    """A condition as a filter of a column of a type; raises QueryError for values of another type."""
    column = pl.col(condition.field) if column is None else column
    values = [read_literal(condition, text, kind) for text in condition.values]
    match condition.operator:
        case "IN":
            return column.is_in(values)
        case "NOT IN":
            return ~column.is_in(values)
        case "BETWEEN":
            return column.is_between(values[0], values[1])
        case "LIKE" | "NOT LIKE":
            pattern = "".join(
                ".*" if part == "%" else re.escape(part) for part in re.split("(%)", str(values[0]))
            )
            matched = column.str.contains(f"(?is)^{pattern}$")
            return matched if condition.operator == "LIKE" else ~matched
        case "REGEXP_MATCH" | "NOT REGEXP_MATCH":
            matched = column.str.contains(f"^(?:{values[0]})$")
            return matched if condition.operator == "REGEXP_MATCH" else ~matched
        case "IS NULL":
            return column.is_null()
        case "IS NOT NULL":
            return column.is_not_null()
        case _:
            compared: dict[str, Any] = {
                "=": column == values[0], "!=": column != values[0], "<": column < values[0],
                "<=": column <= values[0], ">": column > values[0], ">=": column >= values[0],
            }  # fmt: skip
            return compared[condition.operator]


def read_literal(condition: Condition, text: str, kind: pl.DataType) -> Any:
    """A literal as a value of a column type."""
    try:
        if kind.is_integer():
            return int(text)
        if kind.is_float():
            return float(text)
    except ValueError:
        raise QueryError("BAD_NUMBER", f"'{text}' is not a number for {condition.field}.") from None
    if kind == pl.Boolean:
        return text.upper() == "TRUE"
    if kind != pl.String:
        raise QueryError(
            "OPERATOR_FIELD_MISMATCH", f"{condition.operator} is not allowed on {condition.field}."
        )
    return text


def write_rows(rows: pl.DataFrame, query: Query) -> list[bytes]:
    """Rows as JSON: nested, camelCase, 64-bit integers as strings, resource names always there."""
    names = dict.fromkeys((f"{query.resource}.resource_name", *query.select))
    for field in query.select:
        holder = f"{field.rpartition('.')[0]}.resource_name"
        names |= {holder: None} if holder in rows.columns else {}
    tree: dict[str, Any] = {}
    for name in names:
        *parents, leaf = [camel(part) for part in name.split(".")]
        place = tree
        for parent in parents:
            place = place.setdefault(parent, {})
        column = pl.col(name)
        place[leaf] = column.cast(pl.String) if rows.schema[name] == pl.Int64 else column
    text = rows.select(build_struct(tree)).write_ndjson()
    return text.encode().splitlines()


def build_struct(tree: dict[str, Any]) -> list[pl.Expr]:
    """The columns of a tree of expressions, branches as structs."""
    return [
        (pl.struct(build_struct(value)) if isinstance(value, dict) else value).alias(name)
        for name, value in tree.items()
    ]


def camel(name: str) -> str:
    """A snake_case name in camelCase."""
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def write_mask(query: Query) -> str:
    """The field mask of an answer."""
    return ",".join(".".join(camel(part) for part in field.split(".")) for field in query.select)
