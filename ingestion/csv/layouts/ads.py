"""Tables of the ad platforms' own data, as warehouses land them."""

from __future__ import annotations

from collections.abc import Mapping

from ingestion.csv.kinds import ACTIONS, ADS, NAMES, SPEND
from ingestion.csv.layouts.layout import Layout, one

Columns = Mapping[str, str]

_BASIC: Columns = {"day": "date", "impressions": "impressions", "clicks": "clicks"}
_GOOGLE: Columns = {
    **_BASIC,
    "network": "ad network type?",
    "account": "customer id?",
    "spend_micros": "cost micros",
    "claimed_conversions": "conversions?",
    "claimed_value": "conversions value?",
}
_AMAZON: Columns = {
    **_BASIC,
    "spend": "cost",
    "claimed_conversions": "purchases 30 d?",
    "claimed_value": "sales 30 d?",
    "currency": "campaign budget currency code?",
}
_APPLE: Columns = {
    "day": "date",
    "impressions": "impressions",
    "clicks": "taps",
    "spend": "local spend amount",
    "claimed_conversions": "conversions",
    "currency": "local spend currency",
}
_MICROSOFT: Columns = {
    **_BASIC,
    "account": "account id",
    "network": "network",
    "spend": "spend",
    "claimed_conversions": "conversions?",
    "claimed_value": "revenue?",
    "currency": "currency code?",
}
# Paid deliveries and those earned by saves of the pin.
_PINTEREST: Columns = {
    "day": "date",
    "account": "advertiser id",
    "impressions": "impression 1 + impression 2",
    "clicks": "clickthrough 1 + clickthrough 2",
    "spend_micros": "spend in micro dollar",
    "claimed_conversions": "total conversions?",
    "claimed_value_micros": "total conversions value in micro dollar?",
}
# Reddit and Snapchat call millionths plainly `spend`.
_REDDIT: Columns = {**_BASIC, "account": "account id", "spend_micros": "spend"}
_SNAPCHAT: Columns = {
    "day": "date",
    "impressions": "impressions",
    "clicks": "swipes",
    "spend_micros": "spend",
    "claimed_conversions": "conversion purchases?",
    "claimed_value": "conversion purchases value?",
}
_TIKTOK: Columns = {
    "day": "stat time hour|stat time day",
    "impressions": "impressions",
    "clicks": "clicks",
    "spend": "spend",
    "claimed_conversions": "conversion?",
    "claimed_value": "total purchase value?",
}
_X: Columns = {
    **_BASIC,
    "account": "account id",
    "network": "placement?",
    "spend_micros": "billed charge local micro",
}
_LINKEDIN: Columns = {
    "day": "day|month",
    "impressions": "impressions",
    "clicks": "clicks",
    "spend": "cost in local currency",
    "claimed_conversions": "external website conversions|external website post click conversions?",
    "claimed_value": "conversion value in local currency?",
}
_META: Columns = {
    "day": "date",
    "impressions": "impressions",
    "clicks": "inline link clicks",
    "spend": "spend",
}
_C, _S, _A = ({f"{level}_id": f"{name} id"} for level, name in (
    ("campaign", "campaign"), ("ad_set", "ad group"), ("ad", "ad")))  # fmt: skip
_KEYWORDS = "The report splits each ad group by keyword or search term; its rows are added up per ad group."
_BREAKDOWN = "The report splits the account by country, region or audience; its rows are added up per day."

