"""What the attribution models credit, read from the gold tables where they were computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import polars as pl
from pydantic import BaseModel, Field

from core.context import Context
from core.money import Money
from core.time import Days
from lake.delta import Lake

TABLE = "attribution_credit"
WINDOW_DAYS = 30
# A model's public name and its column: `position` is taken by the place of a touch.
MODELS = {
    "first": "first",
    "last": "last",
    "last_non_direct": "last_non_direct",
    "linear": "linear",
    "position": "position_based",
    "time_decay": "time_decay",
    "markov": "markov",
    "shapley": "shapley",
    "data_driven": "data_driven",
}


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
    lake: Lake = ctx.service("lake")
    if lake.open("gold", TABLE) is None:
        return None
    rows = lake.scan("gold", TABLE, ctx.workspace).filter(
        pl.col("window_days") == WINDOW_DAYS,
        pl.col("day_on").is_between(days.first, days.last),
    )
    present = set(rows.collect_schema().names())
    keys = ["marketing_channel", *(["campaign"] if grain == "campaign" else []), "currency"]
    told = [
        _credits(rows, name, column, keys).collect() for name, column in MODELS.items() if column in present
    ]
    return [_credit(row) for frame in told for row in frame.iter_rows(named=True)]


def _credits(rows: pl.LazyFrame, name: str, column: str, keys: Sequence[str]) -> pl.LazyFrame:
    """Return one model's sums by key, in exact enough order: sorted before they are added."""
    credit = pl.col(column)
    sums = rows.group_by(keys).agg(
        conversions=credit.sort().sum(), value_micros=(credit * pl.col("value_micros")).sort().sum()
    )
    order = [True, *[False] * len(keys)]
    return sums.with_columns(model=pl.lit(name)).sort("conversions", *keys, descending=order)


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
