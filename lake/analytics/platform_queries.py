"""The queries behind a platform's figures: one per level, all with the same shape of parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

# Parameters of each: channel, first, last, parent (or null), limit, skip. `total` counts all rows, and the
# orders and revenue of all of them are `listed`. The empty id has spend only: no order tells of it.
EARNED = """
    SELECT {key} AS id, o.reporting_currency AS currency, count(*) AS orders,
        sum(o.reporting_revenue_micros)::bigint AS revenue_micros,
        sum(o.reporting_margin_micros)::bigint AS margin_micros
    FROM marts.fct_orders AS o {join}
    WHERE o.credited_channel = %(channel)s AND o.day_on BETWEEN %(first)s AND %(last)s AND {key} <> ''
    GROUP BY 1, 2
"""
# What the rows of a level should add up to: the orders of the channel, or of the campaign looked into.
CREDITED = """
    SELECT count(*) AS orders, coalesce(sum(reporting_revenue_micros), 0)::bigint AS revenue_micros
    FROM marts.fct_orders
    WHERE credited_channel = %(channel)s AND day_on BETWEEN %(first)s AND %(last)s
        AND reporting_currency = %(currency)s
        AND (%(parent)s::text IS NULL OR credited_campaign_id = %(parent)s)
"""
IS_CAMPAIGN = """
    SELECT EXISTS (
        SELECT FROM marts.dim_campaign WHERE channel = %(channel)s AND campaign_id = %(parent)s
    ) AS is_campaign
"""
LISTED = """count(*) OVER () AS total, coalesce(sum(orders) OVER (), 0)::bigint AS listed_orders,
        coalesce(sum(revenue_micros) OVER (), 0)::bigint AS listed_revenue_micros"""
ADS = """
    WITH spent AS (
        SELECT {key} AS id, reporting_currency AS currency, min(account_id) AS account_id,
            (array_agg({name} ORDER BY day_on DESC))[1] AS name, (array_agg({parent} ORDER BY day_on DESC))[1]
            AS parent_id, (array_agg(campaign_name ORDER BY day_on DESC))[1] AS campaign_name,
            currency AS own_currency, sum(spend_micros)::bigint AS own_spend_micros,
            sum(reporting_spend_micros)::bigint AS spend_micros, sum(impressions)::bigint AS impressions,
            sum(clicks)::bigint AS clicks,
            sum(claimed_conversions::numeric)::double precision AS claimed_conversions,  -- exact in any order
            CASE WHEN count(DISTINCT claim_window) > 1 THEN 'mixed' ELSE min(claim_window) END
            AS claim_window, sum(reporting_claimed_value_micros)::bigint AS claimed_value_micros
        FROM marts.fct_ad_daily
        WHERE channel = %(channel)s AND day_on BETWEEN %(first)s AND %(last)s
            AND (%(parent)s::text IS NULL OR %(parent)s IN ({parents}))
        -- What the vendor does not split stands by campaign, not in one heap.
        GROUP BY {key}, CASE WHEN {key} = '' THEN campaign_id END,
            fct_ad_daily.reporting_currency, fct_ad_daily.currency
    ), earned AS ({earned})
    SELECT *, {listed} FROM spent {side} JOIN earned USING (id, currency)
    ORDER BY spend_micros DESC NULLS LAST, revenue_micros DESC NULLS LAST, id LIMIT %(limit)s OFFSET %(skip)s
"""
BY_AD_SET = """
    JOIN (
        SELECT ad_id, max(ad_set_id) AS ad_set_id FROM marts.fct_ad_daily
        WHERE channel = %(channel)s AND ad_id <> '' GROUP BY ad_id
    ) AS ads ON ads.ad_id = o.credited_content
"""
BY_ACCOUNT = """
    LEFT JOIN (
        SELECT channel, campaign_id, min(account_id) AS account_id FROM marts.dim_campaign GROUP BY 1, 2
    ) AS c ON c.channel = o.credited_channel AND c.campaign_id = o.credited_campaign_id
    LEFT JOIN (SELECT channel, min(account_id) AS account_id FROM marts.dim_account GROUP BY 1
        HAVING count(*) = 1) AS only_one ON only_one.channel = o.credited_channel
"""
ACCOUNT_KEY = "coalesce(c.account_id, only_one.account_id, '')"
PAGE = "LIMIT %(limit)s OFFSET %(skip)s"
ORGANIC_ACCOUNTS = f"""
    WITH seen AS (
        SELECT account_id AS id, min(account_id) AS account_id, sum(views)::bigint AS views,
            sum(engagements)::bigint AS engagements, sum(follows)::bigint AS follows,
            (array_agg(followers ORDER BY day_on DESC) FILTER (WHERE followers IS NOT NULL))[1] AS followers
        FROM marts.fct_account_daily
        WHERE channel = %(channel)s AND day_on BETWEEN %(first)s AND %(last)s GROUP BY account_id
    ), earned AS ({EARNED.format(key=ACCOUNT_KEY, join=BY_ACCOUNT)})
    SELECT *, {LISTED} FROM seen LEFT JOIN earned USING (id) ORDER BY id {PAGE}
