"""The audiences every workspace begins with."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from core.context import Context
from lake.audiences.definitions import AUDIENCE_DEFINITION, read_audiences
from lake.state.store import insert


def _rule(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


READY: Mapping[str, tuple[str, dict[str, Any]]] = MappingProxyType(
    {
        "Champions": (
            "They bought lately, often and for much: thank them and ask for a word to others.",
            {"all": [_rule("rfm_segment", "=", "champions")]},
        ),
        "At risk": (
            "Their next order is overdue by the shop's own rhythm: win them back before they are gone.",
            {"all": [_rule("lifecycle_stage", "=", "at_risk")]},
        ),
        "New customers": (
            "One order and not yet overdue: the second order decides.",
            {"all": [_rule("lifecycle_stage", "=", "new")]},
        ),
        "Engaged non-buyers": (
            "They come back again and again, lately too, and have bought nothing.",
            {
                "all": [
                    _rule("orders", "=", 0),
                    _rule("visits", ">=", 3),
                    _rule("engagement_band", "in", ["hot", "warm"]),
                ]
            },
        ),
        "Lapsed": (
            "Customers who stayed away longer than 95% of those who came back.",
            {"all": [_rule("lifecycle_stage", "=", "lapsed")]},
        ),
        "Look-alikes of champions": (
            "No champions yet, but they behave as champions do.",
            {"all": [_rule("likeness", ">=", 0.1), _rule("rfm_segment", "!=", "champions")]},
        ),
        "Likely to buy": (
            "An order in the coming weeks is more likely than one in five.",
            {"all": [_rule("propensity", ">=", 0.2)]},
        ),
    }
)


def ensure_ready(ctx: Context) -> int:
    """Keep the ready-made audiences in a workspace that never had any; return how many were added."""
    with ctx.service("warehouse").connect(ctx.workspace) as link:
        if read_audiences(link, with_archived=True):
            return 0
    for name, (description, rules) in READY.items():
        insert(ctx, AUDIENCE_DEFINITION, {"name": name, "description": description, "rules": rules})
    return len(READY)
