"""The silver tables: one fact per grain, additive parts only, exact money in micros."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

TEXT = pl.String()
DAY = pl.Date()
INSTANT = pl.Datetime("us", "UTC")
COUNT = pl.Int64()
MICROS = pl.Int64()
REAL = pl.Float64()
FLAG = pl.Boolean()

# Every row of every silver table says whose it is and where it came from.
OWNER = {"workspace_id": TEXT, "channel": TEXT, "account_id": TEXT}
ORIGIN = {"stream": TEXT, "record_key": TEXT, "load_id": TEXT, "loaded_at": INSTANT}


@dataclass(frozen=True, slots=True)
class SilverTable:
    """A silver table: its own columns, which of them identify a row, which may not be null.

    `key` is unique within workspace, channel and account. `day` names the column whose month
    partitions the table; without one the table is partitioned by workspace and channel only.
    """

    name: str
    columns: Mapping[str, pl.DataType]
    key: tuple[str, ...]
    required: tuple[str, ...]
    day: str | None = None

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """All columns as stored: owner, own columns, origin, and `month` (`2026-08`) where partitioned."""
        month = {"month": TEXT} if self.day else {}
        return {**OWNER, **self.columns, **ORIGIN, **month}

    @property
    def partition_by(self) -> tuple[str, ...]:
        """The Delta partition columns."""
        return ("workspace_id", "channel", "month") if self.day else ("workspace_id", "channel")

    @property
    def full_key(self) -> tuple[str, ...]:
        """The columns that identify a row across workspaces."""
        return ("workspace_id", "channel", "account_id", *self.key)


def _table(
    name: str, columns: dict[str, pl.DataType], *, key: str, required: str = "", day: str | None = None
) -> SilverTable:
    keys = tuple(key.split())
    return SilverTable(name, MappingProxyType(columns), keys, (*keys, *required.split()), day)


_TABLES = (
    _table("account", {"name": TEXT, "currency": TEXT, "timezone": TEXT}, key="", required="timezone"),
    # Spend, delivery and what the platform claims, per ad and day. An id the vendor does not give at
    # this grain (Performance Max has no ads) is the empty string: "unallocated", never dropped.
    _table(
        "ad_daily",
        {
            "day_on": DAY,
            "campaign_id": TEXT,
            "campaign_name": TEXT,
            "ad_set_id": TEXT,
            "ad_set_name": TEXT,
            "ad_id": TEXT,
            "ad_name": TEXT,
            "network": TEXT,
            "currency": TEXT,
            "impressions": COUNT,
            "clicks": COUNT,
            "spend_micros": MICROS,
            "claimed_conversions": REAL,
            "claimed_value_micros": MICROS,
            "claim_window": TEXT,
            "claim_model": TEXT,
            "claim_action": TEXT,
        },
        key="day_on campaign_id ad_set_id ad_id network",
        required="currency impressions clicks spend_micros",
        day="day_on",
    ),
    # The same at account grain, as the vendor totals it: what ad_daily must add up to.
    _table(
        "spend_daily",
        {
            "day_on": DAY,
            "currency": TEXT,
            "impressions": COUNT,
            "clicks": COUNT,
            "spend_micros": MICROS,
            "claimed_conversions": REAL,
            "claimed_value_micros": MICROS,
            "claim_window": TEXT,
            "claim_model": TEXT,
        },
        key="day_on",
        required="currency impressions clicks spend_micros",
        day="day_on",
    ),
    _table(
        "account_daily",
        {
            "day_on": DAY,
            "followers": COUNT,
            "follows": COUNT,
            "unfollows": COUNT,
            "views": COUNT,
            "engaged_views": COUNT,
            "reach": COUNT,
            "engagements": COUNT,
            "profile_views": COUNT,
            "watch_seconds": COUNT,
        },
        key="day_on",
        day="day_on",
    ),
    _table(
        "post",
        {"post_id": TEXT, "kind": TEXT, "title": TEXT, "url": TEXT, "published_at": INSTANT},
        key="post_id",
        required="published_at",
    ),
    # is_cumulative: the numbers are lifetime totals as seen on that day, not what happened on it.
    _table(
        "post_daily",
        {
            "post_id": TEXT,
            "day_on": DAY,
            "is_cumulative": FLAG,
            "views": COUNT,
            "engaged_views": COUNT,
            "reach": COUNT,
            "likes": COUNT,
            "comments": COUNT,
            "shares": COUNT,
            "saves": COUNT,
            "clicks": COUNT,
            "watch_seconds": COUNT,
        },
        key="post_id day_on",
        required="is_cumulative",
        day="day_on",
    ),
    _table(
        "email_daily",
        {
            "list_id": TEXT,
            "day_on": DAY,
            "sent": COUNT,
            "unique_opens": COUNT,
            "recipient_clicks": COUNT,
            "hard_bounces": COUNT,
            "soft_bounces": COUNT,
            "subscribes": COUNT,
            "unsubscribes": COUNT,
        },
        key="list_id day_on",
        required="sent",
        day="day_on",
    ),
    _table(
        "email_campaign",
        {
            "mail_id": TEXT,
            "list_id": TEXT,
            "title": TEXT,
            "subject": TEXT,
            "sent_at": INSTANT,
            "sent": COUNT,
            "hard_bounces": COUNT,
            "soft_bounces": COUNT,
            "opens": COUNT,
            "unique_opens": COUNT,
            "clicks": COUNT,
            "unique_clicks": COUNT,
            "unsubscribes": COUNT,
            "complaints": COUNT,
            "claimed_orders": COUNT,
            "claimed_value_micros": MICROS,
            "currency": TEXT,
        },
        key="mail_id",
        required="sent",
    ),
    # First-party events of single people; person_key is a keyed hash, null while unknown.
    _table(
        "touch",
        {
            "event_id": TEXT,
            "kind": TEXT,
            "occurred_at": INSTANT,
            "day_on": DAY,
            "anonymous_id": TEXT,
            "person_key": TEXT,
            "page_host": TEXT,
            "page_path": TEXT,
            "referrer_host": TEXT,
            "utm_source": TEXT,
            "utm_medium": TEXT,
            "utm_campaign": TEXT,
            "utm_content": TEXT,
            "utm_term": TEXT,
            "click_id_kind": TEXT,
            "order_id": TEXT,
            "value_micros": MICROS,
            "currency": TEXT,
        },
        key="event_id",
        required="kind occurred_at day_on anonymous_id",
        day="day_on",
    ),
    _table(
        "order",
        {
            "order_id": TEXT,
            "order_name": TEXT,
            "customer_id": TEXT,
            "person_key": TEXT,
            "ordered_at": INSTANT,
            "day_on": DAY,
            "updated_at": INSTANT,
            "currency": TEXT,
            "total_micros": MICROS,
            "discount_micros": MICROS,
            "tax_micros": MICROS,
            "shipping_micros": MICROS,
            "refunded_micros": MICROS,
            "is_test": FLAG,
            "is_cancelled": FLAG,
            "last_utm_source": TEXT,
            "last_utm_medium": TEXT,
            "last_utm_campaign": TEXT,
            "last_utm_content": TEXT,
        },
        key="order_id",
        required="ordered_at day_on currency total_micros refunded_micros is_test is_cancelled",
        day="day_on",
    ),
    _table(
        "order_line",
        {
            "order_id": TEXT,
            "line_id": TEXT,
            "day_on": DAY,
            "product_id": TEXT,
            "variant_id": TEXT,
            "sku": TEXT,
            "quantity": COUNT,
            "net_micros": MICROS,
            # The tax within net_micros; null where the shop does not tell it line by line.
            "tax_micros": MICROS,
            "currency": TEXT,
        },
        key="order_id line_id",
        required="day_on quantity net_micros currency",
        day="day_on",
    ),
    _table(
        "refund",
        {
            "order_id": TEXT,
            "refund_id": TEXT,
            "refunded_at": INSTANT,
            "day_on": DAY,
            "amount_micros": MICROS,
            "currency": TEXT,
        },
        key="order_id refund_id",
        required="refunded_at day_on amount_micros currency",
        day="day_on",
    ),
    _table(
        "product",
        {
            "product_id": TEXT,
            "variant_id": TEXT,
            "sku": TEXT,
            "title": TEXT,
            "currency": TEXT,
            "price_micros": MICROS,
            "unit_cost_micros": MICROS,
        },
        key="product_id variant_id",
        required="currency",
    ),
    _table(
        "customer",
        {
            "customer_id": TEXT,
            "person_key": TEXT,
            "created_at": INSTANT,
            "updated_at": INSTANT,
            "orders_count": COUNT,
            "spent_micros": MICROS,
            "currency": TEXT,
        },
        key="customer_id",
    ),
    # Who gets mails: one row per address and list. recipient_id is the vendor's, hashed where it tells the
    # address; person_key is the hash of the address, equal to that of a shop customer or a log-in.
    _table(
        "recipient",
        {
            "list_id": TEXT,
            "recipient_id": TEXT,
            "person_key": TEXT,
            "status": TEXT,
            "joined_at": INSTANT,
            "updated_at": INSTANT,
        },
        key="list_id recipient_id",
    ),
)

SILVER: Mapping[str, SilverTable] = MappingProxyType({table.name: table for table in _TABLES})
