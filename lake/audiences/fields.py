"""What is known of a person: the columns an audience may ask about, with their plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

# count and score are whole numbers, share lies between 0 and 1, money is micros of `currency`.
Kind = Literal["text", "flag", "day", "count", "score", "share", "money"]
PROFILE, PRODUCTS = "person_profile", "person_product"
SQL_TYPE: Mapping[Kind, str] = MappingProxyType(
    {
        "text": "text",
        "flag": "boolean",
        "day": "date",
        "count": "bigint",
        "score": "bigint",
        "share": "double precision",
        "money": "bigint",
    }
)


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the profile: its kind, its title, what it means, and its values where they are few."""

    name: str
    kind: Kind
    title: str
    meaning: str
    values: tuple[str, ...] = ()


STAGES = ("visitor", "lead", "new", "active", "won_back", "at_risk", "lapsed")
SEGMENTS = (
    "champions",
    "loyal",
    "potential_loyalists",
    "recent",
    "promising",
    "need_attention",
    "about_to_sleep",
    "at_risk",
    "cannot_lose",
    "hibernating",
    "lost",
)
BANDS = ("hot", "warm", "cool", "cold")

_FIELDS = (
    Field("person_id", "text", "Person", "The keyed id of the person; nothing personal is in it."),
    Field("is_known", "flag", "Known", "Whether a name stands behind the visits: a login, mail or order."),
    Field("first_seen_on", "day", "First seen", "Day of the first visit, order or sign-up."),
    Field("acquired_channel", "text", "Came through", "Marketing channel of the first visit."),
    Field("orders", "count", "Orders", "Orders so far, without tests and cancelled ones."),
    Field("first_order_on", "day", "First order", "Day of the first order."),
    Field("last_order_on", "day", "Last order", "Day of the last order."),
    Field("days_since_order", "count", "Days since order", "Days from the last order to the profile's day."),
    Field("revenue_micros", "money", "Revenue", "Order totals less refunds, in the person's main currency."),
    Field("currency", "text", "Currency", "The currency the person spent most often."),
    Field("recency_score", "score", "Recency score", "1 to 5; 5 bought most recently."),
    Field("frequency_score", "score", "Frequency score", "1 to 5; 5 bought most often."),
    Field("monetary_score", "score", "Monetary score", "1 to 5; 5 spent most."),
    Field("rfm_segment", "text", "RFM segment", "The named group of the three scores.", SEGMENTS),
    Field("lifecycle_stage", "text", "Lifecycle stage", "How far the person is as a customer.", STAGES),
    Field("visits", "count", "Visits", "Visits to the site in the last 90 days."),
    Field("mail_visits", "count", "Visits from mail", "Of these, through a link in a mail."),
    Field("paid_visits", "count", "Visits from ads", "Of these, through a paid ad."),
    Field("last_engaged_on", "day", "Last engaged", "Day of the last visit, mail click or order."),
    Field("days_since_engaged", "count", "Days since engaged", "Days from then to the profile's day."),
    Field("engagement_band", "text", "Engagement", "hot: 7 days, warm: 30, cool: 90, cold: longer.", BANDS),
    Field("top_product_id", "text", "Main product", "The product most was spent on."),
    Field("top_product_share", "share", "Share of main product", "Its part of all the person spent."),
    Field("cluster", "text", "Cluster", "Number of the group of persons who behave alike."),
    Field("propensity", "share", "Propensity", "Probability of an order in the coming weeks."),
    Field("likeness", "share", "Likeness", "How much a person who is no champion behaves like one."),
)
FIELDS: Mapping[str, Field] = MappingProxyType({field.name: field for field in _FIELDS})

_PRODUCT_FIELDS = (
    Field("person_id", "text", "Person", "The keyed id of the person."),
    Field("product_id", "text", "Product", "The shop's id of the product."),
    Field("orders", "count", "Orders", "Orders with this product."),
    Field("units", "count", "Units", "Pieces bought."),
    Field("net_micros", "money", "Spent", "Net value of these lines."),
    Field("currency", "text", "Currency", "Currency of the value."),
    Field("last_order_on", "day", "Last bought", "Day it was last bought."),
)
# Every table a definition may name, with its columns.
TABLES: Mapping[str, Mapping[str, Field]] = MappingProxyType(
    {PROFILE: FIELDS, PRODUCTS: {field.name: field for field in _PRODUCT_FIELDS}}
)
# The one field of a rule that is no column: which products a person bought.
BOUGHT = "bought"
