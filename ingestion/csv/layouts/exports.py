"""Reports as marketers download them from the ad platforms' own pages."""

from __future__ import annotations

from collections.abc import Mapping

from ingestion.csv.kinds import ADS
from ingestion.csv.layouts.layout import Layout, one

# Names stand in for ids the export does not have.
_LEVELS: Mapping[str, str] = {
    "campaign_id": "campaign id?",
    "campaign_name": "campaign name|campaign?",
    "ad_set_id": "ad set id|ad group id?",
    "ad_set_name": "ad set name|ad group name|ad group?",
    "ad_id": "ad id?",
    "ad_name": "ad name|ad?",
}

EXPORTS: tuple[Layout, ...] = (
    one(
        *("Meta Ads Manager export", "meta_ads", ADS),
        {
            **_LEVELS,
            "day": "day|date|reporting starts?",
            "day_until": "reporting ends?",
            "account": "account id?",
            "network": "platform|publisher platform?",
            "impressions": "impressions",
            "clicks": "clicks all|link clicks",
            "spend": "amount spent",
            "claimed_conversions": "purchases|website purchases|results?",
            "claimed_value": "purchases conversion value|website purchases conversion value?",
            "currency": "currency?",
        },
        also="amount spent",
    ),
    one(
        *("Google Ads export", "google_ads", ADS),
        {
            **_LEVELS,
            "day": "day|date?",
            "account": "customer id?",
            "network": "network|network with search partners?",
            "impressions": "impr|impressions",
            "clicks": "clicks",
            "spend": "cost",
            "claimed_conversions": "conversions?",
            "claimed_value": "conv value|conversion value|total conv value?",
            "currency": "currency code|currency?",
        },
        also="currency code",
    ),
    one(
        *("LinkedIn Campaign Manager export", "linkedin_ads", ADS),
        {
            "day": "start date|start date utc",
            "campaign_id": "campaign group id?",
            "campaign_name": "campaign group name?",
            "ad_set_id": "campaign id?",
            "ad_set_name": "campaign name?",
            "ad_id": "creative id|ad id?",
            "ad_name": "creative name|ad name?",
            "account": "account id?",
            "impressions": "impressions",
            "clicks": "clicks",
            "spend": "total spent",
            "claimed_conversions": "conversions?",
            "claimed_value": "total conversion value|conversion value?",
            "currency": "currency?",
        },
        also="account name",
    ),
    one(
        *("TikTok Ads Manager export", "tiktok_ads", ADS),
        {
            **_LEVELS,
            "day": "date|by day|day",
            "impressions": "impressions|impression",
            "clicks": "clicks destination|clicks|click",
            "spend": "cost|total cost",
            "claimed_conversions": "conversions|conversion?",
            "claimed_value": "total purchase value|total complete payment value?",
            "currency": "currency",
        },
    ),
    one(
        *("Pinterest Ads Manager export", "pinterest_ads", ADS),
        {
            **_LEVELS,
            "day": "date",
            "account": "advertiser id|ad account id?",
            "impressions": "impressions|paid impressions",
            "clicks": "pin clicks|clicks|outbound clicks",
            "spend": "spend in account currency",
            "claimed_conversions": "total conversions checkout|total conversions?",
            "claimed_value": "total order value checkout|total order value?",
            "currency": "account currency|currency?",
        },
    ),
    one(
        *("Microsoft Advertising export", "microsoft_ads", ADS),
        {
            **_LEVELS,
            "day": "time period|gregorian date|day",
            "account": "account number|account id?",
            "network": "network?",
            "impressions": "impressions|impr",
            "clicks": "clicks",
            "spend": "spend",
            "claimed_conversions": "conversions|conv?",
            "claimed_value": "revenue?",
            "currency": "currency code?",
        },
        also="account name",
    ),
)
