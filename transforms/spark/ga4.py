"""The default channel grouping of Google Analytics 4 for web visits (Analytics help, page 9756891)."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from pyspark.sql import Column
from pyspark.sql import functions as fn

CATEGORIES = Path(__file__).with_name("ga4_source_categories.csv")
PAID = r"^(.*cp.*|ppc|retargeting|paid.*)$"
SHOPPING = r"^(.*(([^a-df-z]|^)shop|shopping).*)$"
SOCIAL_MEDIA = ("social", "social-network", "social-media", "sm", "social network", "social media")
DISPLAY_MEDIA = ("display", "banner", "expandable", "interstitial", "cpm")
EMAIL = ("email", "e-mail", "e_mail", "e mail")
# Auto-tagged clicks on Google's ads: they are google / cpc whatever the page they came from.
GOOGLE_CLICKS = ("gclid", "gbraid", "wbraid", "dclid", "gad_source")


@cache
def read_categories() -> dict[str, tuple[str, ...]]:
    """Return Google's lists of sources: search, social, shopping, video."""
    lists: dict[str, set[str]] = {"search": set(), "social": set(), "shopping": set(), "video": set()}
    with CATEGORIES.open(newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            lists[line["source_category"].removeprefix("SOURCE_CATEGORY_").lower()].add(
                line["source"].lower()
            )
    return {name: tuple(sorted(sources)) for name, sources in lists.items()}


def traffic_source(
    source: Column, medium: Column, click_id_kind: Column, referrer_host: Column
) -> tuple[Column, Column]:
    """Return source and medium as Analytics tells them, from the columns of `channels.ORIGIN`.

    Tags win; an untagged visit is google / cpc by its click id, <engine> / organic or <host> / referral by
    its referrer, else (direct) / (none). A country's address of a search engine is the engine.
    """
    is_tagged = (source != "") | (medium != "")
    is_google_click = click_id_kind.isin(*GOOGLE_CLICKS)
    names = "|".join(name for name in read_categories()["search"] if name.isalnum())
    engine = fn.regexp_extract(referrer_host, rf"^(?:.*\.)?({names})(?:\.[a-z]{{2,3}}){{1,2}}$", 1)
    is_listed = referrer_host.isin(*sum(read_categories().values(), ()))
    is_engine = (engine != "") & ~is_listed
    untagged_source = (
        fn.when(is_google_click, "google")
        .when(is_engine, engine)
        .when(referrer_host != "", referrer_host)
        .otherwise("(direct)")
    )
    is_search = is_engine | referrer_host.isin(*read_categories()["search"])
    untagged_medium = (
        fn.when(is_google_click, "cpc")
        .when(is_search, "organic")
        .when(referrer_host != "", "referral")
        .otherwise("(none)")
    )
    return (
        fn.when(~is_tagged, untagged_source).when(source != "", source).otherwise("(not set)"),
        fn.when(~is_tagged, untagged_medium).when(medium != "", medium).otherwise("(not set)"),
    )


def channel_group(source: Column, medium: Column, campaign: Column) -> Column:
    """Return the default channel group; the columns are lower case and not null, the first rule decides."""
    lists = {name: source.isin(*sources) for name, sources in read_categories().items()}
    is_paid = medium.rlike(PAID)
    is_shopping = lists["shopping"] | campaign.rlike(SHOPPING)
    is_push = (
        medium.endswith("push") | medium.contains("mobile") | medium.contains("notification")
    ) | (source == "firebase")  # fmt: skip
    return (
        fn.when((source == "(direct)") & medium.isin("(not set)", "(none)"), "Direct")
        .when(campaign.contains("cross-network"), "Cross-network")
        .when(is_shopping & is_paid, "Paid Shopping")
        .when(lists["search"] & is_paid, "Paid Search")
        .when(lists["social"] & is_paid, "Paid Social")
        .when(lists["video"] & is_paid, "Paid Video")
        .when(medium.isin(*DISPLAY_MEDIA), "Display")
        .when(is_paid, "Paid Other")
        .when(is_shopping, "Organic Shopping")
        .when(lists["social"] | medium.isin(*SOCIAL_MEDIA), "Organic Social")
        .when(lists["video"] | medium.contains("video"), "Organic Video")
        .when(lists["search"] | (medium == "organic"), "Organic Search")
        .when(medium.isin("referral", "app", "link"), "Referral")
        .when(source.isin(*EMAIL) | medium.isin(*EMAIL), "Email")
        .when(medium == "affiliate", "Affiliates")
        .when(medium == "audio", "Audio")
        .when((source == "sms") | (medium == "sms"), "SMS")
        .when(is_push, "Mobile Push Notifications")
        .otherwise("Unassigned")
    )
