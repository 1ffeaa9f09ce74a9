"""Where orders tell nothing of a level, so that its credit is unknown and not 0."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import psycopg

from core.time import Days
from lake.metrics.facts import LEVELS

Names = frozenset[tuple[str, str]]
ADS = """
    WITH ads AS (
        SELECT DISTINCT channel, campaign_id, ad_set_id, ad_id FROM marts.fct_ad_daily WHERE ad_id <> ''
    )
    SELECT DISTINCT ads.channel, ads.{level} FROM ads JOIN (
        SELECT credited_channel AS channel, credited_campaign_id AS campaign_id
        FROM marts.fct_orders
        WHERE day_on BETWEEN %(first)s AND %(last)s AND credited_campaign_id IS NOT NULL
        GROUP BY 1, 2 HAVING NOT coalesce(bool_or(
            (credited_channel, credited_content) IN (SELECT channel, ad_id FROM ads)
        ), false)
    ) AS unnamed USING (channel, campaign_id)
"""
# Ads of a campaign with credited orders of which none names an ad of the channel; campaigns of a channel with
# credited orders of which none names a campaign: nobody knows which of them brought the orders.
UNCREDITED: Mapping[str, str] = MappingProxyType(
    {
        "ad": ADS.format(level="ad_id"),
        "ad_set": ADS.format(level="ad_set_id"),
        "campaign": """
            SELECT channel, campaign_id FROM marts.dim_campaign JOIN (
                SELECT credited_channel AS channel FROM marts.fct_orders
                WHERE day_on BETWEEN %(first)s AND %(last)s
                GROUP BY 1 HAVING count(credited_campaign_id) = 0
            ) AS unnamed USING (channel) WHERE campaign_id <> ''
        """,
    }
)


def find_uncredited(link: psycopg.Connection, days: Days, level: str) -> Names:
    """Return (channel, id) of the campaigns or ads that no order of these days can be credited to."""
    if level not in UNCREDITED:
        return frozenset()
    rows = link.execute(UNCREDITED[level].encode(), {"first": days.first, "last": days.last}).fetchall()
    return frozenset((channel, name) for channel, name in rows)


def is_known(by: Mapping[str, object], uncredited: Mapping[str, Names]) -> bool:
    """Whether orders tell of themselves that they belong to this campaign or ad, and not to a remainder.

    `uncredited` has the answer of `find_uncredited` for the levels among `by`.
    """
    for level in LEVELS:
        if level not in by:
            continue
        if by[level] in (None, "") or (by.get("channel"), by[level]) in uncredited.get(level, ()):
            return False
    return True
