"""Any metrics, the product's and the workspace's own, by period and dimension."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

import psycopg
from pydantic import BaseModel, Field

from core.errors import BadInput
from core.time import Days
from lake.analytics.marts import read_rows
from lake.metrics.custom import CustomMetric, choose_metrics, custom_metric, list_metrics
from lake.metrics.definitions import METRICS
from lake.metrics.measure import Measured, measure
from lake.metrics.metric import Metric, Unit, total_of
from lake.metrics.parts import PARTS

Per = Literal["day", "week", "month"]
Dimension = Literal["channel", "account", "campaign", "list", "ad_set", "ad", "post"]
CAMPAIGN_NAMES = "SELECT campaign_id AS id, max(name) AS name FROM marts.dim_campaign GROUP BY campaign_id"

MetricNames = Annotated[
    list[str],
    Field(description="Metrics to measure, such as roas, spend_minor or your own.", max_length=20),
]
PerPeriod = Annotated[Per | None, Field(description="A row a day, week or month; null for the whole period.")]
ByDimension = Annotated[Dimension | None, Field(description="A row a channel, campaign …; null for all.")]
Draft = Annotated[CustomMetric | None, Field(description="A metric to try out before it is saved.")]


class MetricTold(BaseModel):
    """A metric as people read it."""

    name: str = Field(description="Its short name.")
    title: str = Field(description="What people call it.")
    formula: str = Field(description="Its formula over additive parts.")
    unit: Unit = Field(description="share, factor, minor (minor units of the currency), count or seconds.")
    description: str = Field(description="What it tells.")
    null_rule: str = Field(description="When it has no value.")
    by: list[str] = Field(description="The dimensions it can be asked by.")
    kind: Literal["metric", "part", "own"] = Field(
        description="metric of the product, part that others are made of, or of the workspace's own."
    )


class MetricRow(BaseModel):
    """The metrics of one period and one value of the dimension."""

    start_on: date | None = Field(description="First day of the day, week or month; null for the whole.")
    key: str | None = Field(description="The channel, campaign and so on; null for all together.")
    name: str | None = Field(description="What to call it.")
    currency: str = Field(description="ISO 4217 currency of the amounts.")
    values: dict[str, float | None] = Field(description="Each metric by name; null where it has no value.")


def tell_metrics(link: psycopg.Connection) -> list[MetricTold]:
    """Return every metric there is: the workspace's own, the product's, then the parts."""
    own = [_told(metric, "own") for metric in list_metrics(link)]
    product = [_told(metric, "metric") for metric in METRICS.values()]
    return [*own, *product, *(_told(total_of(name), "part") for name in PARTS)]


def read_series(
    link: psycopg.Connection,
    names: Sequence[str],
    *,
    days: Days,
    per: Per | None = None,
    by: Dimension | None = None,
    draft: CustomMetric | None = None,
) -> list[MetricRow]:
    """Return the metrics for every period and value of the dimension, oldest first.

    Raises:
        BadInput: there is no such metric, or it is not known by that dimension.
    """
    metrics = choose_metrics(link, names)
    if draft is not None:
        metrics.append(custom_metric(draft))
    if not metrics:
        raise BadInput("Name at least one metric to measure.")
    grains = [grain for grain in (per, by) if grain is not None]
    found = measure(link, metrics, days=days, by=grains)
    names_of = {r["id"]: r["name"] for r in read_rows(link, CAMPAIGN_NAMES)} if by == "campaign" else {}
    return [_row(group, per, by, names_of) for group in found]


def _row(group: Measured, per: Per | None, by: Dimension | None, names: dict[str, str]) -> MetricRow:
    start = group.by[per] if per else None
    key = group.by[by] if by else None
    text = None if key is None else str(key)
    return MetricRow(
        start_on=start if isinstance(start, date) else None,
        key=text,
        name=None if text is None else names.get(text, text),
        currency=group.currency,
        values=dict(group.values),
    )


def _told(metric: Metric, kind: Literal["metric", "part", "own"]) -> MetricTold:
    return MetricTold(
        name=metric.name,
        title=metric.title,
        formula=metric.formula,
        unit=metric.unit,
        description=metric.description,
        null_rule=metric.null_rule,
        by=list(metric.dimensions),
        kind=kind,
    )
