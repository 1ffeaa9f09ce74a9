"""Six people by hand, in the lake and in the warehouse."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import polars as pl

from core.context import Context
from lake.audiences.features import COLUMNS
from lake.delta import Lake
from lake.publish import publish
from lake.warehouse import Warehouse

AS_OF = date(2026, 3, 31)


def person(name: str, orders: int = 0, days: int | None = None, **more: Any) -> dict[str, Any]:
    """A person with so many orders, the last so many days ago; seen last on that day, else today."""
    return {
        "person_id": name,
        "is_known": True,
        "acquired_channel": "direct",
        "orders": orders,
        "last_order_on": None if days is None else AS_OF - timedelta(days=days),
        "last_engaged_on": AS_OF - timedelta(days=days or 0),
        "revenue_micros": orders * 50_000_000,
        "currency": "EUR" if orders else None,
        "visits": 1,
        "mail_visits": 0,
        "paid_visits": 0,
        **more,
    }


# In this order: an active champion, an active loyal one, one at risk, a new one, a lead, a visitor.
PEOPLE = [
    person("ada", 4, 2, visits=9, last_engaged_on=AS_OF),
    person("bob", 2, 7),
    person("cid", 2, 50),
    person("dot", 1, 5, acquired_channel="mailchimp"),
    person("eve", acquired_channel="mailchimp", visits=5),
    person("fay", is_known=False),
]
# Recency: 5 up to 10 days ago, 2 up to 60. The other two: 3 for two orders, 5 for four.
CUT = {
    "currency": "EUR",
    "recency_2": AS_OF - timedelta(days=60),
    **{f"recency_{score}": AS_OF - timedelta(days=10) for score in (3, 4, 5)},
    **{f"frequency_{score}": 2 for score in (2, 3)},
    **{f"frequency_{score}": 4 for score in (4, 5)},
    **{f"monetary_{score}": 100_000_000 for score in (2, 3)},
    **{f"monetary_{score}": 200_000_000 for score in (4, 5)},
}


def line(name: str, intercept: float, **weights: float) -> dict[str, Any]:
    return {"line": name, "intercept": intercept, **dict.fromkeys(COLUMNS, 0.0), **weights}


# Propensity is 0.6 for ada and 0.3 for bob; whoever ordered is of group 1.
LINES = [
    line("propensity", -4.14, orders=2.0, days_since_order=1.41),
    line("group_1", -0.1, orders=1.0),
    line("group_2", 0.0),
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


def put_profiles(lake: Lake, workspace: str, people: list[dict[str, Any]]) -> None:
    """Put people into the lake, with the rules that make their profiles."""
    put(lake, "person_fact", workspace, people)
    put(lake, "profile_day", workspace, [{"as_of_on": AS_OF, "at_risk_days": 30, "lapsed_days": 90}])
    put(lake, "profile_cut", workspace, [CUT])
    put(lake, "profile_line", workspace, LINES)


def settle(lake: Lake, warehouse: Warehouse, workspace: str, members: list[dict[str, Any]] = ()) -> Context:
    """Put the six, what they bought and an audience history into lake and warehouse; return a context."""
    put_profiles(lake, workspace, PEOPLE)
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
