"""Segments and metrics of the account: how delivery is cut and what is computed from its sums."""

from __future__ import annotations

import polars as pl

from sandbox.google_ads.account import GROUP_OF_CAMPAIGN, AdsAccount

DATE = pl.col("day")
SEGMENTS: dict[str, pl.Expr] = {
    "segments.date": DATE.dt.strftime("%Y-%m-%d"),
    "segments.week": DATE.dt.truncate("1w").dt.strftime("%Y-%m-%d"),
    "segments.month": DATE.dt.truncate("1mo").dt.strftime("%Y-%m-%d"),
    "segments.quarter": DATE.dt.truncate("1q").dt.strftime("%Y-%m-%d"),
    "segments.year": DATE.dt.year().cast(pl.Int32),
    "segments.day_of_week": DATE.dt.strftime("%A").str.to_uppercase(),
    "segments.ad_network_type": pl.col("network"),
}
SUMS = ("impressions", "clicks", "cost_micros", "conversions", "value_minor")


def ratio(top: pl.Expr, bottom: pl.Expr) -> pl.Expr:
    """A quotient, 0 for nothing over nothing."""
    return pl.when(bottom > 0).then(top / bottom).otherwise(0.0)


def metric_table(exponent: int) -> dict[str, pl.Expr]:
    """Every metric as an expression over the sums of a row."""
    value = pl.col("value_minor") / 10**exponent
    cost, clicks, shown = pl.col("cost_micros"), pl.col("clicks"), pl.col("impressions")
    conversions = pl.col("conversions")
    return {
        "metrics.impressions": shown,
        "metrics.clicks": clicks,
        "metrics.interactions": clicks,
        "metrics.engagements": pl.lit(0, pl.Int64),
        "metrics.cost_micros": cost,
        "metrics.conversions": conversions,
        "metrics.conversions_value": value,
        "metrics.all_conversions": conversions,
        "metrics.all_conversions_value": value,
        "metrics.view_through_conversions": pl.lit(0, pl.Int64),
        "metrics.invalid_clicks": pl.lit(0, pl.Int64),
        "metrics.video_trueview_views": pl.lit(0, pl.Int64),
        "metrics.ctr": ratio(clicks, shown),
        "metrics.interaction_rate": ratio(clicks, shown),
        "metrics.average_cpc": ratio(cost, clicks),
        "metrics.average_cpm": ratio(cost * 1000, shown),
        "metrics.average_cost": ratio(cost, clicks),
        "metrics.cost_per_conversion": ratio(cost, conversions),
        "metrics.conversions_from_interactions_rate": ratio(conversions, clicks),
        "metrics.conversions_value_per_cost": ratio(value * 10**6, cost),
        "metrics.value_per_conversion": ratio(value, conversions),
    }


def delivery(account: AdsAccount) -> pl.DataFrame:
    """All delivery so far by day, network and ad, with the keys of every resource."""
    return account.world.cached("google_ads delivery", lambda: build_delivery(account))


def build_delivery(account: AdsAccount) -> pl.DataFrame:
    """The delivery as the market believes it now."""
    world = account.world
    facts = world.ad_daily("google_ads", world.first_day, world.today)
    campaign_id = pl.col("campaign_id").cast(pl.Int64)
    return facts.select(
        "day",
        "network",
        pl.col("account_id").cast(pl.Int64).alias("customer.id"),
        campaign_id.alias("campaign.id"),
        pl.col("ad_set_id").cast(pl.Int64).alias("ad_group.id"),
        pl.col("ad_id").cast(pl.Int64).alias("ad_group_ad.ad.id"),
        pl.when(pl.col("ad_id").is_null()).then(campaign_id - GROUP_OF_CAMPAIGN).alias("asset_group.id"),
        pl.col("impressions").cast(pl.Int64),
        pl.col("clicks").cast(pl.Int64),
        account.to_micros("spend_minor").alias("cost_micros"),
        # Google counts engaged views among `conversions`; plain view-throughs stand apart and are none here.
        (pl.col("conversions_click") + pl.col("conversions_view")).alias("conversions"),
        pl.col("conversion_value_minor").cast(pl.Int64).alias("value_minor"),
    )
