"""Google Ads reports as rows: what the wire carries and which silver columns it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl
import pyarrow as pa

from channels.contract import Account
from channels.records import day, filled, micros, real, whole

# What `conversions` counts: primary conversion actions, each with the window set on it; data-driven is
# the vendor's default model, a last-click action is not told apart at this grain.
CLAIM: Final = {"claim_window": "google_default", "claim_model": "data_driven"}
CLAIM_ACTION: Final = "primary_conversions"
# Campaign types without rows at ad grain: their spend exists at campaign grain only. Performance Max is
# documented, Local Services is (unverified). What is forgotten here shows as a gap to account_performance.
TYPES_WITHOUT_ADS: Final = ("PERFORMANCE_MAX", "LOCAL_SERVICES")

# All int64 travel as text; conversions and their value are doubles.
METRIC_FIELDS: Final = pa.struct(
    {
        "impressions": pa.string(),
        "clicks": pa.string(),
        "costMicros": pa.string(),
        "conversions": pa.float64(),
        "conversionsValue": pa.float64(),
    }
)
SEGMENT_FIELDS: Final = pa.struct({"date": pa.string(), "adNetworkType": pa.string()})
CAMPAIGN_FIELDS: Final = pa.struct(
    {"id": pa.string(), "name": pa.string(), "advertisingChannelType": pa.string()}
)
GROUP_FIELDS: Final = pa.struct({"id": pa.string(), "name": pa.string()})
AD_FIELDS: Final = pa.struct({"ad": pa.struct({"id": pa.string(), "name": pa.string()})})
CUSTOMER_FIELDS: Final = pa.struct({"id": pa.string(), "currencyCode": pa.string()})

NO_ID: Final = pl.lit("")  # "unallocated at this grain"
NO_NAME: Final = pl.lit(None, pl.String)


def field_of(column: str, *path: str) -> pl.Expr:
    """Return a nested value of a record."""
    found = pl.col(column)
    for name in path:
        found = found.struct.field(name)
    return found


def metrics() -> dict[str, pl.Expr]:
    """Return the additive numbers every grain has, and what the claimed ones mean."""
    return {
        # A count of nothing may be left out; the spend of such a row counts all the same.
        "impressions": whole(field_of("metrics", "impressions").fill_null("0")),
        "clicks": whole(field_of("metrics", "clicks").fill_null("0")),
        "spend_micros": whole(field_of("metrics", "costMicros")),  # micros already: stays exact
        "claimed_conversions": real(field_of("metrics", "conversions")),
        # A double of whole currency units, not micros: rounded here, once.
        "claimed_value_micros": micros(field_of("metrics", "conversionsValue")),
        **{name: pl.lit(value) for name, value in CLAIM.items()},
    }


def _ad_columns(account: Account, ids: Mapping[str, pl.Expr]) -> dict[str, pl.Expr]:
    return {
        "record_key": pl.col("record_key"),
        "day_on": day(field_of("segments", "date")),
        "campaign_id": field_of("campaign", "id"),
        "campaign_name": field_of("campaign", "name"),
        **ids,
        "network": field_of("segments", "adNetworkType").str.to_lowercase(),
        "currency": pl.lit(account.currency),
        **metrics(),
        "claim_action": pl.lit(CLAIM_ACTION),
    }


def ad_rows(records: pl.DataFrame, account: Account) -> pl.DataFrame:
    """Return `ad_daily` rows of ads."""
    ids = {
        "ad_set_id": field_of("adGroup", "id"),
        "ad_set_name": field_of("adGroup", "name"),
        "ad_id": field_of("adGroupAd", "ad", "id"),
        "ad_name": field_of("adGroupAd", "ad", "name"),
    }
    return records.select(**_ad_columns(account, ids))


def campaign_rows(records: pl.DataFrame, account: Account) -> pl.DataFrame:
    """Return `ad_daily` rows of the campaigns whose ads have no rows of their own."""
    without_ads = records.filter(field_of("campaign", "advertisingChannelType").is_in(TYPES_WITHOUT_ADS))
    ids = {"ad_set_id": NO_ID, "ad_set_name": NO_NAME, "ad_id": NO_ID, "ad_name": NO_NAME}
    return without_ads.select(**_ad_columns(account, ids))


def account_rows(records: pl.DataFrame, account: Account) -> pl.DataFrame:
    """Return `spend_daily` rows: the account's totals, which `ad_daily` must add up to."""
    return records.select(
        record_key=pl.col("record_key"),
        day_on=day(field_of("segments", "date")),
        currency=pl.coalesce(filled(field_of("customer", "currencyCode")), pl.lit(account.currency)),
        **metrics(),
    )