"""
MAIL_ACCOUNTS = f"""
    WITH seen AS (
        SELECT account_id AS id, min(account_id) AS account_id, sum(sent)::bigint AS sent,
            sum(unique_opens)::bigint AS unique_opens, sum(recipient_clicks)::bigint AS unique_clicks,
            sum(hard_bounces)::bigint AS hard_bounces, sum(soft_bounces)::bigint AS soft_bounces,
            sum(unsubscribes)::bigint AS unsubscribes
        FROM marts.fct_email_daily
        WHERE channel = %(channel)s AND day_on BETWEEN %(first)s AND %(last)s GROUP BY account_id
    ), earned AS ({EARNED.format(key=ACCOUNT_KEY, join=BY_ACCOUNT)})
    SELECT *, {LISTED} FROM seen LEFT JOIN earned USING (id) ORDER BY id {PAGE}
"""
POSTS = f"""
    WITH seen AS (
        SELECT p.post_id AS id, p.account_id, p.account_id AS parent_id, coalesce(p.title, p.url, p.post_id)
            AS name, p.kind, p.url, p.published_at, p.views AS lifetime_views, d.*
        FROM marts.fct_post AS p LEFT JOIN LATERAL (
            SELECT sum(views)::bigint AS views, sum(clicks)::bigint AS clicks,
                sum(watch_seconds)::bigint AS watch_seconds,
                sum(coalesce(likes, 0) + coalesce(comments, 0) + coalesce(shares, 0) + coalesce(saves, 0))
                    FILTER (WHERE num_nonnulls(likes, comments, shares, saves) > 0)::bigint AS engagements
            FROM marts.fct_post_daily AS f
            WHERE f.channel = p.channel AND f.account_id = p.account_id AND f.post_id = p.post_id
                AND f.day_on BETWEEN %(first)s AND %(last)s
        ) AS d ON true
        WHERE p.channel = %(channel)s AND (%(parent)s::text IS NULL OR p.account_id = %(parent)s)
            AND (d.views IS NOT NULL OR p.published_at::date BETWEEN %(first)s AND %(last)s)
    ), earned AS ({EARNED.format(key="o.credited_content", join="")})
    SELECT *, {LISTED} FROM seen LEFT JOIN earned USING (id)
    ORDER BY views DESC NULLS LAST, lifetime_views DESC NULLS LAST, published_at DESC, id {PAGE}
"""
MAILS = f"""
    WITH seen AS (
        SELECT mail_id AS id, account_id, list_id AS parent_id, coalesce(title, subject, mail_id) AS name,
            sent_at AS published_at, sent, unique_opens, unique_clicks, clicks, hard_bounces, soft_bounces,
            unsubscribes, claimed_orders::double precision AS claimed_conversions,
            reporting_claimed_value_micros AS claimed_value_micros
        FROM marts.fct_email_campaign
        WHERE channel = %(channel)s AND sent_on BETWEEN %(first)s AND %(last)s
            AND (%(parent)s::text IS NULL OR %(parent)s IN (list_id, account_id))
    ), earned AS ({EARNED.format(key="o.credited_campaign_id", join="")})
    SELECT *, {LISTED} FROM seen LEFT JOIN earned USING (id)
    ORDER BY published_at DESC NULLS LAST, id {PAGE}
"""


@dataclass(frozen=True, slots=True)
class AdLevel:
    """A level of the ad hierarchy: its id, name, parent, accepted parents, and how orders name it."""

    key: str
    name: str
    parent: str
    parents: str
    earned: str
    earned_join: str = ""

    def query(self, *, is_whole: bool) -> str:
        """Return the query; the whole level also lists what was earned without any spend."""
        earned = EARNED.format(key=self.earned, join=self.earned_join)
        return ADS.format(
            key=self.key,
            name=self.name,
            parent=self.parent,
            parents=self.parents,
            earned=earned,
            listed=LISTED,
            side="FULL" if is_whole else "LEFT",
        )


AD_LEVELS: Mapping[str, AdLevel] = MappingProxyType(
    {
        "account": AdLevel("account_id", "NULL::text", "NULL::text", "account_id", ACCOUNT_KEY, BY_ACCOUNT),
        "campaign": AdLevel(
            "campaign_id", "campaign_name", "account_id", "account_id", "coalesce(o.credited_campaign_id, '')"
        ),
        "ad_set": AdLevel(
            "ad_set_id", "ad_set_name", "campaign_id", "campaign_id, account_id", "ads.ad_set_id", BY_AD_SET
        ),
        "ad": AdLevel(
            "ad_id",
            "ad_name",
            "ad_set_id",
            "ad_set_id, campaign_id, account_id",
            "ads.ad_id",
            BY_AD_SET,
        ),
    }
)
