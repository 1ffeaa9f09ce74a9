"""Any metrics, the product's and the workspace's own, by period and dimension."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Literal

import psycopg
from pydantic import BaseModel, Field

from core.errors import BadInput
from core.time import Days
from lake.analytics.buckets import Bucket, Grain, buckets_of
from lake.analytics.marts import read_rows
from lake.analytics.naming import channel_title
from lake.metrics.custom import CustomMetric, choose_metrics, custom_metric, list_metrics
from lake.metrics.definitions import METRICS
from lake.metrics.measure import Measured, measure
from lake.metrics.metric import Metric, Scope, Unit, total_of
from lake.metrics.models import DEFAULT_MODEL, Model
from lake.metrics.parts import PARTS

Dimension = Literal["channel", "account", "campaign", "list", "ad_set", "ad", "post"]
# What the rows of a dimension are called; a dimension not named here is called by its key.
NAMES: Mapping[Dimension, str] = {
    "account": "SELECT channel, account_id AS id, name FROM marts.dim_account",
    "campaign": "SELECT channel, campaign_id AS id, max(name) AS name FROM marts.dim_campaign GROUP BY 1, 2",
    "ad_set": """
        SELECT channel, ad_set_id AS id, (array_agg(ad_set_name ORDER BY day_on DESC))[1] AS name
        FROM marts.fct_ad_daily GROUP BY 1, 2
    """,
    "ad": """
        SELECT channel, ad_id AS id, (array_agg(ad_name ORDER BY day_on DESC))[1] AS name
        FROM marts.fct_ad_daily GROUP BY 1, 2
    """,
    "post": "SELECT channel, post_id AS id, title AS name FROM marts.fct_post",
}

MetricNames = Annotated[
    list[str],
    Field(description="Metrics to measure, such as roas, spend_minor or your own.", max_length=20),
]
PerPeriod = Annotated[
    Grain | None, Field(description="A row a day, week or month; null for the whole period.")
]
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
    scope: Scope = Field(
        description="whole: blended, of the whole workspace and of no channel; paid: over channels with"
        " spend, by the attribution model's credit; any: over whatever is asked for."
    )
    by: list[str] = Field(description="The dimensions it can be asked by; none for a blended figure.")
    kind: Literal["metric", "part", "own"] = Field(
        description="metric of the product, part that others are made of, or of the workspace's own."
    )


class MetricRow(BaseModel):
    """The metrics of one period and one value of the dimension."""

    start_on: date | None = Field(description="First day of the day, week or month; null for the whole.")
    days: int = Field(description="Days of it that lie in the days asked for.")
    is_whole: bool = Field(description="False where the days asked for cut the week or month.")
    channel: str | None = Field(description="The channel of the row; null for all together.")
    key: str | None = Field(
        description="The channel, campaign and so on; null for all together, empty for what the vendor"
        " allots to none of them: there orders, revenue and margin are null."
    )
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
    per: Grain | None = None,
    by: Dimension | None = None,
    draft: CustomMetric | None = None,
    model: Model = DEFAULT_MODEL,
) -> list[MetricRow]:
    """Return the metrics for every period and value of the dimension, oldest first.

    Raises:
        BadInput: there is no such metric, or it is not known by that dimension or that model.
    """
    metrics = choose_metrics(link, names)
    if draft is not None:
        metrics.append(custom_metric(draft))
    if not metrics:
        raise BadInput("Name at least one metric to measure.")
    grains = [grain for grain in (per, by) if grain is not None]
    found = measure(link, metrics, days=days, by=grains, model=model)
    buckets = {bucket.start_on: bucket for bucket in buckets_of(days, per)} if per else {}
    rows = read_rows(link, NAMES[by]) if by and by in NAMES else []
    known = {(row["channel"], row["id"]): row["name"] for row in rows}
    starts = [group.by[per] if per else None for group in found]
    return [
        _row(group, buckets[start] if isinstance(start, date) else None, by, known, days)
        for group, start in zip(found, starts, strict=True)
    ]


def _row(
    group: Measured,
    bucket: Bucket | None,
    by: Dimension | None,
    names: Mapping[tuple[str, str], str | None],
    days: Days,
) -> MetricRow:
    channel = group.by.get("channel")
    key = None if by is None else str(group.by[by] or "")
    return MetricRow(
        start_on=bucket.start_on if bucket else None,
        days=bucket.days if bucket else len(days),
        is_whole=bucket is None or bucket.is_whole,
        channel=None if channel is None else str(channel),
        key=key,
        name=None if key is None else names.get((str(channel), key)) or _plain_name(by, key),
        currency=group.currency,
        values=dict(group.values),
    )


def _plain_name(by: str | None, key: str) -> str:
    return channel_title(key) if by == "channel" else key or remainder_of(by)


def remainder_of(level: str | None, campaign: str | None = None) -> str:
    """Return what the rest of a level is called: what the vendor splits by none of its rows."""
    rest = f"not split by {(level or '').replace('_', ' ')}"
    return f"{campaign}, {rest}" if campaign else rest.capitalize()


def _told(metric: Metric, kind: Literal["metric", "part", "own"]) -> MetricTold:
    return MetricTold(
        name=metric.name,
        title=metric.title,
        formula=metric.formula,
        unit=metric.unit,
        description=metric.description,
        null_rule=metric.null_rule,
        scope=metric.scope,
        by=list(metric.dimensions),
        kind=kind,
    )
