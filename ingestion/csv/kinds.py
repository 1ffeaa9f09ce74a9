"""The kinds of reports: which silver table each becomes, its fields, and the words reports use for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

# How a cell is read. Counts, reals, money and seconds add up over the rows of one record; a gauge is the
# largest; everything else is the first that is told.
Cell = Literal[
    "text", "code", "person", "day", "instant", "flag", "count", "real", "money", "seconds", "gauge"
]
NUMBERS: tuple[Cell, ...] = ("count", "real", "money", "seconds", "gauge")
ADDED: tuple[Cell, ...] = ("count", "real", "money", "seconds")
# A field is given in one of these units by the ending of its name in a layout; the first is its own.
UNITS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"money": ("", "_micros", "_minor"), "seconds": ("_seconds", "_minutes", "_hours", "_millis")}
)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a report is about.

    Attributes:
        table: The silver table its rows become.
        stream: Name of the stream in the lake's load history.
        fields: Our field names and how their cells are read; `spend` of money becomes `spend_micros`.
        key: The fields that identify a record; rows of one key are one record.
        needed: Fields a report must tell.
        words: In a report of no known layout, the headers that mean a field.
        constants: Columns of the silver table that are the same in every row.
        is_added: Rows of one key are added up; otherwise the first that tells a field counts.
        is_empty_zero: An empty cell of a number is zero; otherwise it is unknown.
    """

    name: str
    title: str
    table: str
    stream: str
    fields: Mapping[str, Cell]
    key: tuple[str, ...]
    needed: tuple[str, ...]
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    constants: Mapping[str, object] = field(default_factory=dict)
    is_added: bool = True
    is_empty_zero: bool = True

    def column(self, name: str) -> str:
        """Return the name of the field's column in records and rows."""
        endings = {"money": "_micros", "seconds": "_seconds", "day": "_on", "person": "_key"}
        return name + endings.get(self.fields[name], "")

    def given(self, name: str) -> tuple[str, ...]:
        """Return the names by which a layout may give the field, one a unit."""
        return tuple(name + ending for ending in UNITS.get(self.fields[name], ("",)))

    def base(self, given: str) -> str | None:
        """Return the field that is given by this name, None where there is none."""
        return next((name for name in self.fields if given in self.given(name)), None)


def _fields(**cells: str) -> dict[str, Cell]:
    """Return field names by cell: `_fields(text="a b", count="c")`."""
    return {name: cell for cell, names in cells.items() for name in names.split()}  # type: ignore[misc]


_DELIVERY = {"count": "impressions clicks", "money": "spend claimed_value", "real": "claimed_conversions"}
_DELIVERY_WORDS = {
    "day": (
        "date",
        "day",
        "reporting starts",
        "report date",
        "date start",
        "month",
        "start date",
        "time period",
    ),
    "day_until": ("reporting ends", "date stop", "end date"),
    "account": ("account id", "customer id", "advertiser id", "ad account id", "account number"),
    "impressions": ("impressions", "impr", "paid impressions"),
    "clicks": (
        "clicks",
        "clicks all",
        "link clicks",
        "inline link clicks",
        "destination clicks",
        "swipes",
        "taps",
    ),
    "spend": (
        "spend",
        "cost",
        "amount spent",
        "spent",
        "total spent",
        "total cost",
        "spend in account currency",
    ),
    "spend_micros": ("cost micros", "spend micros", "spend in micros"),
    "claimed_conversions": (
        *("conversions", "results", "purchases", "total conversion", "total conversions", "conv"),
        *("website purchases", "total conversions checkout"),
    ),
    "claimed_value": (
        *(
            "value",
            "conversion value",
            "conversions value",
            "conv value",
            "total conv value",
            "all conv value",
        ),
        *("purchase conversion value", "purchases conversion value", "website purchases conversion value"),
        *("revenue", "total conversion value", "total purchase value"),
    ),
    "currency": ("currency", "currency code", "account currency"),
}

