"""The additive parts of every metric: what is summed, on which fact, and over what it does not add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from lake.metrics.facts import FACTS

# minor: money; in the marts it is micros, summed first and rounded once.
PartUnit = Literal["count", "minor", "seconds"]


@dataclass(frozen=True, slots=True)
class Part:
    """One number that is summed before any ratio is made.

    Attributes:
        columns: For each fact that holds it, the SQL of one row's amount.
        absent: What no row at all means: 0 (nothing happened) or None (not known there).
        not_over: Dimensions over which two amounts are not added: such a sum is unknown.
    """

    name: str
    title: str
    unit: PartUnit
    columns: Mapping[str, str]
    description: str
    absent: Literal[0] | None = None
    not_over: tuple[str, ...] = ()

    @property
    def grains(self) -> tuple[str, ...]:
        """The dimensions and periods it can be asked by: those that all of its facts have."""
        facts = [FACTS[name] for name in self.columns]
        return tuple(grain for grain in facts[0].grains if all(grain in fact.grains for fact in facts))


_PARTS = (
    Part("spend_minor", "Spend", "minor", {"ads": "reporting_spend_micros"}, "What the ads cost.", 0),
    Part("impressions", "Impressions", "count", {"ads": "impressions"}, "Times an ad was shown."),
    Part("clicks", "Clicks", "count", {"ads": "clicks"}, "Clicks on ads."),
    Part(
        "claimed_conversions",
        "Claimed conversions",
        "count",
        {"ads": "claimed_conversions", "mail_claims": "claimed_orders"},
        "Conversions a platform claims for itself. Several platforms claim the same order, and windows"
        " differ: never added over channels or windows.",
        not_over=("channel", "claim_window"),
    ),
    Part(
        "claimed_value_minor",
        "Claimed value",
        "minor",
        {"ads": "reporting_claimed_value_micros", "mail_claims": "reporting_claimed_value_micros"},
        "Value of the claimed conversions; never added over channels or windows.",
        not_over=("channel", "claim_window"),
    ),
    Part("orders", "Orders", "count", {"orders": "1"}, "Real orders, each credited once.", 0),
    Part(
        "new_customers",
        "New customers",
        "count",
        {"orders": "is_new_customer::integer"},
        "First orders of a customer.",
        0,
    ),
    Part(
        "revenue_minor",
        "Revenue",
        "minor",
        {"orders": "reporting_revenue_micros"},
        "What customers paid, with tax and shipping, less refunds.",
        0,
    ),
    Part(
        "margin_minor",
        "Margin",
        "minor",
        {"orders": "reporting_margin_micros"},
        "Net sales less the cost of the goods; before spend.",
        0,
    ),
    Part(
        "net_sales_minor",
        "Net sales",
        "minor",
        {"orders": "reporting_net_sales_micros"},
        "Goods sold, without tax, shipping and returns: the base of the margin.",
        0,
    ),
    Part(
        "gross_minor",
        "Gross sales",
        "minor",
        {"orders": "reporting_gross_micros"},
        "What customers paid at checkout, with tax and shipping, before refunds.",
        0,
    ),
    Part(
        "refunded_minor",
        "Refunded",
        "minor",
        {"orders": "reporting_refunded_micros"},
        "What was paid back, booked on the day of the order.",
        0,
    ),
    Part(
        "discount_minor",
        "Discounts",
        "minor",
        {"orders": "reporting_discount_micros"},
        "Discounts given at checkout.",
        0,
    ),
    Part(
        "sent", "Mails sent", "count", {"mails": "sent"}, "Mails handed over, booked on the day of sending."
    ),
    Part("hard_bounces", "Hard bounces", "count", {"mails": "hard_bounces"}, "Addresses that do not exist."),
    Part("soft_bounces", "Soft bounces", "count", {"mails": "soft_bounces"}, "Mailboxes full or away."),
    Part(
        "opens",
        "Opens",
        "count",
        {"mails": "opens"},
        "All opens of a mail, those of machines included.",
    ),
    Part(
        "unique_opens",
        "Recipients who opened",
        "count",
        {"mails": "unique_opens"},
        "Recipients of a mail who opened it, machines included; the same person counts once a mail.",
    ),
    Part(
        "unique_clicks",
        "Recipients who clicked",
        "count",
        {"mails": "unique_clicks"},
        "Recipients of a mail who clicked in it; the same person counts once a mail.",
    ),
    Part("mail_clicks", "Mail clicks", "count", {"mails": "clicks"}, "All clicks in mails."),
    Part("unsubscribes", "Unsubscribes", "count", {"mails": "unsubscribes"}, "Recipients who left the list."),
    Part(
        "complaints",
        "Complaints",
        "count",
        {"mails": "complaints"},
        "Recipients who reported the mail as spam.",
    ),
    Part("views", "Views", "count", {"pages": "views"}, "Views of an account's content."),
    Part(
        "engaged_views", "Engaged views", "count", {"pages": "engaged_views"}, "Views long enough to count."
    ),
    Part(
        "engagements", "Engagements", "count", {"pages": "engagements"}, "Likes, comments, shares and saves."
    ),
    Part("follows", "New followers", "count", {"pages": "follows"}, "People who began to follow."),
    Part("unfollows", "Lost followers", "count", {"pages": "unfollows"}, "People who stopped following."),
    Part("profile_views", "Profile views", "count", {"pages": "profile_views"}, "Views of the profile."),
    Part("watch_seconds", "Watch time", "seconds", {"pages": "watch_seconds"}, "Seconds watched."),
    Part(
        "followers",
        "Followers",
        "count",
        {"pages": "followers"},
        "Followers at the end of a day: a state, not added over days.",
        not_over=("day",),
    ),
    Part(
        "reach",
        "Reach",
        "count",
        {"pages": "reach"},
        "People reached by an account on a day; the same person is reached on two days and by two"
        " accounts, so it is added over neither.",
        not_over=("day", "channel", "account"),
    ),
    Part("post_views", "Views of posts", "count", {"posts": "views"}, "Views of single posts."),
    Part("post_clicks", "Clicks on posts", "count", {"posts": "clicks"}, "Clicks on single posts."),
    Part("post_likes", "Likes", "count", {"posts": "likes"}, "Likes of single posts."),
    Part("post_comments", "Comments", "count", {"posts": "comments"}, "Comments on single posts."),
    Part("post_shares", "Shares", "count", {"posts": "shares"}, "Shares of single posts."),
    Part("post_saves", "Saves", "count", {"posts": "saves"}, "Saves of single posts."),
    Part(
        "visits",
        "Visits",
        "count",
        {"visits": "visits"},
        "Visits to the site, by the channel they came through.",
    ),
    Part(
        "engaged_visits",
        "Engaged visits",
        "count",
        {"visits": "engaged_visits"},
        "Visits of more than one page or with a purchase.",
    ),
    Part(
        "product_visits",
        "Product visits",
        "count",
        {"visits": "product_visits"},
        "Visits that saw a product.",
    ),
    Part(
        "purchase_visits",
        "Visits that bought",
        "count",
        {"visits": "purchase_visits"},
        "Visits with a purchase.",
    ),
    Part(
        "planned_minor",
        "Planned spend",
        "minor",
        {"plan": "reporting_planned_micros"},
        "What the plan allows for the day: the campaign's budget, else its own trailing average.",
        0,
    ),
    Part(
        "paced_spend_minor",
        "Spend against plan",
        "minor",
        {"plan": "reporting_spend_micros"},
        "Spend of the days and campaigns that have a plan.",
        0,
    ),
)

PARTS: Mapping[str, Part] = MappingProxyType({part.name: part for part in _PARTS})
