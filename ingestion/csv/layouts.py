"""Which columns mean what: the layouts we know by name, and the words reports use in general."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

NAMES = ("campaign_id", "campaign_name", "ad_set_id", "ad_set_name", "ad_id", "ad_name", "network")
NUMBERS = ("impressions", "clicks", "spend", "spend_micros", "claimed_conversions", "claimed_value")
CURRENCY_IN_HEADER = re.compile(r"\(([A-Z]{3})\)")


@dataclass(frozen=True, slots=True)
class Layout:
    """A report's columns: our name to the report's header, in the plain form of `plain_header`.

    `also` names further headers by which the layout is told from others. `actions` and `values`
    are the endings of the files beside it that hold conversions in long form, one row per kind.
    """

    name: str
    channel: str | None
    columns: Mapping[str, str]
    also: frozenset[str] = frozenset()
    stem: str = ""
    actions: str = ""
    values: str = ""

    def fits(self, headers: frozenset[str]) -> bool:
        """Say whether a report with these headers has this layout."""
        return headers >= {*self.columns.values(), *self.also}


_GOOGLE = {
    "day": "date",
    "network": "ad network type",
    "impressions": "impressions",
    "clicks": "clicks",
    "spend_micros": "cost micros",
    "claimed_conversions": "conversions",
    "claimed_value": "conversions value",
}
# The most telling first: the first that fits is taken.
LAYOUTS: tuple[Layout, ...] = (
    Layout(
        "Facebook ad report without dates",
        "meta_ads",
        {
            "campaign_id": "xyz campaign id",
            "ad_set_id": "fb campaign id",
            "ad_id": "ad id",
            "impressions": "impressions",
            "clicks": "clicks",
            "spend": "spent",
            "claimed_conversions": "total conversion",
        },
    ),
    Layout(
        "Facebook Ads basic_ad table",
        "meta_ads",
        {
            "day": "date",
            "ad_id": "ad id",
            "impressions": "impressions",
            "clicks": "inline link clicks",
            "spend": "spend",
        },
        stem="basic_ad",
        actions="basic_ad_actions",
        values="basic_ad_action_values",
    ),
    Layout(
        "Google Ads ad_stats table",
        "google_ads",
        {**_GOOGLE, "campaign_id": "campaign id", "ad_set_id": "ad group id", "ad_id": "ad id"},
    ),
    Layout(
        "Google Ads ad_group_stats table",
        "google_ads",
        {**_GOOGLE, "campaign_id": "campaign id", "ad_set_id": "id"},
        frozenset({"base ad group"}),
    ),
    Layout(
        "Google Ads campaign_stats table",
        "google_ads",
        {**_GOOGLE, "campaign_id": "id"},
        frozenset({"base campaign"}),
    ),
)
# One purchase is counted under several of these names; the first one a row has is the claim.
PURCHASES = ("omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase")

# In any other report, these headers mean these things.
WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "day": ("date", "day", "reporting starts", "report date", "date start"),
        "campaign_id": ("campaign id",),
        "campaign_name": ("campaign", "campaign name"),
        "ad_set_id": ("ad set id", "adset id", "ad group id", "adgroup id"),
        "ad_set_name": (
            "ad set",
            "ad set name",
            "adset",
            "adset name",
            "ad group",
            "ad group name",
            "adgroup",
        ),
        "ad_id": ("ad id",),
        "ad_name": ("ad", "ad name"),
        "network": ("network", "platform", "publisher platform", "ad network type"),
        "impressions": ("impressions", "impr"),
        "clicks": ("clicks", "clicks all", "link clicks", "inline link clicks"),
        "spend": ("spend", "cost", "amount spent", "spent", "total spent", "total cost"),
        "spend_micros": ("cost micros", "spend micros", "spend in micros"),
        "claimed_conversions": (
            "conversions",
            "results",
            "purchases",
            "total conversion",
            "total conversions",
        ),
        "claimed_value": (
            *("value", "conversion value", "conversions value", "conv value", "total conv value"),
            *("purchase conversion value", "purchases conversion value", "revenue"),
        ),
        "currency": ("currency", "currency code", "account currency"),
    }
)


def plain_header(header: str) -> str:
    """Return a header in lower case with single spaces: `Amount spent (EUR)` is `amount spent`."""
    bare = CURRENCY_IN_HEADER.sub("", header)
    return re.sub(r"[\W_]+", " ", bare).strip().lower()


def recognise(headers: Sequence[str]) -> Layout:
    """Return the layout of a report with these headers; an unknown one holds what words tell."""
    plain = [plain_header(header) for header in headers]
    for layout in LAYOUTS:
        if layout.fits(frozenset(plain)):
            return layout
    told = {
        ours: next(word for word in words if word in plain)
        for ours, words in WORDS.items()
        if any(word in plain for word in words)
    }
    return Layout("report", None, told)
