"""Custom audiences: made, filled with hashed people, emptied."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter, Response

from sandbox.guarded import GuardedWorld
from sandbox.meta.ask import Ask
from sandbox.meta.errors import bad_param, missing_node
from sandbox.meta.fields import parse_fields, select
from sandbox.meta.known import KNOWN_FIELDS
from sandbox.meta.paging import page_of
from sandbox.meta_ads.nodes import find_account
from sandbox.meta_ads.reading import MarketingAsk, charge_ads
from sandbox.twin import Store, TheStore, TheWorld

MOST_ROWS = 10_000
SMALLEST = 100  # smaller audiences are shown as "below"
router = APIRouter()


@router.post("/{version}/{node}/customaudiences")
def create_audience(ask: MarketingAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Make an audience."""
    find_account(world, node)
    charge_ads(ask, world, store, "custom_audience")
    if not ask.text("name"):
        raise bad_param("name", "The parameter name is required")
    kept = ("name", "subtype", "description", "customer_file_source", "retention_days")
    with world.hold():
        made = store.next_id("audience", 23_800_000_000_001)
        store.table("audience")[made] = {key: ask.text(key) for key in kept if key in ask.params} | {
            "people": []
        }
        store.save()
    return ask.reply({"id": made})


@router.get("/{version}/{node}/customaudiences")
def list_audiences(ask: MarketingAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Audiences of an account."""
    find_account(world, node)
    charge_ads(ask, world, store, "custom_audience")
    page, paging = page_of(ask, list(store.table("audience")))
    wanted = parse_fields(ask.text("fields", "id"))
    known = KNOWN_FIELDS["CustomAudience"]
    shown = [select(describe_audience(world, store, id_), wanted, "CustomAudience", known) for id_ in page]
    return ask.reply({"data": shown} | ({"paging": paging} if paging else {}))


def describe_audience(world: GuardedWorld, store: Store, node: str) -> dict[str, Any]:
    """An audience; its size only as a rounded range."""
    kept = dict(store.table("audience")[node])
    size = len(kept.pop("people"))
    lower, upper = (size // 100 * 100, size // 100 * 100 + 100) if size >= SMALLEST else (-1, -1)
    return {
        "id": node,
        "account_id": world.accounts("meta_ads")["account_id"][0],
        **kept,
        "approximate_count_lower_bound": lower,
        "approximate_count_upper_bound": upper,
        "operation_status": {"code": 200, "description": "Normal"},
        "delivery_status": {"code": 200 if size >= SMALLEST else 300, "description": "Ready"},
    }


@router.post("/{version}/{node}/users")
def add_people(ask: MarketingAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Add people; the same ones twice count once."""
    return change_people(ask, world, store, node, is_added=True)


@router.delete("/{version}/{node}/users")
def remove_people(ask: MarketingAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Remove people."""
    return change_people(ask, world, store, node, is_added=False)


def change_people(ask: Ask, world: GuardedWorld, store: Store, node: str, *, is_added: bool) -> Response:
    """Read the payload, as table or flat list, and change the set."""
    charge_ads(ask, world, store, "custom_audience")
    if node not in store.table("audience"):
        raise missing_node(node, "Post")
    rows, invalid = read_people(ask)
    session = ask.value("session", {}) or {}
    with world.hold():
        audience = store.table("audience")[node]
        people = set(audience["people"])
        audience["people"] = sorted(people | rows if is_added else people - rows)
        store.save()
    return ask.reply(
        {
            "audience_id": node,
            "session_id": str(session.get("session_id", "1")),
            "num_received": len(rows) + len(invalid),
            "num_invalid_entries": len(invalid),
            "invalid_entry_samples": dict.fromkeys(invalid[:5], "not a SHA-256 hash"),
        }
    )


def read_people(ask: Ask) -> tuple[set[str], list[str]]:
    """Hashed rows (columns joined) and those that are not hashes."""
    payload = ask.value("payload")
    if not isinstance(payload, dict) or not isinstance(payload.get("data"), list):
        raise bad_param("payload", "The parameter payload must have schema and data")
    if len(payload["data"]) > MOST_ROWS:
        raise bad_param("payload", f"At most {MOST_ROWS} rows can be sent in a call")
    rows = ["|".join(map(str, row)) if isinstance(row, list) else str(row) for row in payload["data"]]
    good = [
        row for row in rows if all(not part or re.fullmatch(r"[0-9a-f]{64}", part) for part in row.split("|"))
    ]
    return set(good), [row for row in rows if row not in set(good)]
