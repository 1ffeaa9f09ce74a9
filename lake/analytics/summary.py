"""The summary of a finished loop: every channel and the totals, as plain JSON values."""

from __future__ import annotations

from typing import Any

import psycopg

from core.time import Days
from lake.analytics.figures import add_up, read_channels
from lake.analytics.period import all_days, reporting_currency

CHANNEL = (
    "channel currency spend_minor claimed_conversions claimed_value_minor revenue_minor roas roi".split()
)
TOTALS = "currency spend_minor revenue_minor margin_minor orders roas roi".split()


def summarise(link: psycopg.Connection, days: Days | None = None) -> dict[str, Any]:
    """Return `{"days": n, "channels": [...], "totals": {...}}`, by default over all days with numbers.

    A channel has spend or credited orders or both; revenue is real orders credited by last
    non-direct touch, claims stand beside it (0 where a platform claims nothing). `roas` and `roi`
    are null without spend. Amounts are minor units.
    """
    days = days or all_days(link)
    channels = read_channels(link, days) if days else []
    shown = [c.model_dump() for c in channels if c.spend_minor or c.orders or c.claimed_conversions]
    for channel in shown:
        channel["claimed_conversions"] = round(channel["claimed_conversions"] or 0.0, 6)
        channel["claimed_value_minor"] = channel["claimed_value_minor"] or 0
    totals = add_up(channels, reporting_currency(link)).model_dump()
    return {
        "days": len(days) if days else 0,
        "channels": [{name: channel[name] for name in CHANNEL} for channel in shown],
        "totals": {name: totals[name] for name in TOTALS},
    }
