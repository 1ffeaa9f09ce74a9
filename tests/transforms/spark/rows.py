"""Visits, purchases and orders by hand, put straight into a lake's silver tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from lake.delta import Lake
from lake.schemas import SILVER

OURS = "00000000-0000-4000-8000-000000000001"
THEIRS = "00000000-0000-4000-8000-000000000002"
NOON = datetime(2026, 8, 31, 12, tzinfo=UTC)
Row = Mapping[str, Any]

META = {"utm_source": "facebook", "utm_medium": "paid_social", "utm_campaign": "c1", "utm_content": "a1"}
GOOGLE = {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "c2", "utm_content": "a2"}
SEARCH = {"referrer_host": "www.google.com"}
MAIL = {"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "c3"}
NOWHERE: dict[str, str] = {}


def before(days: float = 0, *, seconds: float = 0) -> datetime:
    """The instant so long before noon of the last day."""
    return NOON - timedelta(days=days, seconds=seconds)


def visit(event: str, browser: str, at: datetime, origin: Row, **more: Any) -> Row:
    return {
        "event_id": event,
        "kind": "page_view",
        "occurred_at": at,
        "anonymous_id": browser,
        **origin,
        **more,
    }


def purchase(event: str, browser: str, at: datetime, order: str, **more: Any) -> Row:
    return visit(event, browser, at, NOWHERE, kind="purchase", order_id=order, **more)


def order(number: str, at: datetime, **more: Any) -> Row:
    money = {"currency": "EUR", "total_micros": 30_000_000, "refunded_micros": 0}
    flags = {"is_test": False, "is_cancelled": False}
    return {"order_id": number, "ordered_at": at, "updated_at": at, **money, **flags, **more}


def put(lake: Lake, table: str, rows: Sequence[Row], workspace: str = OURS) -> None:
    """Append silver rows of the site or of a shop."""
    schema = SILVER[table].schema
    owner = {"workspace_id": workspace, "channel": "site" if table == "touch" else "shopify"}
    origin = {"account_id": "1", "stream": "events", "record_key": "", "load_id": "1", "loaded_at": NOON}
    whole = []
    for row in rows:
        day = _day(row)
        month = {"day_on": day, "month": day.strftime("%Y-%m")}
        whole.append({**dict.fromkeys(schema), **owner, **origin, **month, **row})
    lake.append("silver", table, pl.DataFrame(whole, schema=dict(schema)))


def _day(row: Row) -> date:
    at = row.get("occurred_at") or row["ordered_at"]
    return at.date()
