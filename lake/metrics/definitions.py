"""Every metric of the product, once: name, title, formula over additive parts, unit, meaning."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from core.errors import BadInput
from lake.metrics.metric import Metric, Scope, Unit, total_of
from lake.metrics.parts import PARTS

__all__ = ["METRICS", "Metric", "Unit", "find_metric"]


def _metric(  # noqa: PLR0917 - a line of the table below
    name: str, title: str, formula: str, unit: Unit, description: str, scope: Scope = "any"
) -> Metric:
    return Metric.read(name, title, formula, unit=unit, description=description, scope=scope)


_METRICS = (
    # What a channel with spend is credited with. Over all channels these are sums over channels with spend.
    _metric(
        "roas",
        "ROAS",
        "revenue_minor / spend_minor",
        "factor",
        "Credited revenue of channels with spend, for each unit of that spend.",
        "paid",
    ),
    _metric(
        "roi",
        "ROI",
        "(margin_minor - spend_minor) / spend_minor",
        "share",
        "Credited margin of channels with spend less that spend, for each unit of it; 0 is break-even."
        " It says who gets the credit, not what the spend adds.",
        "paid",
    ),
    _metric(
        "gain",
        "Gain",
        "(margin_minor - spend_minor)",
        "minor",
        "Credited margin of channels with spend less that spend.",
        "paid",
    ),
    _metric(
        "cac",
        "CAC",
        "spend_minor / new_customers",
        "minor",
        "Spend for each new customer credited to a channel with spend.",
        "paid",
    ),
    _metric(
        "cpa",
        "Cost per order",
        "spend_minor / orders",
        "minor",
        "Spend for each order credited to a channel with spend.",
        "paid",
    ),
    # Of the whole workspace, whoever gets the credit: orders that no ad brought are in it.
    _metric(
        "mer",
        "MER (blended ROAS)",
        "revenue_minor / spend_minor",
        "factor",
        "All revenue for each unit of all spend, orders that no ad brought included.",
        "whole",
    ),
    _metric(
        "blended_roi",
        "Blended ROI",
        "(margin_minor - spend_minor) / spend_minor",
        "share",
        "All margin less all spend, for each unit of spend, orders that no ad brought included; at 0 the"
        " shop's margin just pays for its marketing.",
        "whole",
    ),
    _metric(
        "blended_gain",
        "Blended gain",
        "(margin_minor - spend_minor)",
        "minor",
        "All margin less all spend, orders that no ad brought included.",
        "whole",
    ),
    _metric(
        "blended_cac",
        "Blended CAC",
        "spend_minor / new_customers",
        "minor",
        "All spend for each new customer, those that no ad brought included.",
        "whole",
    ),
    _metric(
        "spend_ratio",
        "Blended spend by revenue",
        "spend_minor / revenue_minor",
        "share",
        "All spend for each unit of all revenue: 1 / MER.",
        "whole",
    ),
    # How ads are seen and clicked.
    _metric("ctr", "CTR", "clicks / impressions", "share", "Clicks for each time an ad was shown."),
    _metric("cpc", "CPC", "spend_minor / clicks", "minor", "Spend for each click."),
    _metric("cpm", "CPM", "1000 * spend_minor / impressions", "minor", "Spend for a thousand times shown."),
    _metric(
        "cvr",
        "CVR",
        "orders / clicks",
        "share",
        "Orders credited to a channel with spend, for each click on its ads.",
        "paid",
    ),
    # What platforms say of themselves.
    _metric(
        "over_claim_ratio",
        "Over-claim",
        "claimed_conversions / orders",
        "factor",
        "Conversions a platform claims for each order it is credited with; above 1 it claims too much.",
    ),
    _metric(
        "claimed_roas",
        "Claimed ROAS",
        "claimed_value_minor / spend_minor",
        "factor",
        "Value a platform claims for each unit of its spend, within its own window.",
    ),
    _metric(
        "claimed_cpa",
        "Claimed cost per conversion",
        "spend_minor / claimed_conversions",
        "minor",
        "Spend for each conversion the platform claims.",
    ),
    _metric(
        "claimed_cvr",
        "Claimed CVR",
        "claimed_conversions / clicks",
        "share",
        "Conversions the platform claims for each click on its ads.",
    ),
    # The shop.
    _metric(
        "aov",
        "AOV",
        "revenue_minor / orders",
        "minor",
        "Revenue of an average order: with tax and shipping, refunds taken off.",
    ),
    _metric(
        "margin_rate",
        "Margin rate",
        "margin_minor / net_sales_minor",
        "share",
        "Margin of each unit of net sales, before spend: both are goods without tax, shipping and returns.",
    ),
    _metric(
        "refund_rate",
        "Refund rate",
        "refunded_minor / gross_minor",
        "share",
        "Money paid back of each unit paid at checkout.",
    ),
    _metric(
        "discount_rate",
        "Discount rate",
        "discount_minor / (gross_minor + discount_minor)",
        "share",
        "Discount of each unit the orders would have cost.",
    ),
    _metric(
        "new_customer_share",
        "Share of new customers",
        "new_customers / orders",
        "share",
        "First orders of a customer for each order.",
    ),
    _metric(
        "returning_order_share",
        "Share of returning orders",
        "(orders - new_customers) / orders",
        "share",
        "Orders of customers who had ordered before, for each order.",
    ),
    # The site.
    _metric(
        "visit_conversion_rate",
        "Visit conversion",
        "purchase_visits / visits",
        "share",
        "Visits with a purchase for each visit.",
    ),
    _metric(
        "visit_engagement_rate",
        "Engaged visits",
        "engaged_visits / visits",
        "share",
        "Visits of more than one page or with a purchase, for each visit.",
    ),
    _metric(
        "product_view_rate",
        "Product view rate",
        "product_visits / visits",
        "share",
        "Visits that saw a product for each visit.",
    ),
    _metric(
        "cost_per_visit",
        "Cost per visit",
        "spend_minor / visits",
        "minor",
        "Spend for each visit that came through a channel with spend.",
        "paid",
    ),
    # Mail.
    _metric(
        "delivery_rate",
        "Delivery rate",
        "(sent - hard_bounces - soft_bounces) / sent",
        "share",
        "Mails that did not bounce for each mail sent.",
    ),
    _metric(
        "open_rate",
        "Open rate",
        "unique_opens / (sent - hard_bounces - soft_bounces)",
        "share",
        "People who opened for each mail delivered; machines that open by themselves are included.",
    ),
    _metric(
        "click_rate",
        "Click rate",
        "unique_clicks / (sent - hard_bounces - soft_bounces)",
        "share",
        "People who clicked for each mail delivered.",
    ),
    _metric(
        "click_to_open_rate",
        "Click-to-open rate",
        "unique_clicks / unique_opens",
        "share",
        "People who clicked for each who opened.",
    ),
    _metric(
        "bounce_rate",
        "Bounce rate",
        "(hard_bounces + soft_bounces) / sent",
        "share",
        "Mails that came back for each mail sent.",
    ),
    _metric(
        "hard_bounce_rate",
        "Hard bounce rate",
        "hard_bounces / sent",
        "share",
        "Dead addresses for each mail sent.",
    ),
    _metric(
        "soft_bounce_rate",
        "Soft bounce rate",
        "soft_bounces / sent",
        "share",
        "Full or absent mailboxes for each mail sent.",
    ),
    _metric(
        "unsubscribe_rate",
        "Unsubscribe rate",
        "unsubscribes / (sent - hard_bounces - soft_bounces)",
        "share",
        "People who left for each mail delivered.",
    ),
    _metric(
        "complaint_rate",
        "Complaint rate",
        "complaints / (sent - hard_bounces - soft_bounces)",
        "share",
        "People who reported spam for each mail delivered; mailbox providers ask for less than 0.1 %.",
    ),
    _metric(
        "opens_per_opener",
        "Opens per opener",
        "opens / unique_opens",
        "factor",
        "Opens for each person who opened; machines that fetch every mail raise it.",
    ),
    # Content.
    _metric(
        "engagement_rate",
        "Engagement rate",
        "engagements / views",
        "share",
        "Likes, comments, shares and saves for each view.",
    ),
    _metric(
        "engagement_rate_by_reach",
        "Engagement by reach",
        "engagements / reach",
        "share",
        "Likes, comments, shares and saves for each person reached; for one account and day only.",
    ),
    _metric(
        "view_through_rate",
        "View-through rate",
        "engaged_views / views",
        "share",
        "Views long enough to count as engaged, for each view.",
    ),
    _metric(
        "watch_seconds_per_view",
        "Watch time per view",
        "watch_seconds / views",
        "seconds",
        "Seconds watched for each view.",
    ),
    _metric(
        "net_follows", "Net followers", "(follows - unfollows)", "count", "Followers won less followers lost."
    ),
    _metric(
        "post_engagement_rate",
        "Post engagement rate",
        "(post_likes + post_comments + post_shares + post_saves) / post_views",
        "share",
        "Likes, comments, shares and saves of single posts for each view of them.",
    ),
    _metric(
        "post_click_rate",
        "Post click rate",
        "post_clicks / post_views",
        "share",
        "Clicks on single posts for each view of them.",
    ),
    # The plan.
    _metric(
        "spend_pacing",
        "Spend pacing",
        "paced_spend_minor / planned_minor",
        "factor",
        "Spend for each unit planned so far; 1 is on plan, above 1 is over.",
    ),
)

METRICS: Mapping[str, Metric] = MappingProxyType({metric.name: metric for metric in _METRICS})
# Names that alerts, goals and dashboards may have been saved with.
RENAMED: Mapping[str, str] = MappingProxyType({"repeat_rate": "returning_order_share"})


def find_metric(name: str) -> Metric:
    """Return the metric of that name; a part's name gives its plain sum.

    Raises:
        BadInput: no metric and no part is called so.
    """
    name = RENAMED.get(name, name)
    if name in METRICS:
        return METRICS[name]
    if name in PARTS:
        return total_of(name)
    raise BadInput(f"There is no metric {name!r}; the metrics are {', '.join(METRICS)}.")
