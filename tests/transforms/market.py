"""A small market by hand: silver rows put straight into the published lake, with sums easy to check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from core.settings import Settings
from lake.published import ensure_tables
from lake.schemas import SILVER
from lake.warehouse import Warehouse

OURS = "00000000-0000-4000-8000-000000000001"
THEIRS = "00000000-0000-4000-8000-000000000002"
FIRST, LAST = date(2026, 7, 1), date(2026, 8, 31)
LOADED_AT = datetime(2026, 9, 1, tzinfo=UTC)
EMPTY = {pl.String: "", pl.Int64: 0, pl.Boolean: False, pl.Date: FIRST, pl.Datetime: LOADED_AT}
Row = Mapping[str, Any]


@contextmanager
def open_warehouse(home: Path) -> Iterator[Warehouse]:
    """Yield an embedded warehouse with empty lake tables."""
    with Warehouse.open(Settings(home=home)) as warehouse:
        with warehouse.publishing(OURS) as link:
            ensure_tables(link)
        yield warehouse


def put(warehouse: Warehouse, table: str, rows: Sequence[Row], workspace: str = OURS) -> None:
    """Append silver rows; a required column left out gets an empty value of its type."""
    columns = SILVER[table].schema
    defaults = {n: EMPTY[type(columns[n])] for n in SILVER[table].required} | {
        "workspace_id": workspace,
        "stream": "fixture",
        "record_key": "",
        "load_id": "1",
        "loaded_at": LOADED_AT,
    }
    with warehouse.publishing(workspace) as link:
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        target = sql.Identifier("lake", table)
        # A table with row-level security takes no COPY: rows come in beside it and move over.
        with link.transaction():
            link.execute(sql.SQL("CREATE TEMP TABLE stage (LIKE {}) ON COMMIT DROP").format(target))
            with link.cursor().copy(sql.SQL("COPY stage ({}) FROM STDIN").format(names)) as out:
                for row in rows:
                    whole = {**defaults, **row}
                    if SILVER[table].day:
                        whole["month"] = f"{whole[SILVER[table].day]:%Y-%m}"
                    assert set(whole) <= set(columns), set(whole) - set(columns)
                    out.write_row([whole.get(name) for name in columns])
            link.execute(sql.SQL("INSERT INTO {} SELECT * FROM stage").format(target))
            link.execute(sql.SQL("ANALYZE {}").format(target))
        remember(link, workspace)


PARTS = """
    WITH days AS (
        SELECT {keys}, {day} AS day, count(*) AS rows, sum(hashtextextended(t::text, 0)::numeric) AS hash
        FROM {table} AS t WHERE workspace_id = %s GROUP BY {keys}, {day}
    )
    SELECT
        json_build_object({pairs})::text, md5(sum(hash)::text), sum(rows),
        json_object_agg(day, hash::text) FILTER (WHERE day IS NOT NULL)
    FROM days GROUP BY {keys}
"""
REMEMBER = """
    INSERT INTO lake.publication (workspace_id, table_name, partition, fingerprint, rows, days, delta_version)
    VALUES (%s, %s, %s, %s, %s, %s, 0)