ADS = Kind(
    *("ads", "ad report", "ad_daily", "report_import"),
    fields=_fields(
        day="day day_until",
        text="campaign_id campaign_name ad_set_id ad_set_name ad_id ad_name network account claim_action",
        code="currency",
        **_DELIVERY,
    ),
    key=("day", "campaign_id", "ad_set_id", "ad_id", "network", "currency"),
    needed=("impressions", "clicks", "spend"),
    words={
        **_DELIVERY_WORDS,
        "campaign_id": ("campaign id",),
        "campaign_name": ("campaign", "campaign name"),
        "ad_set_id": ("ad set id", "adset id", "ad group id", "adgroup id", "ad squad id", "line item id"),
        "ad_set_name": (
            *("ad set", "ad set name", "adset", "adset name", "ad group", "ad group name", "adgroup"),
            *("adgroup name", "ad squad name"),
        ),
        "ad_id": ("ad id",),
        "ad_name": ("ad", "ad name"),
        "network": ("network", "platform", "publisher platform", "ad network type", "placement"),
    },
    constants={"claim_model": "report"},
)
SPEND = Kind(
    *("spend", "spend by account", "spend_daily", "spend_import"),
    fields=_fields(day="day day_until", text="account claim_action", code="currency", **_DELIVERY),
    key=("day", "currency"),
    needed=("impressions", "clicks", "spend"),
    words=_DELIVERY_WORDS,
    constants={"claim_model": "report"},
)
MAILS = Kind(
    *("mails", "mail report", "email_campaign", "mail_import"),
    fields=_fields(
        text="mail_id list_id title subject",
        instant="sent_at",
        count="sent hard_bounces soft_bounces opens unique_opens clicks unique_clicks unsubscribes complaints"
        " claimed_orders visits",
        money="claimed_value",
        code="currency",
    ),
    key=("mail_id",),
    needed=("mail_id", "sent"),
    words={
        "mail_id": ("campaign id", "email id", "message id", "unique id"),
        "title": ("title", "campaign name", "email name", "campaign", "message name"),
        "subject": ("subject", "subject line", "email subject"),
        "list_id": ("audience", "list", "list name", "list id"),
        "sent_at": ("send date", "send time", "sent at", "sent date", "send date utc", "sent on"),
        "sent": ("total recipients", "recipients", "emails sent", "sent", "total sent", "sends", "sent to"),
        "hard_bounces": ("hard bounces", "bounces", "bounced"),
        "soft_bounces": ("soft bounces",),
        "opens": ("total opens", "opens", "opened"),
        "unique_opens": ("unique opens", "recipients who opened"),
        "clicks": ("total clicks", "clicks"),
        "unique_clicks": ("unique clicks", "recipients who clicked"),
        "unsubscribes": ("unsubscribes", "unsubscribed", "unsubs"),
        "complaints": ("abuse complaints", "spam complaints", "complaints", "marked as spam"),
        "claimed_orders": ("total orders", "orders", "unique placed order", "placed orders", "conversions"),
        "claimed_value": ("total revenue", "revenue", "placed order value", "total gross sales"),
        "currency": ("currency", "currency code"),
    },
)
# One row a sending, an open or a click; counted per mail, never kept by person.
EVENTS = Kind(
    *("mail events", "mail events", "email_campaign", "mail_import"),
    fields=_fields(text="mail_id list_id title subject event bounce", instant="occurred_at", person="person"),
    key=(),
    needed=("mail_id",),
    is_added=False,
)
ORDERS = Kind(
    *("orders", "orders", "order", "order_import"),
    fields=_fields(
        text="order_id order_name customer_id cancelled last_utm_source last_utm_medium last_utm_campaign"
        " last_utm_content",
        person="person",
        instant="ordered_at updated_at",
        code="currency",
        money="total discount tax shipping refunded",
        flag="is_test is_cancelled",
        day="day",
    ),
    key=("order_id",),
    needed=("order_id", "ordered_at", "total"),
    words={
        "order_id": ("order id", "order number", "order", "order no"),
        "ordered_at": ("created at", "order date", "ordered at", "date", "date created", "paid at"),
        "total": ("total", "total price", "order total", "amount", "order value", "grand total"),
        "tax": ("tax", "taxes", "total tax"),
        "shipping": ("shipping", "shipping total", "shipping price"),
        "discount": ("discount", "discount amount", "total discounts", "discount total"),
        "refunded": ("refunded amount", "refunded", "refund total"),
        "currency": ("currency", "currency code"),
        "customer_id": ("customer id",),
        "person": ("email", "e mail", "customer email", "billing email"),
        "cancelled": ("cancelled at", "cancelled"),
    },
    is_added=False,
)
LINES = Kind(
    *("order lines", "order lines", "order_line", "order_line_import"),
    fields=_fields(
        text="order_id line_id product_id variant_id sku",
        day="day",
        count="quantity",
        money="unit_price line_total discount net",
        code="currency",
    ),
    key=("order_id", "line_id"),
    needed=("order_id", "quantity"),
    is_added=False,
)
REFUNDS = Kind(
    *("refunds", "refunds", "refund", "refund_import"),
    fields=_fields(
        text="order_id refund_id", instant="refunded_at", day="day", money="amount", code="currency"
    ),
    key=("order_id", "refund_id"),
    needed=("order_id", "refund_id", "refunded_at"),
    is_added=False,
    is_empty_zero=False,
)
CUSTOMERS = Kind(
    *("customers", "customers", "customer", "customer_import"),
    fields=_fields(
        text="customer_id",
        person="person",
        instant="created_at updated_at",
        count="orders_count",
        money="spent",
        code="currency",
    ),
    key=("customer_id",),
    needed=("customer_id",),
    is_added=False,
)
PRODUCTS = Kind(
    *("products", "products", "product", "product_import"),
    fields=_fields(text="product_id variant_id sku title", money="price unit_cost", code="currency"),
    key=("product_id", "variant_id"),
    needed=("product_id",),
    is_added=False,
    is_empty_zero=False,
)
POSTS = Kind(
    *("posts", "posts", "post", "post_import"),
    fields=_fields(text="post_id kind title url", instant="published_at"),
    key=("post_id",),
    needed=("post_id", "published_at"),
    words={
        "post_id": ("post id", "media id", "video id", "tweet id", "content id"),
        "published_at": ("publish time", "published at", "created time", "created at", "video publish time"),
        "title": ("title", "message", "caption", "description", "video title", "post text"),
        "url": ("permalink", "url", "link", "post permalink"),
        "kind": ("post type", "media type", "type"),
    },
    is_added=False,
)
# Of posts and of accounts alike.
_REACTIONS = {
    "views": ("views", "impressions", "plays"),
    "engaged_views": ("engaged views",),
    "reach": ("reach", "accounts reached"),
    "watch_hours": ("watch time hours",),
    "watch_minutes": ("watch time minutes",),
}
POST_DAYS = Kind(
    *("post days", "posts by day", "post_daily", "post_daily_import"),
    fields=_fields(
        text="post_id",
        day="day",
        flag="is_cumulative",
        count="views engaged_views reach likes comments shares saves clicks",
        seconds="watch",
    ),
    key=("post_id", "day"),
    needed=("post_id", "day"),
    words={
        "post_id": ("post id", "media id", "video id", "tweet id", "content id", "content"),
        "day": ("date", "day"),
        **_REACTIONS,
        "likes": ("likes", "reactions"),
        "comments": ("comments", "replies"),
        "shares": ("shares", "reposts", "retweets"),
        "saves": ("saves",),
        "clicks": ("clicks", "link clicks", "total clicks"),
    },
    is_empty_zero=False,
)
ACCOUNT_DAYS = Kind(
    *("account days", "account by day", "account_daily", "account_daily_import"),
    fields=_fields(
        day="day",
        gauge="followers",
        count="follows unfollows views engaged_views reach engagements profile_views",
        seconds="watch",
    ),
    key=("day",),
    needed=("day",),
    words={
        "day": ("date", "day"),
        **_REACTIONS,
        "followers": ("followers", "total followers"),
        "follows": ("follows", "new followers", "subscribers gained"),
        "unfollows": ("unfollows", "lost followers", "subscribers lost"),
        "engagements": ("engagements", "content interactions", "interactions"),
        "profile_views": ("profile views", "profile visits", "page views"),
    },
    is_empty_zero=False,
)
# Names and parents of campaigns, ad sets and ads; they add to an ad report and are no rows of their own.
NAMES = Kind(
    *("names", "names of campaigns and ads", "", ""),
    fields=_fields(
        text="campaign_id campaign_name ad_set_id ad_set_name ad_id ad_name", instant="changed_at"
    ),
    key=(),
    needed=(),
    is_added=False,
)
# What a mail is called and when it went out.
MAIL_NAMES = Kind(
    *("mail names", "names of mails", "", ""),
    fields=_fields(text="mail_id list_id title subject", instant="sent_at"),
    key=("mail_id",),
    needed=("mail_id",),
    is_added=False,
)
# Conversions in long form, one row a kind of action.
ACTIONS = Kind(
    *("actions", "conversions of an ad report", "", ""),
    fields=_fields(
        text="ad_id ad_set_id campaign_id account action", day="day", real="number", money="worth"
    ),
    key=(),
    needed=("action", "day"),
    is_added=False,
)
KINDS: tuple[Kind, ...] = (
    *(ADS, SPEND, MAILS, EVENTS, ORDERS, LINES, REFUNDS, CUSTOMERS, PRODUCTS, POSTS, POST_DAYS),
    *(ACCOUNT_DAYS, NAMES, MAIL_NAMES, ACTIONS),
)
# A report of no known layout is one of these, by the words it uses.
GENERIC: tuple[Kind, ...] = (ADS, MAILS, ORDERS, POSTS)
