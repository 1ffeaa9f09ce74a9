"""The paths people took before they bought or left, and what the data-driven model makes of them."""

from __future__ import annotations

import polars as pl
from pydantic import BaseModel, Field

from core.context import Context
from core.time import Days
from lake.analytics.attributed import INTERVAL, minor_of, scan_gold

MOST_PATHS = 25
STEPS = 4
ORDER = "order"
STEP = ["path_id", "position", "marketing_channel", "is_conversion"]


class Flow(BaseModel):
    """How many buyers went from one channel straight to the next, so many steps before their order."""

    step: int = Field(description="Steps before the order: 1 is the last touch.")
    source: str = Field(description="Marketing channel of the touch.")
    target: str = Field(description="Marketing channel of the next touch; order at the end.")
    conversions: int = Field(description="Orders whose path took this step.")


class PathCount(BaseModel):
    """A path as people take it, repeats of a channel folded into one."""

    channels: list[str] = Field(description="Marketing channels, oldest touch first.")
    conversions: int = Field(description="Orders at its end.")
    nulls: int = Field(description="Paths that ended without an order.")


class Journeys(BaseModel):
    """How people came to buy in these days."""

    conversions: int = Field(description="Orders in these days.")
    nulls: int = Field(description="Paths without an order whose last touch lies in these days.")
    mean_touches: float | None = Field(description="Touches before an order; null without orders.")
    flows: list[Flow] = Field(description=f"The last {STEPS} different touches before orders.")
    paths: list[PathCount] = Field(description=f"The {MOST_PATHS} paths with most orders.")


class Uplift(BaseModel):
    """What the data-driven model credits a channel with, over all orders there ever were."""

    channel: str = Field(description="Marketing channel; direct holds what nobody began.")
    currency: str | None = Field(description="ISO 4217 currency of the value.")
    conversions: float = Field(description="Orders it is credited with; no measure of what its spend adds.")
    value_minor: int | None = Field(description="Their revenue, minor units, rounded once.")
    share: float = Field(description="Its part of all orders.")
    share_low: float | None = Field(
        description=f"{INTERVAL} How spend works over days is held fixed. Lower end."
    )
    share_high: float | None = Field(description="Upper end of the interval of the share.")
    path_share: float = Field(description="Its part by paths alone, before spend was asked.")


def read_journeys(ctx: Context, days: Days) -> Journeys | None:
    """Return how people came to buy, None where paths were never built."""
    rows = scan_gold(ctx, "path_touch")
    if rows is None:
        return None
    kept = rows.filter(pl.col("day_on").is_between(days.first, days.last)).select(STEP).collect()
    steps = kept.sort("path_id", "position")
    length = steps.filter("is_conversion").group_by("path_id").len()["len"].mean()
    changed = pl.col("marketing_channel") != pl.col("marketing_channel").shift().over("path_id")
    folded = steps.filter(changed.fill_null(value=True))
    paths = folded.group_by("path_id", maintain_order=True).agg(
        pl.col("marketing_channel").alias("channels"), pl.col("is_conversion").first()
    )
    won = int(paths["is_conversion"].sum())
    return Journeys(
        conversions=won,
        nulls=paths.height - won,
        mean_touches=float(length) if isinstance(length, float) else None,
        flows=_flows(folded.filter("is_conversion")),
        paths=_paths(paths),
    )


def _flows(folded: pl.DataFrame) -> list[Flow]:
    step = pl.col("position").rank("ordinal", descending=True).over("path_id").cast(pl.Int64)
    target = pl.col("marketing_channel").shift(-1).over("path_id").fill_null(ORDER)
    steps = folded.with_columns(step=step, target=target).filter(pl.col("step") <= STEPS)
    counted = steps.group_by("step", source="marketing_channel", target="target").len("conversions")
    ordered = counted.sort("step", "conversions", "source", "target", descending=[False, True, False, False])
    return [Flow.model_validate(row) for row in ordered.iter_rows(named=True)]


def _paths(paths: pl.DataFrame) -> list[PathCount]:
    counted = paths.group_by("channels").agg(
        pl.col("is_conversion").sum().cast(pl.Int64).alias("conversions"),
        (~pl.col("is_conversion")).sum().cast(pl.Int64).alias("nulls"),
    )
    order = [pl.col("conversions"), pl.col("nulls"), pl.col("channels").list.join(">")]
    most = counted.sort(order, descending=[True, True, False]).head(MOST_PATHS)
    return [PathCount.model_validate(row) for row in most.iter_rows(named=True)]


def read_uplift(ctx: Context) -> list[Uplift] | None:
    """Return the data-driven credit of every channel, most first; None where it was never computed."""
    rows = scan_gold(ctx, "channel_uplift")
    if rows is None:
        return None
    told = rows.collect().sort("conversions", "marketing_channel", descending=[True, False])
    return [
        Uplift(
            channel=row["marketing_channel"],
            currency=row["currency"],
            conversions=row["conversions"],
            value_minor=minor_of(row["value_micros"], row["currency"]),
            share=row["share"],
            share_low=row.get("share_low"),
            share_high=row.get("share_high"),
            path_share=row["path_share"],
        )
        for row in told.iter_rows(named=True)
    ]


def read_doubts(ctx: Context) -> list[str]:
    """Return what the data call for to be told beside the data-driven shares, one sentence each."""
    rows = scan_gold(ctx, "channel_uplift")
    if rows is None or "doubts" not in rows.collect_schema():
        return []
    texts = rows.select("doubts").drop_nulls().unique().sort("doubts").collect()["doubts"].to_list()
    return list(dict.fromkeys(line for text in texts for line in text.split("\n")))
