"""The shared verbs of advertising that read: one declaration, answered by each ad channel."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import polars as pl
from pydantic import BaseModel, Field

from core.context import Context
from core.operation import operation
from core.time import Days

FirstDay = Annotated[date, Field(description="First day, in the account's own time zone.")]
LastDay = Annotated[date, Field(description="Last day, in; in the account's own time zone.")]
Network = Annotated[
    str | None, Field(description="Only this network of the vendor, such as facebook, instagram or SEARCH.")
]


class AdPerformance(BaseModel):
    """What one ad did on one day on one network, and what the platform claims it sold."""

    day_on: date
    campaign_id: str
    campaign_name: str | None
    ad_set_id: str
    ad_set_name: str | None
    ad_id: str
    ad_name: str | None
    network: str
    currency: str
    impressions: int
    clicks: int
    spend_micros: int
    claimed_conversions: float | None
    claimed_value_micros: int | None
    claim_window: str | None
    claim_model: str | None
    claim_action: str | None


def read_rows(ad_daily: pl.DataFrame) -> list[AdPerformance]:
    """Return the rows of an `ad_daily` frame as models, in order of day, campaign, ad set and ad."""
    order = ["day_on", "campaign_id", "ad_set_id", "ad_id", "network"]
    return [AdPerformance.model_validate(row) for row in ad_daily.sort(order).to_dicts()]


@operation("ads.getPerformance", effect="read")
def get_performance(
    ctx: Context,
    *,
    channel: str,
    account_id: str,
    first_on: FirstDay,
    last_on: LastDay,
    network: Network = None,
) -> list[AdPerformance]:
    """Return what each ad did on each day, read live from the vendor.

    Spend and claimed value are in micros of the account's currency. For more than a few weeks use
    ads.generateReport; for history already loaded use analytics.getPlatformMetrics.

    Raises:
        Unsupported: the channel sells no ads.
        AuthExpired, RateLimited, VendorDown: as the vendor says.
    """
    return _ask(ctx, "ads.getPerformance", channel, account_id, Days(first_on, last_on), network)


@operation("ads.generateReport", effect="read")
def generate_report(
    ctx: Context,
    *,
    channel: str,
    account_id: str,
    first_on: FirstDay,
    last_on: LastDay,
    network: Network = None,
) -> list[AdPerformance]:
    """Return the rows of ads.getPerformance for a long range, made by the vendor's report queue.

    Waits until the vendor has finished, which may take minutes.

    Raises:
        Unsupported: the channel sells no ads.
        AuthExpired, RateLimited, VendorDown: as the vendor says.
    """
    return _ask(ctx, "ads.generateReport", channel, account_id, Days(first_on, last_on), network)


def _ask(ctx: Context, verb: str, channel: str, *asked: Any) -> list[AdPerformance]:
    connection = ctx.service("connect")(channel)
    answer: Any = connection.channel.handler(verb)
    rows: list[AdPerformance] = answer(connection, *asked)
    return rows
