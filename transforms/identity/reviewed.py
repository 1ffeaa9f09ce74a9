"""Carries what people decided about pairs of records into the lake, where the identity job reads it."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

import polars as pl
from deltalake import DeltaTable

from lake.delta import Lake
from lake.state import store
from lake.state.person_pair import PERSON_PAIR
from lake.warehouse import Warehouse
from transforms.identity.keys import PERSON

REVIEWED = "decided in the review of matched records"
PAIR = ["key_kind", "key", "other_key_kind", "other_key"]
INSTANTS = {"person_link": "linked_at", "person_apart": "decided_at"}
OF_DECISION = {"merged": "person_link", "apart": "person_apart"}


def carry_decisions(lake: Lake, warehouse: Warehouse, workspace: UUID, now_at: datetime) -> int:
    """Make the reviewed rows of gold `person_link` and `person_apart` those decided now; return the changes.

    A pair whose two records have one key, or where one has none, says nothing about keys and is left out.
    Rows that others added stay as they are.
    """
    with warehouse.connect(workspace) as link:
        pairs = [row.fields for row in store.fetch_all(link, PERSON_PAIR, "decision <> 'proposed'")]
    changes = 0
    for decision, table in OF_DECISION.items():
        keys = {
            _ordered(str(pair["key"]), str(pair["other_key"]))
            for pair in pairs
            if pair["decision"] == decision and pair["key"] and pair["other_key"]
        }
        changes += _settle(lake, table, workspace, {pair for pair in keys if pair[0] != pair[1]}, now_at)
    return changes


def _ordered(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)


def _settle(lake: Lake, table: str, workspace: UUID, keys: set[tuple[str, str]], now_at: datetime) -> int:
    reviewed = pl.col("because") == REVIEWED
    before = {
        (row[1], row[3]) for row in lake.read("gold", table, workspace, reviewed, columns=PAIR).iter_rows()
    }
    for key, other in sorted(before - keys):
        pair = f"key = '{key}' AND other_key = '{other}'"
        gone = f"workspace_id = '{workspace}' AND because = '{REVIEWED}' AND {pair}"
        lake.commit("gold", table, partial(DeltaTable.delete, predicate=gone))
    fresh = sorted(keys - before)
    if fresh:
        rows = pl.DataFrame(
            [
                {
                    "workspace_id": str(workspace), "key_kind": PERSON, "key": key, "other_key_kind": PERSON,
                    "other_key": other, "because": REVIEWED, INSTANTS[table]: now_at,
                }
                for key, other in fresh
            ]
        )  # fmt: skip
        # A decision is certain: no likelihood outweighs it.
        lake.append("gold", table, rows.with_columns(probability=1.0) if table == "person_link" else rows)
    return len(before ^ keys)
