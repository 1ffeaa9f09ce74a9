"""What the attribution models credit, read from the gold tables where they were computed."""

from __future__ import annotations

from typing import Literal

import polars as pl
from pydantic import BaseModel, Field

from core.context import Context
from core.money import Money
from core.time import Days
from lake.credit import add_markov
from lake.delta import Lake
from lake.gold import CREDIT_MODELS

WINDOW_DAYS = 30


class ModelCredit(BaseModel):
    """What one model credits one channel or campaign with."""

    model: str = Field(description="Name of the model, such as linear or markov.")
    channel: str = Field(description="Marketing channel.")
    campaign: str | None = Field(description="Campaign; null when asked by channel or unknown.")
    currency: str | None = Field(description="ISO 4217 currency of the value; null where orders state none.")
    conversions: float = Field(description="Conversions credited; parts of one are shared.")
    value_minor: int | None = Field(description="Revenue credited, minor units, rounded once.")


def read_models(ctx: Context, days: Days, grain: Literal["channel", "campaign"]) -> list[ModelCredit] | None:
    """Return every model's credit over the conversions of these days, None if none was ever computed.

    Paths look 30 days back. The credits of a model add up to the conversions there were.
    """
    rows = scan_credits(ctx)
    if rows is None:
        return None
    keys = ["marketing_channel", *(["campaign"] if grain == "campaign" else []), "currency"]
    # Sorted before they are added: the sum is the same in whatever order the rows were read.
    sums = [
        amount.sort().sum().alias(f"{column} {part}")
        for column in CREDIT_MODELS
        for part, amount in (
            ("conversions", pl.col(column)),
            ("value_micros", pl.col(column) * pl.col("value_micros")),
        )
    ]
    found = rows.filter(pl.col("day_on").is_between(days.first, days.last)).group_by(keys).agg(sums).collect()
    return [
        _credit({**row, "model": model})
        for column, model in CREDIT_MODELS.items()
        for row in found.select(
            *keys, conversions=f"{column} conversions", value_micros=f"{column} value_micros"
        )
        .sort("conversions", *keys, descending=[True, *[False] * len(keys)])
        .iter_rows(named=True)
    ]


def scan_credits(ctx: Context) -> pl.LazyFrame | None:
    """Return the usual window's credits with the shares of all models, None where none was ever written."""
    credited, effects = scan_gold(ctx, "attribution_credit"), scan_gold(ctx, "channel_effect")
    return None if credited is None or effects is None else add_markov(credited, effects)


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
        }
    )


def minor_of(micros: object, currency: object) -> int | None:
    """Return a share of money in minor units, rounded once; None where it or its currency is unknown."""
    if not isinstance(currency, str) or not isinstance(micros, int | float):
        return None
    return Money.from_micros(round(micros), currency).minor
