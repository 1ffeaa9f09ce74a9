"""Frames of the advertising platforms: what exists and what they report for each day."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import polars as pl

from sandbox.market.records import DAY
from sandbox.market.state import State

Schema = dict[str, Any]
INSTANT = pl.Datetime("us", "UTC")
CAMPAIGN: Schema = {
    "campaign_id": pl.String, "account_id": pl.String, "name": pl.String, "objective": pl.String,
    "status": pl.String, "daily_budget_minor": pl.Int64, "channel_type": pl.String, "network": pl.String,
    "created_at": INSTANT, "updated_at": INSTANT,
}  # fmt: skip
AD_SET: Schema = {
    "ad_set_id": pl.String, "campaign_id": pl.String, "name": pl.String, "status": pl.String,
    "created_at": INSTANT, "updated_at": INSTANT,
}  # fmt: skip
AD: Schema = {
    "ad_id": pl.String, "ad_set_id": pl.String, "campaign_id": pl.String, "name": pl.String,
    "status": pl.String, "final_url": pl.String, "created_at": INSTANT, "updated_at": INSTANT,
}  # fmt: skip
KEYS = ["day", "account_id", "campaign_id", "ad_set_id", "ad_id", "network"]
COUNTS = ["impressions", "reach", "clicks", "link_clicks", "spend_minor"]


def frame_campaigns(state: State, channel: str) -> pl.DataFrame:
    """Campaigns of a channel; network is the one with most delivery."""
    rows = [
        {
            **{key: getattr(campaign, key) for key in CAMPAIGN if key != "network"},
            "network": max(campaign.spec.networks, key=lambda name: campaign.spec.networks[name]),
        }
        for campaign in state.catalogue.campaigns
        if campaign.channel == channel
    ]
    return pl.DataFrame(rows, schema=CAMPAIGN).sort("campaign_id")


def frame_ad_sets(state: State, channel: str) -> pl.DataFrame:
    """Ad sets (Google: ad groups) of a channel."""
    rows = [
        {key: asdict(entry)[key] for key in AD_SET}
        for entry in state.catalogue.ad_sets
        if entry.channel == channel
    ]
    return pl.DataFrame(rows, schema=AD_SET).sort("ad_set_id")


def frame_ads(state: State, channel: str) -> pl.DataFrame:
    """Ads of a channel."""
    rows = [
        {key: getattr(entry, key) for key in AD} for entry in state.catalogue.ads if entry.channel == channel
    ]
    return pl.DataFrame(rows, schema=AD).sort("ad_id")


def frame_sources(state: State) -> pl.DataFrame:
    """All entrances to the shop, by index, with their utm parameters; made again only when there are more."""
    catalogue = state.catalogue
    if catalogue.source_frame.height == len(catalogue.sources):
        return catalogue.source_frame
    rows = [
        (
            source.index, source.channel, source.campaign_id, source.ad_set_id, source.ad_id, source.network,
            source.utm_source, source.utm_medium, source.utm_campaign, source.utm_content, source.path,
            source.query(), source.referrer,
        )
        for source in state.catalogue.sources
    ]  # fmt: skip
    names = [
        "source", "channel", "campaign_id", "ad_set_id", "ad_id", "network", "utm_source", "utm_medium",
        "utm_campaign", "utm_content", "path", "query", "referrer",
    ]  # fmt: skip
    schema = {"source": pl.Int32} | dict.fromkeys(names[1:], pl.String)
    catalogue.source_frame = pl.DataFrame(rows, schema=schema, orient="row")
    return catalogue.source_frame


def frame_ad_daily(state: State, channel: str, first: int, last: int) -> pl.DataFrame:
    """Delivery by day, ad and network with the conversions the platform claims so far.

    Conversions sit on the day of the touch, so they grow while orders come in; spend of the youngest
    days still holds invalid traffic.
    """
    first, last = max(first, 0), min(last, state.day)
    calendar, paid = state.calendar, state.scenario.paid.get(channel)
    rows = state.deliveries.read(first, last)
    excess = np.zeros(len(rows))
    for age, share in enumerate(paid.provisional_spend if paid else []):
        young = rows["day"] == state.day - age
        excess[young] = share * rows["invalid"][young]
    delivered = pl.DataFrame(
        {
            "number": rows["day"],
            "source": rows["source"],
            "impressions": rows["impressions"],
            "reach": rows["reach"],
            "clicks": rows["clicks"],
            "link_clicks": rows["link_clicks"],
            "spend_minor": np.rint(rows["spend"] * (1 + excess)).astype(np.int64),
        }
    )
    sources = frame_sources(state).filter(pl.col("channel") == channel)
    account = next((entry.account_id for entry in state.catalogue.accounts if entry.channel == channel), "")
    sources = sources.select("source", *KEYS[2:], account_id=pl.lit(account))
    joined = (
        delivered.join(sources, on="source")
        .join(sum_claims(state, first, last), on=["number", "source"], how="left")
        .with_columns(pl.col("conversions_click", "conversions_view", "conversion_value_minor").fill_null(0))
    )
    return (
        joined.with_columns(calendar.dates("day", joined["number"].to_numpy()))
        .group_by(KEYS)
        .agg(pl.col(*COUNTS, "conversions_click", "conversions_view", "conversion_value_minor").sum())
        .sort(KEYS, nulls_last=True)
    )


def sum_claims(state: State, first: int, last: int) -> pl.DataFrame:
    """Claimed conversions by day of the touch and entrance."""
    claims = state.claims.read(first, state.day)
    touched = claims["touch_at"] // DAY
    claims, touched = claims[touched <= last], touched[touched <= last]
    view = claims["is_view"]
    frame = pl.DataFrame(
        {
            "number": touched.astype(np.int32),
            "source": claims["source"],
            "conversions_click": np.where(view, 0.0, claims["weight"]),
            "conversions_view": np.where(view, claims["weight"], 0.0),
            "conversion_value_minor": claims["value"],
        }
    )
    return frame.group_by("number", "source").agg(
        pl.col("conversions_click", "conversions_view").sum().round(6), pl.col("conversion_value_minor").sum()
    )
