"""The facts that metrics are measured on: a mart each, its day, its dimensions and its currency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

# Organic and mail counts have no money of their own: they stand beside the workspace's totals.
OWN_CURRENCY = "(SELECT reporting_currency FROM marts.dim_workspace)"
DAY_OF: Mapping[str, str] = MappingProxyType(
    {
        "day": "{day}",
        "week": "date_trunc('week', {day})::date",
        "month": "date_trunc('month', {day})::date",
    }
)
PERIODS = tuple(DAY_OF)


@dataclass(frozen=True, slots=True)
class Fact:
    """A mart that holds additive parts: one row a day and combination of its dimensions.

    `dimensions` maps a dimension's public name to the SQL that tells it; `currency` tells the
    reporting currency of the row's money; `only` is the SQL of the rows that count.
    """

    name: str
    mart: str
    day: str
    dimensions: Mapping[str, str]
    currency: str = OWN_CURRENCY
    only: str = "true"

    @property
    def grains(self) -> tuple[str, ...]:
        """The dimensions this fact can be asked by, periods first."""
        return (*PERIODS, *self.dimensions)

    def dimension(self, name: str) -> str:
        """Return the SQL of a dimension or period."""
        return DAY_OF[name].format(day=self.day) if name in DAY_OF else self.dimensions[name]


# Below these an order may be unknown: it names no campaign, or none of the vendor's ads.
LEVELS = ("account", "list", "campaign", "ad_set", "ad", "post")
KNOWN_AD = (
    "CASE WHEN ({channel}, {ad}) IN (SELECT channel, ad_id FROM marts.fct_ad_daily WHERE ad_id <> '')"
    " THEN {ad} ELSE '' END"
)
_ADS = {
    "channel": "channel",
    "account": "account_id",
    "campaign": "campaign_id",
    "ad_set": "ad_set_id",
    "ad": "ad_id",
}
_MAILS = {"channel": "channel", "account": "account_id", "list": "list_id", "campaign": "mail_id"}
_ORGANIC = {"channel": "channel", "account": "account_id"}
_FACTS = (
    Fact("ads", "fct_ad_daily", "day_on", {**_ADS, "claim_window": "claim_window"}, "reporting_currency"),
    Fact(
        "orders",
        "fct_orders",
        "day_on",
        {
            "channel": "credited_channel",
            "campaign": "coalesce(credited_campaign_id, '')",
            "ad": KNOWN_AD.format(channel="credited_channel", ad="credited_content"),
        },
        "reporting_currency",
    ),
    Fact("mails", "fct_email_campaign", "sent_on", _MAILS),
    Fact(
        "mail_claims",
        "fct_email_campaign",
        "sent_on",
        {**_MAILS, "claim_window": "'mail'"},
        f"coalesce(reporting_currency, {OWN_CURRENCY})",
    ),
    Fact("pages", "fct_account_daily", "day_on", _ORGANIC),
    Fact("posts", "fct_post_daily", "day_on", {**_ORGANIC, "post": "post_id"}),
    Fact("visits", "fct_funnel_daily", "day_on", {"channel": "channel"}),
    Fact(
        "plan",
        "fct_budget_daily",
        "day_on",
        {"channel": "channel", "account": "account_id", "campaign": "campaign_id"},
        "reporting_currency",
    ),
)

FACTS: Mapping[str, Fact] = MappingProxyType({fact.name: fact for fact in _FACTS})

# What takes the place of the orders where another model than the default gives the credit: shares of orders.
SHARES = "fct_credit_daily LEFT JOIN marts.dim_campaign_link USING (workspace_id, channel, campaign, ad)"
CREDIT = Fact(
    "orders",
    SHARES,
    "day_on",
    {
        "channel": "channel",
        "campaign": "coalesce(campaign_id, '')",
        "ad": KNOWN_AD.format(channel="channel", ad="ad"),
    },
    "currency",
    "model = %(model)s",
)
CREDIT_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "orders": "orders",
        "new_customers": "new_customers",
        "revenue_minor": "revenue_micros",
        "margin_minor": "margin_micros",
        "net_sales_minor": "net_sales_micros",
    }
)
