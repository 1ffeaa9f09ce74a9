"""Scores of persons among each other: recency, frequency, money, and what most was spent on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as fn
from pyspark.sql.window import Window

from lake.audiences.profile import SCORED, SCORES
from lake.audiences.segments import segment_sql

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

FIFTHS = 5


def score_rfm(facts: DataFrame) -> DataFrame:
    """Return the facts with the three scores and their segment; all four are null without an order.

    A score is the fifth of customers (of the same currency) a person is in: 1 + the share of them
    that are strictly worse, in fifths. Equals have equal scores, whatever their number.
    """
    by = Window.partitionBy("currency", fn.col("orders") > 0)
    worse = {
        "recency_score": fn.desc("days_since_order"),
        "frequency_score": fn.asc("orders"),
        "monetary_score": fn.asc("revenue_micros"),
    }
    number = fn.count("*").over(Window.partitionBy("currency", fn.col("orders") > 0))
    scored = facts.withColumns(
        {name: _fifth(fn.rank().over(by.orderBy(order)), number) for name, order in worse.items()}
    )
    return scored.withColumn("rfm_segment", fn.expr(segment_sql()))


def _fifth(rank: Column, number: Column) -> Column:
    # Whole numbers only: 5 * (rank - 1) / number, cut off.
    score = fn.floor((rank - 1) * FIFTHS / number).cast("bigint") + 1
    return fn.when(fn.col("orders") > 0, score)


def find_cuts(scored: DataFrame) -> DataFrame:
    """Return the least value that has each score above 1, a row a currency, as profile_cut has them."""
    least = [
        fn.min(fn.when(fn.col(f"{score}_score") >= number, fn.col(fact))).alias(f"{score}_{number}")
        for score, fact in SCORED.items()
        for number in SCORES
    ]
    return scored.where("orders > 0").groupBy("currency").agg(*least)


def score_product(facts: DataFrame, products: DataFrame) -> DataFrame:
    """Return the facts with `top_product_id` and `top_product_share`: where most of a person's money went.

    Only products in the person's own currency count; of two alike, the first by id. The share is
    null where all was free.
    """
    own = products.join(facts.select("person_id", "currency"), ["person_id", "currency"])
    all_of_it = Window.partitionBy("person_id")
    most = all_of_it.orderBy(fn.desc("net_micros"), "product_id")
    ranked = own.withColumns(
        {"nth": fn.row_number().over(most), "whole": fn.sum("net_micros").over(all_of_it)}
    )
    top = ranked.where("nth = 1").select(
        "person_id",
        fn.col("product_id").alias("top_product_id"),
        fn.expr("CASE WHEN whole > 0 THEN CAST(net_micros AS DOUBLE) / whole END").alias("top_product_share"),
    )
    return facts.join(top, "person_id", "left")