META: tuple[Layout, ...] = (
    one(
        *("Facebook ad report without dates", "meta_ads", ADS),
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
    one(
        *("Facebook Ads basic_ad table", "meta_ads", ADS),
        {**_META, **_A, "account": "account id?"},
        stem="basic_ad",
        actions="basic_ad_actions",
        values="basic_ad_action_values",
    ),
    *(
        one(
            *(f"Facebook Ads demographics_{cut} table", "meta_ads", SPEND),
            {**_META, "account": "account id"},
            also=f"{cut}, frequency, reach",
            note=_BREAKDOWN,
        )
        for cut in ("country", "region")
    ),
    one(
        *("Facebook Ads actions table", "meta_ads", ACTIONS),
        {"ad_id": "ad id", "day": "date", "action": "action type", "number": "value"},
    ),
)
GOOGLE: tuple[Layout, ...] = (
    one(*("Google Ads ad_stats table", "google_ads", ADS), {**_GOOGLE, **_C, **_S, **_A}),
    one(
        *("Google Ads ad_group_stats table", "google_ads", ADS),
        {**_GOOGLE, **_C, "ad_set_id": "id"},
        also="base ad group",
    ),
    one(
        *("Google Ads campaign_stats table", "google_ads", ADS),
        {**_GOOGLE, "campaign_id": "id"},
        also="base campaign",
    ),
    one(
        *("Google Ads keyword_stats table", "google_ads", ADS),
        {**_GOOGLE, **_C, **_S},
        also="ad group criterion criterion id",
        note=_KEYWORDS,
    ),
    one(
        *("Google Ads search_term_keyword_stats table", "google_ads", ADS),
        {**_GOOGLE, **_C, **_S},
        also="search term, keyword ad group criterion",
        note=_KEYWORDS,
    ),
    one(
        *("Google Ads account_stats table", "google_ads", SPEND),
        {name: header for name, header in _GOOGLE.items() if name != "network"} | {"account": "customer id"},
        also="active view impressions, device",
    ),
)
OTHERS: tuple[Layout, ...] = (
    one(*("Amazon Ads campaign report", "amazon_ads", ADS), {**_AMAZON, **_C}, also="campaign budget type"),
    one(
        *("Amazon Ads ad group report", "amazon_ads", ADS),
        {**_AMAZON, **_S},
        also="campaign bidding strategy",
    ),
    one(
        *("Amazon Ads advertised product report", "amazon_ads", ADS),
        {**_AMAZON, **_C, **_S, **_A},
        also="advertised asin",
    ),
    one(
        *("Amazon Ads keyword report", "amazon_ads", ADS),
        {**_AMAZON, **_C, **_S},
        also="keyword id, keyword bid, targeting",
        note=_KEYWORDS,
    ),
    one(*("Apple Search Ads ad report", "apple_search_ads", ADS), {**_APPLE, **_C, **_S, **_A}),
    one(*("Apple Search Ads ad group report", "apple_search_ads", ADS), {**_APPLE, **_S}),
    one(
        *("Apple Search Ads campaign report", "apple_search_ads", ADS),
        {**_APPLE, "campaign_id": "id"},
        also="avg cpa amount",
        stem="campaign",
    ),
    one(
        *("Apple Search Ads keyword report", "apple_search_ads", ADS),
        {**_APPLE, "ad_set_id": "id"},
        also="avg cpa amount",
        stem="keyword",
        note="The report names keywords, not ad groups; a keyword stands where the ad group would.",
    ),
    one(
        *("Apple Search Ads search term report", "apple_search_ads", ADS),
        {**_APPLE, **_C, **_S, "ad_set_name": "ad group name"},
        also="search term text",
        note=_KEYWORDS,
    ),
    one(*("LinkedIn Ads creative report", "linkedin_ads", ADS), {**_LINKEDIN, "ad_id": "creative id"}),
    one(*("LinkedIn Ads campaign report", "linkedin_ads", ADS), {**_LINKEDIN, **_C}),
    one(
        *("Microsoft Ads account report", "microsoft_ads", SPEND),
        {name: header for name, header in _MICROSOFT.items() if name != "network"},
        also="device os, top vs other",
    ),
    one(*("Microsoft Ads campaign report", "microsoft_ads", ADS), {**_MICROSOFT, **_C}, also="top vs other"),
    one(
        *("Microsoft Ads ad group report", "microsoft_ads", ADS),
        {**_MICROSOFT, **_C, **_S},
        also="top vs other",
    ),
    one(
        *("Microsoft Ads ad report", "microsoft_ads", ADS),
        {**_MICROSOFT, **_C, **_S, **_A},
        also="top vs other",
    ),
    one(
        *("Pinterest Ads advertiser report", "pinterest_ads", SPEND),
        _PINTEREST,
    ),
    one(
        *("Pinterest Ads campaign report", "pinterest_ads", ADS),
        {**_PINTEREST, **_C, "campaign_name": "campaign name?"},
    ),
    one(
        *("Pinterest Ads ad group report", "pinterest_ads", ADS),
        {**_PINTEREST, **_C, **_S, "ad_set_name": "ad group name?"},
    ),
    one(
        *("Pinterest Ads pin report", "pinterest_ads", ADS),
        {**_PINTEREST, **_C, **_S, "ad_id": "pin promotion id", "ad_set_name": "ad group name?"},
    ),
    one(*("Reddit Ads account report", "reddit_ads", SPEND), _REDDIT, also="ecpm"),
    one(*("Reddit Ads campaign report", "reddit_ads", ADS), {**_REDDIT, **_C}, also="ecpm"),
    one(*("Reddit Ads ad group report", "reddit_ads", ADS), {**_REDDIT, **_S}, also="ecpm"),
    one(*("Reddit Ads ad report", "reddit_ads", ADS), {**_REDDIT, **_A}, also="ecpm"),
    one(
        *("Reddit Ads campaign report by country", "reddit_ads", ADS),
        {**_REDDIT, **_C},
        also="country, region",
    ),
    *(
        one(
            *(f"Reddit Ads {level} conversions", "reddit_ads", ACTIONS),
            {
                **column,
                "account": "account id",
                "day": "date",
                "action": "event name",
                "number": "click through conversion attribution window month"
                " + view through conversion attribution window month",
                "worth": "total value",
            },
            also="total items",
        )
        for level, column in {"ad": _A, "ad_group": _S, "campaign": _C, "account": {}}.items()
    ),
    one(*("Snapchat Ads ad report", "snapchat_ads", ADS), {**_SNAPCHAT, **_A}),
    one(*("Snapchat Ads ad squad report", "snapchat_ads", ADS), {**_SNAPCHAT, "ad_set_id": "ad squad id"}),
    one(*("Snapchat Ads campaign report", "snapchat_ads", ADS), {**_SNAPCHAT, **_C}),
    one(*("TikTok Ads ad report", "tiktok_ads", ADS), {**_TIKTOK, **_A}),
    one(*("TikTok Ads ad group report", "tiktok_ads", ADS), {**_TIKTOK, "ad_set_id": "adgroup id"}),
    one(*("TikTok Ads campaign report", "tiktok_ads", ADS), {**_TIKTOK, **_C}),
    one(*("X Ads promoted post report", "x_ads", ADS), {**_X, "ad_id": "promoted tweet id"}),
    one(*("X Ads line item report", "x_ads", ADS), {**_X, "ad_set_id": "line item id"}),
    one(*("X Ads campaign report", "x_ads", ADS), {**_X, **_C}),
)


def _names(channel: str, level: str, columns: Columns, also: str = "") -> Layout:
    own = {f"{level}_id": "id", f"{level}_name": "name", "changed_at": "updated time|updated at|"
           "modified time|last modified time|last updated date|modification time?"}  # fmt: skip
    title = f"names of {level.replace('_', ' ')}s ({channel})"
    return one(title, channel, NAMES, {**own, **columns}, also=also)


HISTORIES: tuple[Layout, ...] = (
    _names(
        *("meta_ads", "ad", {"ad_set_id": "ad set id", "campaign_id": "campaign id"}),
        "creative id, account id, fivetran synced",
    ),
    _names("meta_ads", "ad_set", {"campaign_id": "campaign id"}, "account id, updated time, fivetran synced"),
    _names("meta_ads", "campaign", {}, "account id, updated time"),
    _names("google_ads", "ad", {"ad_set_id": "ad group id"}, "display url"),
    _names(
        "google_ads", "ad_set", {"campaign_id": "campaign id", "campaign_name": "campaign name"}, "updated at"
    ),
    _names("google_ads", "campaign", {}, "customer id, advertising channel type"),
    _names("microsoft_ads", "campaign", {}, "account id, time zone"),
    _names("microsoft_ads", "ad_set", {"campaign_id": "campaign id"}, "modified time, end date"),
    _names("amazon_ads", "campaign", {}, "profile id, budget"),
    _names("amazon_ads", "ad_set", {"campaign_id": "campaign id"}, "default bid"),
    _names("apple_search_ads", "campaign", {}, "adam id"),
    _names("apple_search_ads", "ad_set", {"campaign_id": "campaign id"}, "automated keywords opt in"),
    _names(
        "apple_search_ads", "ad", {"campaign_id": "campaign id", "ad_set_id": "ad group id"}, "creative type"
    ),
    _names("linkedin_ads", "campaign", {}, "campaign group id"),
    _names("pinterest_ads", "campaign", {}, "is automated campaign"),
    _names("pinterest_ads", "ad_set", {"campaign_id": "campaign id"}, "pacing delivery type"),
    _names("pinterest_ads", "ad", {"ad_set_id": "ad group id"}, "pin id"),
    _names("reddit_ads", "ad", {"ad_set_id": "ad group id", "campaign_id": "campaign id"}, "post id"),
    _names("reddit_ads", "ad_set", {"campaign_id": "campaign id"}, "bid strategy, goal type"),
    _names("reddit_ads", "campaign", {}, "funding instrument id, objective, configured status"),
    _names("snapchat_ads", "ad", {"ad_set_id": "ad squad id"}, "creative id"),
    _names("snapchat_ads", "ad_set", {"campaign_id": "campaign id"}, "fivetran synced"),
    _names("snapchat_ads", "campaign", {}, "ad account id"),
    _names("x_ads", "campaign", {}, "frequency cap"),
    _names("x_ads", "ad_set", {"campaign_id": "campaign id"}, "bid unit, objective"),
    one(
        *("names of ads (tiktok_ads)", "tiktok_ads", NAMES),
        {
            "ad_id": "ad id",
            "ad_name": "ad name",
            "ad_set_id": "adgroup id",
            "campaign_id": "campaign id",
            "changed_at": "updated at?",
        },
        also="call to action",
    ),
    one(
        *("names of ad groups (tiktok_ads)", "tiktok_ads", NAMES),
        {
            "ad_set_id": "adgroup id",
            "ad_set_name": "adgroup name",
            "campaign_id": "campaign id",
            "changed_at": "updated at?",
        },
        also="placement type",
    ),
)
TABLES: tuple[Layout, ...] = (*META, *GOOGLE, *OTHERS, *HISTORIES)
