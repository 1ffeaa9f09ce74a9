"""What the attribution models credit, read from the gold tables where they were computed."""

from __future__ import annotations

from typing import Literal
from zlib import crc32

import numpy as np
import polars as pl
from pydantic import BaseModel, Field

from core.context import Context
from core.money import Money
from core.time import Days
from lake.credit import add_markov
from lake.delta import Lake
from lake.gold import CREDIT_MODELS
from lake.resampling import GROUPS, LEVEL, draw_groups, has_range, range_of_groups

WINDOW_DAYS = 30
INTERVAL = (
    f"The {LEVEL:.0%} interval of the share: how far it would move had other people come from the same"
    " market. It says nothing about whether the model is right. Null for one group of persons or none."
)


class ModelCredit(BaseModel):
    """What one model credits one channel or campaign with."""

    model: str = Field(description="Name of the model, such as linear or markov.")
    channel: str = Field(description="Marketing channel.")
    campaign: str | None = Field(description="Campaign; null when asked by channel or unknown.")
    currency: str | None = Field(description="ISO 4217 currency of the value; null where orders state none.")
    conversions: float = Field(description="Conversions credited; parts of one are shared.")
    value_minor: int | None = Field(description="Revenue credited, minor units, rounded once.")
    share: float | None = Field(description="Its part of all conversions in the currency; null without any.")
    share_low: float | None = Field(description=f"{INTERVAL} Lower end.")
    share_high: float | None = Field(description="Upper end of the interval of the share.")


def read_models(ctx: Context, days: Days, grain: Literal["channel", "campaign"]) -> list[ModelCredit] | None:
    """Return every model's credit over the conversions of these days, None if none was ever computed.

    Paths look 30 days back. The credits of a model add up to the conversions there were.
    """
    rows = scan_credits(ctx)
    if rows is None:
        return None
    keys = ["marketing_channel", *(["campaign"] if grain == "campaign" else []), "currency"]
    touches = rows.filter(pl.col("day_on").is_between(days.first, days.last)).collect()
    groups = pl.col("person_id").fill_null("").map_elements(group_of, return_dtype=pl.Int64)
    persons = touches.select(pl.col("person_id").unique()).with_columns(group=groups)
    touches = touches.join(persons, "person_id", nulls_equal=True)
    # Sorted before they are added: the sum is the same in whatever order the rows were read.
    sums = [
        amount.sort().sum().alias(f"{column} {part}")
        for column in CREDIT_MODELS
        for part, amount in (
            ("conversions", pl.col(column)),
            ("value_micros", pl.col(column) * pl.col("value_micros")),
        )
    ]
    found = touches.group_by(keys).agg(sums).sort(keys)
    by_group = touches.group_by("group", *keys).agg(pl.col(column).sort().sum() for column in CREDIT_MODELS)
    return [
        _credit({**row, "model": model})
        for column, model in CREDIT_MODELS.items()
        for row in _with_shares(
            found.select(*keys, conversions=f"{column} conversions", value_micros=f"{column} value_micros"),
            by_group.select("group", *keys, conversions=column),
        )
        .sort("conversions", *keys, descending=[True, *[False] * len(keys)])
        .iter_rows(named=True)
    ]


def scan_credits(ctx: Context) -> pl.LazyFrame | None:
    """Return the usual window's credits with the shares of all models, None where none was ever written."""
    credited, effects = scan_gold(ctx, "attribution_credit"), scan_gold(ctx, "channel_effect")
    return None if credited is None or effects is None else add_markov(credited, effects)


def group_of(person_id: str | None) -> int:
    """Return the group of persons that intervals draw together, the one Spark's crc32 says."""
    return crc32((person_id or "").encode()) % GROUPS


def _with_shares(sums: pl.DataFrame, by_group: pl.DataFrame) -> pl.DataFrame:
    """Return the sums with `share`, `share_low` and `share_high`: parts of all conversions of a currency."""
    keys = [name for name in by_group.columns if name not in {"group", "conversions"}]
    weights = draw_groups()
    rows = [sums.clear().with_columns(share=pl.lit(0.0), share_low=pl.lit(0.0), share_high=pl.lit(0.0))]
    for (currency,), some in sums.partition_by("currency", as_dict=True).items():
        coded = some.with_row_index("code")
        same = pl.col("currency").eq_missing(pl.lit(currency, dtype=pl.String))
        cells = by_group.filter(same).join(coded.select("code", *keys), keys, nulls_equal=True)
        table = np.zeros((GROUPS, coded.height))
        table[cells["group"].to_numpy(), cells["code"].to_numpy()] = cells["conversions"].to_numpy()
        total = table.sum()
        ranges = range_of_groups(table, weights)
        is_drawn = has_range(table.sum(axis=1))
        rows.append(
            some.with_columns(
                share=pl.col("conversions") / total if total else pl.lit(None, dtype=pl.Float64),
                share_low=pl.Series(ranges.share_low) if is_drawn else pl.lit(None, dtype=pl.Float64),
                share_high=pl.Series(ranges.share_high) if is_drawn else pl.lit(None, dtype=pl.Float64),
            )
        )
    return pl.concat(rows)


def scan_gold(ctx: Context, name: str) -> pl.LazyFrame | None:
    """Return a gold table's rows of the usual window, None where it was never written."""
    lake: Lake = ctx.service("lake")
    if lake.open("gold", name) is None:
        return None
    return lake.scan("gold", name, ctx.workspace).filter(pl.col("window_days") == WINDOW_DAYS)


def _credit(row: dict[str, object]) -> ModelCredit:
    return ModelCredit.model_validate(
        {
            "model": row["model"],
            "channel": row["marketing_channel"],
            "campaign": row.get("campaign"),
            "currency": row["currency"],
            "conversions": row["conversions"],
            "value_minor": minor_of(row["value_micros"], row["currency"]),
            **{name: row[name] for name in ("share", "share_low", "share_high")},
        }
    )


def minor_of(micros: object, currency: object) -> int | None:
    """Return a share of money in minor units, rounded once; None where it or its currency is unknown."""
    if not isinstance(currency, str) or not isinstance(micros, int | float):
        return None
    return Money.from_micros(round(micros), currency).minor
