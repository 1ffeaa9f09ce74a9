"""Metrics a workspace makes for itself: checked, saved, listed, found by name like any other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

import psycopg
from psycopg.rows import dict_row
from pydantic import BaseModel, ConfigDict, Field

from core.context import Context
from core.errors import BadInput
from lake.metrics.definitions import METRICS, find_metric
from lake.metrics.metric import Metric, Unit
from lake.metrics.parts import PARTS, PartUnit
from lake.state.declared import Declared
from lake.state.store import insert

MOST_METRICS = 200
LIST = """
    SELECT name, title, formula, unit, description FROM (
        SELECT DISTINCT ON (name) * FROM state.metric_definition ORDER BY name, updated_at DESC, id DESC
    ) AS latest ORDER BY title, name
"""
# What a ratio of such parts can be read as: (above, below) -> units.
UNITS: dict[tuple[PartUnit, PartUnit | None], tuple[Unit, ...]] = {
    ("minor", None): ("minor",),
    ("minor", "minor"): ("share", "factor"),
    ("minor", "count"): ("minor",),
    ("count", None): ("count",),
    ("count", "count"): ("share", "factor"),
    ("seconds", None): ("seconds",),
    ("seconds", "seconds"): ("share", "factor"),
    ("seconds", "count"): ("seconds",),
}


class CustomMetric(BaseModel):
    """A metric of a workspace's own, as it is saved."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(pattern="^[a-z][a-z0-9_]{1,62}$", description="Short name in lower case.")]
    title: Annotated[str, Field(min_length=1, max_length=60, description="What people call it.")]
    formula: Annotated[str, Field(max_length=500, description="Ratio of sums of parts, as text.")]
    unit: Annotated[Unit, Field(description="share, factor, minor (money), count or seconds.")]
    description: Annotated[str, Field(max_length=500, description="What it tells.")] = ""


def custom_metric(definition: CustomMetric) -> Metric:
    """Return the checked metric of a definition, ready to be measured.

    Raises:
        BadInput: the name is taken by the product, the formula cannot be read, its parts do not go
            together or exist at no common dimension, or the unit does not fit them.
    """
    if definition.name in METRICS or definition.name in PARTS:
        raise BadInput(f"{definition.name!r} is a metric of the product; choose another name.")
    metric = Metric.read(
        definition.name,
        definition.title,
        definition.formula,
        unit=definition.unit,
        description=definition.description,
    )
    above = _one_unit(metric.formula, metric.numerator)
    below = _one_unit(metric.formula, metric.denominator) if metric.denominator else None
    fitting = UNITS.get((above, below))
    if fitting is None:
        raise BadInput(f"The formula {metric.formula!r} divides {above} by {below}; no unit says that.")
    if metric.unit not in fitting:
        raise BadInput(
            f"The formula {metric.formula!r} is read as {' or '.join(fitting)}, not as {metric.unit}."
        )
    return metric


def save_metric(ctx: Context, definition: CustomMetric) -> Metric:
    """Save a checked definition, over an earlier one of the same name; return the metric.

    `db.insert` into `metric_definition` does the same.

    Raises:
        BadInput: the definition does not hold, or the workspace has 200 metrics already.
    """
    insert(ctx, METRIC_DEFINITION, definition.model_dump())
    return custom_metric(definition)


def list_metrics(link: psycopg.Connection) -> list[Metric]:
    """Return the workspace's own metrics by title."""
    with link.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(LIST).fetchall()
    return [custom_metric(CustomMetric.model_validate(row)) for row in rows]


def choose_metrics(link: psycopg.Connection, names: Sequence[str]) -> list[Metric]:
    """Return the metrics of these names: the workspace's own, the product's, or plain parts.

    Raises:
        BadInput: there is no metric of a name.
    """
    own = {metric.name: metric for metric in list_metrics(link)}
    return [own.get(name) or find_metric(name) for name in dict.fromkeys(names)]


def _one_unit(formula: str, weights: Iterable[str]) -> PartUnit:
    units = sorted({PARTS[name].unit for name in weights})
    if len(units) > 1:
        raise BadInput(f"The formula {formula!r} adds {' and '.join(units)}; only like parts add up.")
    return units[0]


def _check(link: psycopg.Connection, definition: CustomMetric) -> None:
    known = {saved.name for saved in list_metrics(link)}
    if len(known) >= MOST_METRICS and definition.name not in known:
        raise BadInput(f"A workspace has at most {MOST_METRICS} metrics of its own; delete one first.")
    custom_metric(definition)


METRIC_DEFINITION = Declared("metric_definition", CustomMetric, "db.insert", _check)
