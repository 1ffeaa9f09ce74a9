"""A small shop by hand, in silver tables: customers with known scores, visitors, mails and ads."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import polars as pl

from lake.delta import Lake
from lake.schemas import SILVER

AS_OF = date(2026, 3, 31)
ORIGIN = {"load_id": "1", "loaded_at": datetime(2026, 4, 1, tzinfo=UTC)}


def back(days: int) -> date:
    return AS_OF - timedelta(days=days)


def instant(day: date, hour: int = 12) -> datetime:
    return datetime.combine(day, time(hour), UTC)


class Shop:
    """Collects events and writes them into the lake at once."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {
            name: [] for name in ("touch", "order", "order_line", "customer")
        }

    def visit(
        self, browser: str, days_ago: int, *, person: str | None = None, hour: int = 10, **more: Any
    ) -> None:
        day = back(days_ago)
        number = len(self.rows["touch"])
        self.rows["touch"].append(
            {
                "event_id": f"e{number}",
                "kind": "page_view",
                "occurred_at": instant(day, hour),
                "day_on": day,
                "anonymous_id": browser,
                "person_key": person,
                "page_host": "shop.example",
                **more,
            }
        )

    def order(self, person: str | None, days_ago: int, euros: int, product: str = "mug", **more: Any) -> None:
        day, number = back(days_ago), str(len(self.rows["order"]))
        self.rows["order"].append(
            {
                "order_id": number,
                "customer_id": f"c-{person}",
                "person_key": person,
                "ordered_at": instant(day),
                "day_on": day,
                "currency": "EUR",
                "total_micros": euros * 1_000_000,
                "refunded_micros": 0,
                "is_test": False,
                "is_cancelled": False,
                **more,
            }
        )
        line = {"order_id": number, "line_id": number, "day_on": day, "product_id": product, "quantity": 1}
        self.rows["order_line"].append({**line, "net_micros": euros * 1_000_000, "currency": "EUR"})

    def write(self, lake: Lake, workspace: str) -> None:
        for name, rows in self.rows.items():
            if rows:
                own = {"channel": "site" if name == "touch" else "shopify", "account_id": "a", "stream": "s"}
                frame = pl.DataFrame(
                    [
                        {"workspace_id": workspace, "record_key": str(n), **own, **ORIGIN, **row}
                        for n, row in enumerate(rows)
                    ],
                    schema=SILVER[name].schema,
                )
                month = {"month": pl.col("day_on").dt.strftime("%Y-%m")} if SILVER[name].day else {}
                lake.append("silver", name, frame.with_columns(**month))
