"""Person ids that last: an id stays with its person from run to run, and every change is told."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from transforms.identity.keys import RANK
from transforms.identity.persons import NODE, OTHER, Stitched

UNLINKED = "nothing links them any more"
JOINED = "their keys were linked"
ID_DIGITS = 24


@dataclass(frozen=True, slots=True)
class Named:
    """Persons with their ids.

    Attributes:
        keys: The columns of gold `person_key` but the workspace.
        events: `kind`, `person_id`, `other_person_id`, `because`: merges and splits since last time.
    """

    keys: pl.DataFrame
    events: pl.DataFrame


def name_persons(
    stitched: Stitched, apart: pl.DataFrame, previous: pl.DataFrame, workspace: str, now_at: datetime
) -> Named:
    """Return every key's person id, and what changed against `previous` (rows of `person_key`).

    `apart` are the pairs that were to stay apart (columns of PAIR); their reason is that of the split.

    A person keeps the oldest id that any of its keys bears, as far as that id's leading key (log-in before
    customer, recipient, browser; then the earliest) is among them; the other ids end as merged. Keys that
    leave a person get an id of their own: the one they had alone, if no one else bears it.
    """
    keys = stitched.keys.join(
        previous.select(*NODE, old="person_id", since="linked_at"), on=NODE, how="left", maintain_order="left"
    )
    rank = pl.col("key_kind").replace_strict({kind: n for n, kind in enumerate(RANK)}, return_dtype=pl.Int64)
    keys = keys.with_columns(rank=rank)
    heads = _heads(keys)
    kept = heads.sort("person", "age", "rank", "old").unique("person", keep="first", maintain_order=True)
    kept = kept.select("person", person_id="old")
    leading = keys.sort("rank", *NODE).unique("person", keep="first", maintain_order=True)
    fresh = leading.join(kept, on="person", how="anti")
    taken = set(kept["person_id"].to_list())
    made = [
        _make_id(f"{workspace}|{kind}|{key}", taken, now_at) for kind, key in fresh.select(NODE).iter_rows()
    ]
    ids = pl.concat([kept, fresh.select("person", person_id=pl.Series(made, dtype=pl.String))])
    keys = keys.join(ids, on="person", how="left", maintain_order="left")
    same = pl.col("old") == pl.col("person_id")
    rows = keys.select(
        *NODE,
        "person_id",
        "method",
        "probability",
        linked_at=pl.when(same).then("since").otherwise(pl.lit(now_at, dtype=pl.Datetime("us", "UTC"))),
    ).sort(NODE)
    return Named(rows, _events(keys, heads, stitched.bonds, apart))


def _heads(keys: pl.DataFrame) -> pl.DataFrame:
    """Return, for each id there was, its leading key's `person` now, and the `age` of the id."""
    borne = keys.drop_nulls("old").with_columns(age=pl.col("since").min().over("old"))
    return borne.sort("old", "rank", "since", "key").unique("old", keep="first", maintain_order=True)


def _make_id(name: str, taken: set[str], now_at: datetime) -> str:
    made = _digest(name)
    if made in taken:  # its first id went on without it
        made = _digest(f"{name}|{now_at.isoformat()}")
    taken.add(made)
    return made


def _digest(name: str) -> str:
    return "p" + hashlib.sha256(name.encode()).hexdigest()[:ID_DIGITS]


def _events(
    keys: pl.DataFrame, heads: pl.DataFrame, bonds: pl.DataFrame, apart: pl.DataFrame
) -> pl.DataFrame:
    """Return the ids that went with their leading key into another (merge) or lost other keys (split)."""
    moved = keys.filter(pl.col("old") != pl.col("person_id")).select("old", "person", "person_id").unique()
    followed = heads.select("old", head="person")
    told = (
        moved.join(followed, on="old", how="left")
        .join(_reasons(keys, bonds), on=["old", "person"], how="left")
        .join(_decisions(keys, apart), on="old", how="left")
        .with_columns(is_merge=pl.col("head") == pl.col("person"))
    )
    return told.select(
        kind=pl.when("is_merge").then(pl.lit("merge")).otherwise(pl.lit("split")),
        person_id=pl.when("is_merge").then("person_id").otherwise("old"),
        other_person_id=pl.when("is_merge").then("old").otherwise("person_id"),
        because=pl.when("is_merge")
        .then(pl.col("because").fill_null(JOINED))
        .otherwise(pl.col("decided").fill_null(UNLINKED)),
    ).sort("kind", "person_id", "other_person_id")


def _decisions(keys: pl.DataFrame, apart: pl.DataFrame) -> pl.DataFrame:
    """Return `old`, `decided`: why keys that bore one id were to part."""
    was = keys.select(*NODE, "old").drop_nulls()
    other = was.rename({"key_kind": "other_key_kind", "key": "other_key", "old": "other_old"})
    torn = apart.join(was, on=NODE).join(other, on=OTHER).filter(pl.col("old") == pl.col("other_old"))
    return torn.group_by("old").agg(decided=pl.col("because").min())


def _reasons(keys: pl.DataFrame, bonds: pl.DataFrame) -> pl.DataFrame:
    """Return `old`, `person`, `because`: what holds keys that bore an id to others that did not."""
    ends = keys.select(*NODE, "old", "person")
    other = ends.select(
        pl.col(n).alias(o) for n, o in zip([*NODE, "old"], [*OTHER, "other_old"], strict=True)
    )
    bridges = (
        bonds.join(ends, on=NODE).join(other, on=OTHER).filter(pl.col("old").ne_missing(pl.col("other_old")))
    )
    both = pl.concat(
        [
            bridges.select("old", "person", "because"),
            bridges.select("person", "because", old="other_old").select("old", "person", "because"),
        ]
    )
    return both.drop_nulls().group_by("old", "person").agg(pl.col("because").min())
