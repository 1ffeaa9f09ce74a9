"""Sums of parts by group, read from the marts: exact, before any rounding or ratio."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import psycopg
from psycopg.rows import dict_row

from core.errors import BadInput
from core.time import Days
from lake.metrics.facts import CREDIT, CREDIT_COLUMNS, FACTS, Fact
from lake.metrics.metric import Metric
from lake.metrics.models import DEFAULT_MODEL, MODELS, Model
from lake.metrics.parts import PARTS
from lake.metrics.sums import Sum, sum_of

MOST_ROWS = 500_000
Key = tuple[date | str | None, ...]
Sums = Mapping[str, Sum]


def is_credited(part: str) -> bool:
    """Whether the part is of orders, which a channel has by credit only."""
    return "orders" in PARTS[part].columns


@dataclass(frozen=True, slots=True)
class Question:
    """What sums are asked for: days, groups, and for some dimensions the values that count."""

    days: Days
    by: tuple[str, ...] = ()
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    model: Model = DEFAULT_MODEL

    @property
    def grains(self) -> tuple[str, ...]:
        """The dimensions and periods that a fact must have."""
        return (*self.by, *self.filters)

    @property
    def params(self) -> dict[str, Any]:
        """What the queries bind."""
        chosen = {f"only_{name}": list(values) for name, values in self.filters.items()}
        days = {"first": self.days.first, "last": self.days.last}
        return {**chosen, **days, "most": MOST_ROWS + 1, "model": self.model}


def sum_parts(
    link: psycopg.Connection, metrics: Sequence[Metric], question: Question
) -> dict[tuple[Key, str], dict[str, Sum]]:
    """Return the sums of all parts of these metrics by group and currency.

    With a metric of paid channels there is the spend too.

    Raises:
        BadInput: there are too many groups, or the model does not share a part.
    """
    parts = {part for metric in metrics for part in metric.parts}
    if any(metric.scope == "paid" for metric in metrics):
        parts.add("spend_minor")
    found: dict[tuple[Key, str], dict[str, Sum]] = {}
    for key, currency, part, amount in _read(link, sorted(parts), question):
        sums = found.setdefault((key, currency), dict.fromkeys(sorted(parts), Sum()))
        sums[part] += amount
    return found


def _read(
    link: psycopg.Connection, parts: Sequence[str], question: Question
) -> Iterator[tuple[Key, str, str, Sum]]:
    """Yield every part of every group of every fact that holds it."""
    for fact in FACTS.values():
        columns = {part: PARTS[part].columns[fact.name] for part in parts if fact.name in PARTS[part].columns}
        if not columns or not set(question.grains) <= set(fact.grains):
            continue
        if fact.name == CREDIT.name and question.model != DEFAULT_MODEL:
            fact, columns = CREDIT, _shared(columns)  # noqa: PLW2901 - the shares take its place
        with link.cursor(row_factory=dict_row) as cursor:
            query = write_query(fact, columns, question.by, question.filters)
            rows = cursor.execute(query.encode(), question.params).fetchall()
        if len(rows) > MOST_ROWS:
            raise BadInput(f"That is more than {MOST_ROWS:,} groups; ask for fewer days or dimensions.")
        for row in rows:
            key = tuple(row[f"by_{name}"] for name in question.by)
            for part in columns:
                spans = {n: (row[f"{part}__low_{n}"], row[f"{part}__high_{n}"]) for n in PARTS[part].not_over}
                yield key, row["currency"], part, sum_of(part, row[part], spans)


def write_query(fact: Fact, columns: Mapping[str, str], by: Sequence[str], filters: Mapping[str, Any]) -> str:
    """Return the SQL that sums these parts of a fact by group; `first`, `last` and `most` are bound.

    Sums are numeric, so that they are the same in any order. Beside a part that does not add up over
    a dimension stand the lowest and highest value of it.
    """
    groups = [f"{fact.dimension(name)} AS by_{name}" for name in by]
    sums = [column for part in columns for column in _sums(fact, part, columns[part])]
    only = [f" AND {fact.dimension(name)} = ANY(%(only_{name})s)" for name in filters]
    numbers = ", ".join(str(n) for n in range(1, len(groups) + 2))
    return (
        f"SELECT {', '.join([*groups, f'{fact.currency} AS currency', *sums])} FROM marts.{fact.mart}"
        f" WHERE {fact.only} AND {fact.day} BETWEEN %(first)s AND %(last)s{''.join(only)}"
        f" GROUP BY {numbers} LIMIT %(most)s"
    )


def _sums(fact: Fact, part: str, column: str) -> Iterator[str]:
    yield f"sum(({column})::numeric) AS {part}"
    for name in PARTS[part].not_over:
        value = f"({fact.dimension(name)})"
        for side, function in (("low", "min"), ("high", "max")):
            yield f"{function}({value}) FILTER (WHERE ({column}) IS NOT NULL) AS {part}__{side}_{name}"


def _shared(parts: Mapping[str, str]) -> dict[str, str]:
    """Return the columns of the shares a model gives of these parts of orders."""
    for part in parts:
        if part not in CREDIT_COLUMNS:
            raise BadInput(
                f"{PARTS[part].title} is credited by {MODELS[DEFAULT_MODEL]} only; leave `model` out, or ask"
                f" for {', '.join(CREDIT_COLUMNS)}."
            )
    return {part: CREDIT_COLUMNS[part] for part in parts}
