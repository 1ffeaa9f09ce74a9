"""Measures any metrics by any of their dimensions: sums of parts from the marts, then the ratios."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg.rows import dict_row

from core.errors import BadInput
from core.time import Days
from lake.metrics.facts import FACTS, Fact
from lake.metrics.metric import Metric, Number
from lake.metrics.parts import PARTS
from lake.metrics.sums import Sum, amounts_of, sum_of

MOST_ROWS = 50_000
CURRENCY = "SELECT reporting_currency FROM marts.dim_workspace"
Key = tuple[date | str | None, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """One group: its dimensions, its currency, its parts (money in minor units) and its metrics."""

    by: Mapping[str, date | str | None]
    currency: str
    parts: Mapping[str, Number | None]
    values: Mapping[str, float | None]


def measure(
    link: psycopg.Connection,
    metrics: Sequence[Metric],
    *,
    days: Days,
    by: Sequence[str] = (),
    filters: Mapping[str, Sequence[str]] | None = None,
) -> list[Measured]:
    """Return the metrics for every group of the dimensions and periods in `by`, sorted by them.

    Parts are summed in the database, exactly, and divided once at the end. Money of a currency that
    no rate turns into the reporting one has groups of its own, in which only metrics of a single
    fact have a value: the other side is told elsewhere.

    Args:
        link: A connection that sees one workspace.
        metrics: What to measure; `find_metric` and `custom_metric` give them.
        days: Which days.
        by: Periods (`day`, `week`, `month`) and dimensions, such as `("week", "channel")`.
        filters: For a dimension, the values that count.

    Raises:
        BadInput: a metric is not known by one of the dimensions, or there are too many groups.
    """
    reporting = link.execute(CURRENCY).fetchone()
    own = str(reporting[0]) if reporting else "EUR"
    found = sum_parts(link, metrics, days=days, by=by, filters=filters)
    groups = sorted(
        found.items(), key=lambda group: [(cell is None, cell) for cell in (*group[0][0], group[0][1])]
    )
    return [_measured(metrics, by, key, sums, own) for key, sums in groups]


def sum_parts(
    link: psycopg.Connection,
    metrics: Sequence[Metric],
    *,
    days: Days,
    by: Sequence[str] = (),
    filters: Mapping[str, Sequence[str]] | None = None,
) -> dict[tuple[Key, str], dict[str, Sum]]:
    """Return the sums of all parts of these metrics by group and currency, before any rounding or ratio.

    Raises:
        BadInput: as `measure`.
    """
    wanted = dict(filters or {})
    check_grains(metrics, (*by, *wanted))
    parts = sorted({part for metric in metrics for part in metric.parts})
    found: dict[tuple[Key, str], dict[str, Sum]] = {}
    for key, currency, part, amount in _read(link, parts, days, by, wanted):
        sums = found.setdefault((key, currency), dict.fromkeys(parts, Sum()))
        sums[part] += amount
    return found


def check_grains(metrics: Sequence[Metric], grains: Sequence[str]) -> None:
    """Raise BadInput when a metric's parts are not all known by each of these dimensions."""
    for metric in metrics:
        for grain in grains:
            if grain not in metric.grains:
                raise BadInput(
                    f"{metric.title} is not known by {grain!r}; ask by {', '.join(metric.grains)}."
                )


def _measured(
    metrics: Sequence[Metric], by: Sequence[str], key: tuple[Key, str], sums: Mapping[str, Sum], own: str
) -> Measured:
    group, currency = key
    amounts = amounts_of(sums, currency)
    values = {
        metric.name: metric.of(amounts) if currency == own or _facts(metric) == 1 else None
        for metric in metrics
    }
    return Measured(dict(zip(by, group, strict=True)), currency, amounts, values)


def _facts(metric: Metric) -> int:
    return len({fact for part in metric.parts for fact in PARTS[part].columns})


def _read(
    link: psycopg.Connection, parts: Sequence[str], days: Days, by: Sequence[str], filters: Mapping[str, Any]
) -> Iterator[tuple[Key, str, str, Sum]]:
    """Yield every part of every group of every fact that holds it."""
    values = {f"only_{name}": list(chosen) for name, chosen in filters.items()}
    params = {**values, "first": days.first, "last": days.last, "most": MOST_ROWS + 1}
    for fact in FACTS.values():
        held = [part for part in parts if fact.name in PARTS[part].columns]
        if not held:
            continue
        with link.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(write_query(fact, held, by, filters).encode(), params).fetchall()
        if len(rows) > MOST_ROWS:
            raise BadInput(f"That is more than {MOST_ROWS:,} groups; ask for fewer days or dimensions.")
        for row in rows:
            key = tuple(row[f"by_{name}"] for name in by)
            for part in held:
                spans = {n: (row[f"{part}__low_{n}"], row[f"{part}__high_{n}"]) for n in PARTS[part].not_over}
                yield key, row["currency"], part, sum_of(part, row[part], spans)


def write_query(fact: Fact, parts: Sequence[str], by: Sequence[str], filters: Mapping[str, Any]) -> str:
    """Return the SQL that sums these parts of a fact by group; `first`, `last` and `most` are bound.

    Sums are numeric, so that they are the same in any order. Beside a part that does not add up over
    a dimension stand the lowest and highest value of it.
    """
    groups = [f"{fact.dimension(name)} AS by_{name}" for name in by]
    sums = [column for part in parts for column in _sums(fact, part)]
    only = [f" AND {fact.dimension(name)} = ANY(%(only_{name})s)" for name in filters]
    numbers = ", ".join(str(n) for n in range(1, len(groups) + 2))
    return (
        f"SELECT {', '.join([*groups, f'{fact.currency} AS currency', *sums])} FROM marts.{fact.mart}"
        f" WHERE {fact.day} BETWEEN %(first)s AND %(last)s{''.join(only)} GROUP BY {numbers} LIMIT %(most)s"
    )


def _sums(fact: Fact, part: str) -> Iterator[str]:
    column = PARTS[part].columns[fact.name]
    yield f"sum(({column})::numeric) AS {part}"
    for name in PARTS[part].not_over:
        told = f"({fact.dimension(name)})"
        for side, function in (("low", "min"), ("high", "max")):
            yield f"{function}({told}) FILTER (WHERE ({column}) IS NOT NULL) AS {part}__{side}_{name}"
