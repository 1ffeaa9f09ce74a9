"""How each model shares a conversion over its touches, as window expressions over the rows of path_touch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as fn
from pyspark.sql.window import WindowSpec

from lake.gold import CREDIT_MODELS
from transforms.attribution.heuristics import FIRST_PART, LAST_PART, MIDDLE_PART
from transforms.spark.channels import DIRECT
from transforms.spark.frames import whole

MICROS_PER_DAY = 86_400_000_000
# Parts of one conversion, and of its value in micros, as decimals that leave room for their sums.
PARTS, MICROS = "decimal(18, 15)", "decimal(28, 6)"
# What a touch is credited to, coarse to fine; the columns together name it.
GRAINS: Mapping[str, tuple[str, ...]] = {
    "channel": ("marketing_channel",),
    "campaign": ("marketing_channel", "campaign"),
    "ad": ("marketing_channel", "campaign", "ad"),
}


def share_conversions(touches: DataFrame, half_life_days: float) -> DataFrame:
    """Return the touches of conversions with one share a stored model; the shares of a path sum to 1.

    Args:
        touches: Rows of path_touch; those of paths without conversion are left out.
        half_life_days: Age in days that halves a touch's part in time decay.
    """
    played = share_equally(touches.where("is_conversion"), ["channel"])
    path = all_of("path_id")
    age = (fn.unix_micros("converted_at") - fn.unix_micros("occurred_at")) / MICROS_PER_DAY
    with_origin = fn.when(fn.col("marketing_channel") != DIRECT, fn.col("position"))
    parts = played.select(
        "*",
        (age - fn.min(age).over(path)).alias("age_days"),
        fn.coalesce(fn.max(with_origin).over(path), "touches").alias("last_with_origin"),
    )
    decayed = fn.pow(fn.lit(2.0), -fn.col("age_days") / half_life_days)
    weighed = parts.select("*", decayed.alias("decayed"))
    sums = weighed.select("*", fn.sum("decayed").over(path).alias("all_decayed"))
    shares = {
        "first": pick(fn.col("position") == 1),
        "last": pick(fn.col("position") == fn.col("touches")),
        "last_non_direct": pick(fn.col("position") == fn.col("last_with_origin")),
        "linear": 1.0 / fn.col("touches"),
        "position_based": position_share(),
        "time_decay": fn.col("decayed") / fn.col("all_decayed"),
    }
    kept = [name for name in touches.columns if name not in CREDIT_MODELS]
    columns = [share.alias(name) for name, share in shares.items()]
    return sums.select(*kept, *columns, "shapley")


def all_of(*columns: str) -> WindowSpec:
    """Return the window of all rows that are equal in the columns."""
    return whole(Window.partitionBy(*columns).orderBy("position"))


def share_equally(touches: DataFrame, grains: Sequence[str]) -> DataFrame:
    """Return the rows with Shapley's share of each at those grains, whose names are the players.

    A name's share is 1 over the distinct names in the path, split equally over its touches there.
    """
    path = all_of("path_id")
    counts = (
        fn.count("*").over(all_of("path_id", *GRAINS[grain])).alias(f"same_{grain}") for grain in grains
    )
    counted = touches.select("*", *counts)
    same = {grain: fn.col(f"same_{grain}") for grain in grains}
    names = {grain: fn.round(fn.sum(1.0 / number).over(path)) for grain, number in same.items()}
    shares = ((1.0 / names[grain] / same[grain]).alias(shapley_at(grain)) for grain in grains)
    return counted.select("*", *shares).drop(*(f"same_{grain}" for grain in grains))


def shapley_at(grain: str) -> str:
    """Return the column of Shapley's shares in which the grain's names are the players."""
    return "shapley" if grain == "channel" else f"shapley_{grain}"


def position_share() -> Column:
    """Return 40 % for the first and the last touch, 20 % for those between; halves of two, all of one."""
    position, touches = fn.col("position"), fn.col("touches")
    return (
        fn.when(touches == 1, 1.0)
        .when(touches == 2, 0.5)
        .when(position == 1, FIRST_PART)
        .when(position == touches, LAST_PART)
        .otherwise(fn.lit(MIDDLE_PART) / (touches - 2))
    )


def pick(is_chosen: Column) -> Column:
    """Return 1 for the chosen touch, 0 for the others."""
    return fn.when(is_chosen, 1.0).otherwise(0.0)


def add_up(shares: DataFrame, models: Sequence[str], by: Sequence[str]) -> DataFrame:
    """Return conversions (`<model>`) and value (`<model>_value`, micros) credited, by those columns.

    Decimals are added up: their sum is the same in whatever order threads meet the rows, and no share is
    rounded by more than 5e-16 of a conversion or 5e-7 of a micro.
    """
    sums = [fn.sum(fn.col(model).cast(PARTS)).alias(model) for model in models]
    values = [
        fn.sum((fn.col(model) * fn.col("value_micros")).cast(MICROS)).alias(f"{model}_value")
        for model in models
    ]
    return shares.groupBy(*by).agg(*sums, *values)
