"""The rules of the marts that pages and decisions read most; dbt's own tests stand beside them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from lake.quality.rule import Rule, at_most, filled, not_negative, unique

MARTS: Mapping[str, tuple[Rule, ...]] = MappingProxyType(
    {
        "fct_ad_daily": (
            *filled("workspace_id channel account_id day_on currency"),
            *not_negative("impressions clicks", "critical"),
            *not_negative("spend_minor", "warning"),  # a credit lowers the spend of its day
            *at_most("clicks", "impressions"),
        ),
        "fct_spend_daily": (
            *filled("workspace_id channel account_id day_on currency"),
            *not_negative("spend_minor", "warning"),
        ),
        "fct_orders": (
            *filled("workspace_id channel account_id order_id day_on currency credited_channel"),
            *unique("workspace_id channel account_id order_id"),
            *not_negative("total_minor revenue_minor", "warning"),
            *at_most("refunded_minor", "total_minor"),
            *at_most("margin_minor", "revenue_minor"),
        ),
        "fct_channel_daily": (
            *filled("workspace_id channel day_on currency"),
            *not_negative("orders", "critical"),
            *not_negative("spend_minor", "warning"),
            *at_most("new_customers", "orders"),
        ),
        "fct_blended_daily": (
            *filled("workspace_id day_on currency"),
            *unique("workspace_id day_on currency"),
            *not_negative("orders", "critical"),
            *not_negative("spend_minor", "warning"),
        ),
        "fct_over_claim_daily": (*not_negative("claimed_conversions credited_orders", "critical"),),
        "fct_email_campaign": (*filled("workspace_id channel account_id"),),
    }
)