"""


def remember(link: psycopg.Connection, workspace: str = OURS) -> None:
    """Record the rows as publishing would: a fingerprint for every partition of every table and its days."""
    link.execute("DELETE FROM lake.publication WHERE workspace_id = %s", [workspace])
    for name, table in SILVER.items():
        keys = table.partition_by[1:]
        pairs = sql.SQL(", ").join(sql.SQL("{}, {}").format(sql.Literal(k), sql.Identifier(k)) for k in keys)
        query = sql.SQL(PARTS).format(
            keys=sql.SQL(", ").join(map(sql.Identifier, keys)),
            pairs=pairs,
            day=sql.Identifier(table.day) if table.day else sql.SQL("NULL::date"),
            table=sql.Identifier("lake", name),
        )
        for partition, fingerprint, rows, days in link.execute(query, [workspace]).fetchall():
            told = Jsonb(days) if days else None
            link.execute(REMEMBER, [workspace, name, partition, fingerprint, rows, told])


def at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def days() -> list[date]:
    return [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]


def ad(channel: str, account: str, day: date, ids: str, **more: Any) -> Row:
    campaign, ad_set, ad_id = ids.split()
    return {
        "channel": channel,
        "account_id": account,
        "day_on": day,
        "campaign_id": campaign,
        "campaign_name": f"Campaign {campaign}",
        "ad_set_id": ad_set,
        "ad_set_name": f"Set {ad_set}",
        "ad_id": ad_id,
        "ad_name": f"Ad {ad_id}",
        "network": "feed",
        "currency": "EUR",
        **more,
    }


def order(number: int, day: date, hour: int = 12, **more: Any) -> Row:
    return {
        "channel": "shopify",
        "account_id": "shop",
        "order_id": str(number),
        "order_name": f"#{number}",
        "customer_id": f"customer {number}",
        "ordered_at": at(day, hour),
        "day_on": day,
        "updated_at": at(day, hour),
        "currency": "EUR",
        "total_micros": 119_000_000,
        "tax_micros": 19_000_000,
        "shipping_micros": 0,
        "refunded_micros": 0,
        "is_test": False,
        "is_cancelled": False,
        **more,
    }


def line(number: int, day: date, **more: Any) -> Row:
    return {
        "channel": "shopify",
        "account_id": "shop",
        "order_id": str(number),
        "line_id": "1",
        "day_on": day,
        "product_id": "p",
        "variant_id": "v",
        "quantity": 1,
        "net_micros": 119_000_000,
        "currency": "EUR",
        **more,
    }


def event(event_id: str, kind: str, instant: datetime, browser: str, **more: Any) -> Row:
    return {
        "channel": "site",
        "account_id": "site",
        "event_id": event_id,
        "kind": kind,
        "occurred_at": instant,
        "day_on": instant.date(),
        "anonymous_id": browser,
        "page_host": "shop.example",
        **more,
    }


def fill(warehouse: Warehouse) -> None:
    """Two months: meta spends 10.00 a day over two ads, google 5.00 of which 1.00 has no ad.

    One order a day of 119.00 (goods 100.00, cost 40.00): odd days through meta's ad m1, even days
    direct, the 31st through a mail. Platforms claim one conversion a day each.
    """
    put(
        warehouse,
        "account",
        [
            {"channel": c, "account_id": a, "name": n, "currency": "EUR", "timezone": "Europe/Berlin"}
            for c, a, n in (
                ("meta_ads", "act_1", "Meta account"),
                ("google_ads", "111", "Google account"),
                ("mailchimp", "mc", "Mail account"),
                ("instagram", "ig", "Profile"),
                ("shopify", "shop", "Shop"),
            )
        ],
    )
    seen = {"impressions": 1000, "clicks": 10, "claim_window": "7d_click", "claim_model": "last"}
    claim = {"claimed_conversions": 1.0, "claimed_value_micros": 119_000_000}
    put(
        warehouse,
        "ad_daily",
        [
            row
            for day in days()
            for row in (
                ad("meta_ads", "act_1", day, "c1 s1 m1", spend_micros=6_004_000, **seen, **claim),
                ad("meta_ads", "act_1", day, "c1 s1 m2", spend_micros=3_996_000, **seen),
                ad("google_ads", "111", day, "g1 gs ga", spend_micros=4_000_000, **seen),
            )
        ],
    )
    total = {"currency": "EUR", "claim_window": "7d_click", "claim_model": "last", **claim}
    put(
        warehouse,
        "spend_daily",
        [
            row
            for day in days()
            for row in (
                {
                    "channel": "meta_ads", "account_id": "act_1", "day_on": day, "impressions": 2000,
                    "clicks": 20, "spend_micros": 10_000_000, **total,
                },
                {
                    "channel": "google_ads", "account_id": "111", "day_on": day, "impressions": 1500,
                    "clicks": 12, "spend_micros": 5_000_000, **total,
                },
            )
        ],
    )  # fmt: skip
    orders, lines, events = [], [], []
    for n, day in enumerate(days(), start=1):
        orders.append(order(n, day))
        lines.append(line(n, day))
        events.append(event(f"buy {n}", "purchase", at(day, 12), f"browser {n}", order_id=str(n)))
        tags = {
            "utm_source": "facebook",
            "utm_medium": "paid_social",
            "utm_campaign": "c1",
            "utm_content": "m1",
        }
        if day.day == 31:
            tags = {"utm_source": "mailchimp", "utm_medium": "email", "utm_content": f"mail {day.month}"}
        if day.day % 2:
            events.append(event(f"visit {n}", "page_view", at(day, 9), f"browser {n}", **tags))
        events.append(event(f"again {n}", "page_view", at(day, 11), f"browser {n}"))
    last = len(orders) + 1
    orders += [
        order(last, LAST, is_test=True),
        order(last + 1, LAST, is_cancelled=True),
        order(last + 2, LAST, customer_id="customer 2", refunded_micros=59_500_000),
    ]
    lines += [line(n, LAST) for n in (last, last + 1, last + 2)]
    put(warehouse, "order", orders)
    put(warehouse, "order_line", lines)
    put(warehouse, "touch", events)
    put(
        warehouse,
        "product",
        [
            {
                "channel": "shopify", "account_id": "shop", "product_id": "p", "variant_id": "v",
                "currency": "EUR", "price_micros": 119_000_000, "unit_cost_micros": 40_000_000,
            }
        ],
    )  # fmt: skip
    put(
        warehouse,
        "email_campaign",
        [
            {
                "channel": "mailchimp", "account_id": "mc", "mail_id": f"mail {month}", "list_id": "list",
                "title": f"News {month}", "sent_at": at(date(2026, month, 31), 8), "sent": 110,
                "hard_bounces": 6, "soft_bounces": 4, "unique_opens": 40, "unique_clicks": 10, "clicks": 12,
                "claimed_orders": 2, "claimed_value_micros": 238_000_000, "currency": "EUR",
            }
            for month in (7, 8)
        ],
    )  # fmt: skip
    put(
        warehouse,
        "post",
        [
            {
                "channel": "instagram",
                "account_id": "ig",
                "post_id": "post",
                "kind": "reel",
                "published_at": at(LAST, 8),
            }
        ],
    )
    put(
        warehouse,
        "post_daily",
        [
            {
                "channel": "instagram", "account_id": "ig", "post_id": "post", "day_on": LAST,
                "is_cumulative": True, "views": 200, "likes": 8, "comments": 2,
            }
        ],
    )  # fmt: skip
    put(
        warehouse,
        "account_daily",
        [
            {"channel": "instagram", "account_id": "ig", "day_on": LAST, "views": 500, "followers": 90},
            # A page whose day ends elsewhere: no day of the market.
            {"channel": "instagram", "account_id": "ig", "day_on": FIRST - timedelta(days=1), "views": 1},
        ],
    )
