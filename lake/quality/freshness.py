"""How long ago the streams that feed a table were last loaded, and whether that is too long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from lake.quality.due import Fed
from lake.quality.result import Result

# Loads are hourly; one a day is the least that day's decisions can stand on.
OLDEST = timedelta(hours=26)


def judge_freshness(table: str, feeds: Sequence[Fed], now: datetime, oldest: timedelta = OLDEST) -> Result:
    """Return whether every stream that feeds the table was loaded without error lately."""
    feeds = [fed for fed in feeds if not fed.is_by_hand]
    late = late_feeds(feeds, now, oldest)
    seen = f"the oldest {_age(feeds[0], now)} ago" if feeds else "all of it was imported by hand"
    hours = round(oldest.total_seconds() / 3600)
    return Result(
        "silver",
        table,
        "fresh",
        "loaded_at",
        "warning",
        not late,
        f"every stream was loaded in the last {hours} hours",
        "; ".join(_late(fed, now) for fed in late[:5]) or seen,
        failing=len(late),
        rows=len(feeds),
        kind="freshness",
    )


def late_feeds(feeds: Sequence[Fed], now: datetime, oldest: timedelta = OLDEST) -> list[Fed]:
    """Return the streams that were not loaded without error lately; imports by hand never are."""
    return [fed for fed in feeds if not fed.is_by_hand and (fed.at is None or now - fed.at > oldest)]


def _late(fed: Fed, now: datetime) -> str:
    return f"{fed.channel} {fed.stream} of {fed.account_id} {_age(fed, now)} ago"


def _age(fed: Fed, now: datetime) -> str:
    return "never" if fed.at is None else f"{(now - fed.at).total_seconds() / 3600:,.0f} hours"
