"""What the keys alone do not tell: links that matched records show, and pairs that are never one person."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import polars as pl

from core.errors import BadInput
from lake.delta import Lake
from transforms.identity.keys import BROWSER, RANK
from transforms.identity.matching import THRESHOLD, match_records

MATCHED = "records agree on who the person is"
KEY_COLUMNS = ("key_kind", "key")
# A certain link is one that keys show; matching is never quite sure.
MOST = 0.999999


def link_records(
    lake: Lake,
    workspace: UUID,
    records: pl.DataFrame,
    now_at: datetime,
    threshold: float = THRESHOLD,
) -> pl.DataFrame:
    """Match person records and keep, in gold `person_link`, which of their keys are one person's.

    `records` has `key_kind` and `key` as in `person_key` (an address is given as its hash) and columns that
    say who the person is: names, day of birth, city, address. Those are read in memory and never stored.
    Returns the links added: each further key of a person with its first, and the probability of the
    best pair that holds it; a link that is there already is not added again.

    Raises:
        BadInput: a key column is missing, a key is of a browser, or nothing says who the persons are.
    """
    _check_keys(records)
    found = match_records(records.drop(KEY_COLUMNS), threshold=threshold)
    rows = records.select(KEY_COLUMNS).with_columns(person=found.persons).with_row_index("row")
    best = pl.concat(
        [
            found.pairs.filter(pl.col("probability") >= threshold).select("probability", row=end)
            for end in ("a", "b")
        ]
    )
    best = best.group_by("row").agg(pl.col("probability").max())
    sure = rows.join(best.with_columns(pl.col("row").cast(pl.UInt32)), on="row", how="left")
    keys = sure.group_by("person", *KEY_COLUMNS).agg(pl.col("probability").max()).sort("person", *KEY_COLUMNS)
    first = keys.unique("person", keep="first", maintain_order=True)
    links = keys.join(first, on="person", suffix="_first").filter(
        (pl.col("key") != pl.col("key_first")) | (pl.col("key_kind") != pl.col("key_kind_first"))
    )
    links = links.select(
        key_kind="key_kind_first",
        key="key_first",
        other_key_kind="key_kind",
        other_key="key",
        probability=pl.col("probability").fill_null(MOST).clip(upper_bound=MOST),
        because=pl.lit(MATCHED),
    )
    known = lake.read("gold", "person_link", workspace)
    fresh = links.join(known, on=["key_kind", "key", "other_key_kind", "other_key"], how="anti")
    if fresh.height:
        stamped = fresh.with_columns(workspace_id=pl.lit(str(workspace)), linked_at=pl.lit(now_at))
        lake.append("gold", "person_link", stamped)
    return fresh


def keep_apart(  # noqa: PLR0917 - two keys and who said so
    lake: Lake, workspace: UUID, one: tuple[str, str], other: tuple[str, str], because: str, now_at: datetime
) -> None:
    """Say that two keys, each (key_kind, key), are never one person's; the next run parts them.

    Raises:
        BadInput: the kind of a key is unknown, both are the same key, or no reason is given.
    """
    if {one[0], other[0]} - set(RANK):
        raise BadInput(f"A key is of one of the kinds {', '.join(RANK)}; correct {one[0]} or {other[0]}.")
    if one == other:
        raise BadInput("A key cannot be kept apart from itself; name two keys.")
    if not because.strip():
        raise BadInput("Say why the two are not one person; the history keeps it.")
    pair = {
        "workspace_id": str(workspace), "key_kind": one[0], "key": one[1], "other_key_kind": other[0],
        "other_key": other[1], "because": because.strip(), "decided_at": now_at,
    }  # fmt: skip
    lake.append("gold", "person_apart", pl.DataFrame([pair]))


def _check_keys(records: pl.DataFrame) -> None:
    missing = [name for name in KEY_COLUMNS if name not in records.columns]
    if missing:
        raise BadInput(
            f"The records have no column {' and no '.join(missing)}; say whose key each record is."
        )
    wrong = set(records["key_kind"].unique()) - (set(RANK) - {BROWSER})
    if wrong or records["key"].null_count():
        raise BadInput(
            "A record's key is that of a person, a customer or a recipient; a browser has no name to match."
        )
