"""Where each Delta table lies, its columns, its partitions, and which columns may be in the statistics."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import polars as pl

from core.errors import BadInput
from lake.gold import GOLD
from lake.schemas import COUNT, DAY, FLAG, INSTANT, REAL, SILVER, TEXT

Layer = Literal["bronze", "silver", "gold", "ops"]
NAME = re.compile(r"[a-z][a-z0-9_]*")
# The month of a bronze row that has no readable day.
NO_MONTH = "none"

# The history of every distinct version of a vendor's record; `payload` is null once the vendor took it back.
BRONZE: Mapping[str, pl.DataType] = MappingProxyType(
    {
        "workspace_id": TEXT,
        "account_id": TEXT,
        "record_key": TEXT,
        "payload": TEXT,
        "payload_hash": TEXT,
        "is_deleted": FLAG,
        "quarantined_because": TEXT,
        "day_on": DAY,
        "load_id": TEXT,
        "load_seq": COUNT,
        "loaded_at": INSTANT,
        "month": TEXT,
    }
)
OPS: Mapping[str, Mapping[str, pl.DataType]] = MappingProxyType(
    {
        "load": {
            "workspace_id": TEXT,
            "load_id": TEXT,
            "channel": TEXT,
            "stream": TEXT,
            "account_id": TEXT,
            "received": COUNT,
            "loaded": COUNT,
            "new": COUNT,
            "changed": COUNT,
            "deleted": COUNT,
            "quarantined": COUNT,
            "seconds": REAL,
            "first_on": DAY,
            "last_on": DAY,
            "since_at": INSTANT,
            "loaded_at": INSTANT,
            "error": TEXT,
        },
        # How far each object of a stream that is read object by object was loaded; the last row counts.
        # `until` is null while the object keeps up with its stream.
        "object": {
            "workspace_id": TEXT,
            "channel": TEXT,
            "stream": TEXT,
            "account_id": TEXT,
            "object_key": TEXT,
            "since": COUNT,
            "until": COUNT,
            "load_seq": COUNT,
            "loaded_at": INSTANT,
        },
        "drift": {
            "workspace_id": TEXT,
            "channel": TEXT,
            "stream": TEXT,
            "field": TEXT,
            "kind": TEXT,
            "expected": TEXT,
            "seen": TEXT,
            "first_seen_at": INSTANT,
            "load_id": TEXT,
        },
    }
)
# Statistics end up in the table's log for long; only columns that never describe a person are in them.
STATISTICS = ("account_id", "day_on", "load_seq", "loaded_at")


@dataclass(frozen=True, slots=True)
class Layout:
    """One table of the lake: layer, name, columns in order, partition columns."""

    layer: Layer
    name: str
    columns: Mapping[str, pl.DataType]
    partition_by: tuple[str, ...]

    @property
    def statistics(self) -> str:
        """The columns whose minimum and maximum are kept per file, comma-separated."""
        kept = [c for c in STATISTICS if c in self.columns and c not in self.partition_by]
        return ",".join(kept)

    def empty(self) -> pl.DataFrame:
        """Return a frame of these columns without rows."""
        return pl.DataFrame(schema=dict(self.columns))


def bronze_name(channel: str, stream: str) -> str:
    """Return the bronze table's name, `<channel>__<stream>`."""
    return f"{channel}__{stream}"


def is_declared(layer: Layer, name: str) -> bool:
    """Return whether the layer has such a table; bronze has one for every stream."""
    return layer == "bronze" or name in {"silver": SILVER, "gold": GOLD, "ops": OPS}[layer]


def layout_of(layer: Layer, name: str) -> Layout:
    """Return the layout of a declared table.

    Raises:
        BadInput: no such table is declared, or the name is no plain word.
    """
    if not NAME.fullmatch(name):
        raise BadInput(f"{name!r} is no table name; use lower-case letters, digits and _.")
    if layer == "bronze":
        return Layout(layer, name, BRONZE, ("workspace_id", "month"))
    if layer == "silver" and name in SILVER:
        return Layout(layer, name, SILVER[name].schema, SILVER[name].partition_by)
    if layer == "gold" and name in GOLD:
        return Layout(layer, name, GOLD[name].schema, GOLD[name].partition_by)
    if layer == "ops" and name in OPS:
        return Layout(layer, name, OPS[name], ("workspace_id",))
    raise BadInput(f"The lake has no {layer} table {name!r}.")
