"""Six people by hand, in the lake and in the warehouse."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import polars as pl

from core.context import Context
from lake.delta import Lake
from lake.publish import publish
from lake.warehouse import Warehouse

AS_OF = date(2026, 3, 31)


def person(name: str, stage: str, orders: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "person_id": name,
        "as_of_on": AS_OF,
        "is_known": stage != "visitor",
        "acquired_channel": "direct",
        "orders": orders,
        "revenue_micros": orders * 50_000_000,
        "currency": "EUR" if orders else None,
        "lifecycle_stage": stage,
        "visits": 1,
        "mail_visits": 0,
        "paid_visits": 0,
        "engagement_band": "hot",
        "cluster": "1" if orders else "2",
        **more,
    }


PEOPLE = [
    person("ada", "active", 4, rfm_segment="champions", visits=9, propensity=0.6, days_since_order=2),
    person("bob", "active", 2, rfm_segment="loyal", propensity=0.3, days_since_order=9),
    person("cid", "at_risk", 2, rfm_segment="at_risk", engagement_band="cool", days_since_order=50),
    person("dot", "new", 1, rfm_segment="recent", acquired_channel="mailchimp", days_since_order=5),
    person("eve", "lead", acquired_channel="mailchimp", visits=5),
    person("fay", "visitor"),
]
PRODUCTS = [
    {"person_id": who, "product_id": what, "currency": "EUR", "orders": 1, "units": units, "net_micros": net}
    for who, what, units, net in [
        ("ada", "mug", 3, 60_000_000),
        ("ada", "rug", 1, 90_000_000),
        ("bob", "mug", 2, 40_000_000),
        ("dot", "rug", 1, 90_000_000),
    ]
]


def member(
    audience_id: str, who: str, since: int, until: int | None = None, version: int = 1
) -> dict[str, Any]:
    """A row of the history; days are counted back from the profiles' day."""
    return {
        "audience_id": audience_id,
        "version": version,
        "person_id": who,
        "since_on": AS_OF - timedelta(days=since),
        "until_on": None if until is None else AS_OF - timedelta(days=until),
    }


def put(lake: Lake, table: str, workspace: str, rows: list[dict[str, Any]]) -> None:
    frame = pl.DataFrame(rows, infer_schema_length=None).with_columns(workspace_id=pl.lit(workspace))
    lake.append("gold", table, frame)


def settle(lake: Lake, warehouse: Warehouse, workspace: str, members: list[dict[str, Any]] = ()) -> Context:
    """Put the six, what they bought and an audience history into lake and warehouse; return a context."""
    put(lake, "person_profile", workspace, PEOPLE)
    put(lake, "person_product", workspace, PRODUCTS)
    group = {"cluster": "1", "size": 4, "name": "Those who buy often", "description": "They buy often."}
    put(lake, "person_cluster", workspace, [group])
    told = [{"model": "propensity", "rows": 6, "told": "Probability of an order: none."}]
    put(lake, "profile_model", workspace, told)
    if members:
        put(lake, "audience_member", workspace, members)
    publish(lake, warehouse, workspace)
    return context(warehouse, workspace)


def context(warehouse: Warehouse, workspace: str, actor: str = "ada@example.com") -> Context:
    return Context(UUID(workspace), actor, frozenset({"*"}), services={"warehouse": warehouse})
