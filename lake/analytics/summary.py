"""The summary of a finished loop: every channel and the totals, as plain JSON values."""

from __future__ import annotations

from typing import Any

import psycopg

from core.time import Days
from lake.analytics.figures import no_totals, read_figures
from lake.analytics.period import all_days, reporting_currency
from lake.metrics.models import DEFAULT_MODEL

CHANNEL = (
    "channel currency spend_minor claimed_conversions claimed_value_minor revenue_minor roas roi".split()
)
TOTALS = "currency spend_minor revenue_minor margin_minor orders mer blended_roi roas roi".split()


def summarise(link: psycopg.Connection, days: Days | None = None) -> dict[str, Any]:
    """Return `{"days": n, "channels": [...], "totals": {...}}`, by default over all days with numbers.

    A channel has spend or credited orders or both; revenue is real orders credited by the `model`
    named in the totals, claims stand beside it (0 where a platform claims nothing). In the totals `mer`
    and `blended_roi` hold all orders, `roas` and `roi` those credited to channels with spend. Ratios are
    null without spend. Amounts are minor units.
    """
    days = days or all_days(link)
    currency = reporting_currency(link)
    figures = read_figures(link, days) if days else None
    channels = figures.channels if figures else []
    shown = [c.model_dump() for c in channels if c.spend_minor or c.orders or c.claimed_conversions]
    for channel in shown:
        channel["claimed_conversions"] = round(channel["claimed_conversions"] or 0.0, 6)
        channel["claimed_value_minor"] = channel["claimed_value_minor"] or 0
    totals = (figures.totals if figures else no_totals(currency)).model_dump()
    return {
        "days": len(days) if days else 0,
        "channels": [{name: channel[name] for name in CHANNEL} for channel in shown],
        "totals": {**{name: totals[name] for name in TOTALS}, "model": DEFAULT_MODEL},
    }
