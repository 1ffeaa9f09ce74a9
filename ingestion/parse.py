"""One pass over a page of records: key, canonical payload, hash, day or instant, unknown fields."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import orjson
import polars as pl

from channels.contract import Stream
from ingestion.personal import hide_persons

SORTED = orjson.OPT_SORT_KEYS
MICROSECOND = 1_000_000
# Keys of records whose own key cannot be read: the payload's hash after this.
KEYLESS = "?"
Row = tuple[str, bytes, str, str | None, int | None, str | None]
CHUNK: dict[str, pl.DataType] = {
    "record_key": pl.String(),
    "payload": pl.Binary(),
    "payload_hash": pl.String(),
    "day": pl.String(),
    "changed": pl.Int64(),
    "reason": pl.String(),
}


@dataclass(slots=True)
class Chunk:
    """A page as columns (`CHUNK`), and how its fields differ from the declared ones."""

    rows: pl.DataFrame
    new_fields: dict[str, str] = field(default_factory=dict)
    missing_fields: set[str] = field(default_factory=set)


class PageReader:
    """Reads pages of one stream."""

    def __init__(self, stream: Stream, hash_key: bytes) -> None:
        self._hash_key = hash_key
        self._key_names = stream.key
        self._keys = tuple(make_getter(path) for path in stream.key)
        self._day = make_getter(stream.day) if stream.day else None
        self._changed = make_getter(stream.changed) if stream.changed else None
        self._personal = tuple(tuple(path.split(".")) for path in stream.personal)
        self._known = frozenset(stream.fields) | stream.optional
        self._wanted = frozenset(stream.fields) - stream.optional
        self._unread = stream.unread

    def read(self, page: Sequence[Any]) -> Chunk:
        """Return the page as columns; a record that cannot be read gets a reason, never an exception."""
        rows: list[Row] = []
        new_fields: dict[str, str] = {}
        missing: set[str] = set()
        known, wanted, personal = self._known, self._wanted, self._personal
        for record in page:
            if type(record) is not dict:
                rows.append(self._refuse(record))
                continue
            seen = record.keys()
            if not seen <= known:
                new_fields.update((name, name_type(record[name])) for name in seen - known)
            if not seen >= wanted:
                missing |= wanted - seen
            if personal:
                record = hide_persons(record, personal, self._hash_key)  # noqa: PLW2901
            rows.append(self._row(record))
        columns = zip(*rows, strict=True) if rows else ([] for _ in CHUNK)
        frame = pl.DataFrame(dict(zip(CHUNK, map(list, columns), strict=True)), schema=CHUNK)
        return Chunk(frame, {str(k): v for k, v in new_fields.items()}, missing)

    def _row(self, record: dict[str, Any]) -> Row:
        try:
            payload = orjson.dumps(record, option=SORTED)
        except TypeError:
            payload = json.dumps(record, sort_keys=True, default=str, skipkeys=True).encode("ascii")
        digest = blake2b(self._said(record, payload), digest_size=16).hexdigest()
        reason = day = changed = None
        if self._day:
            day = self._day(record)
            day = str(day) if day is not None else None
        if self._changed:
            stamp = self._changed(record)
            changed = read_instant(stamp)
            if changed is None and stamp is not None:
                reason = "the instant of last change cannot be read"
        key = self._key(record)
        if key is None:
            return KEYLESS + digest, payload, digest, day, changed, "the key is missing"
        return key, payload, digest, day, changed, reason

    def _said(self, record: dict[str, Any], payload: bytes) -> bytes:
        if not self._unread:
            return payload
        return orjson.dumps({k: v for k, v in record.items() if k not in self._unread}, option=SORTED)

    def _key(self, record: dict[str, Any]) -> str | None:
        values = [get(record) for get in self._keys]
        for position, value in enumerate(values):
            if type(value) is not str:
                if value is None or isinstance(value, dict | list | bool):
                    return None
                values[position] = str(value)
        key = "|".join(values)
        if key.count("|") >= len(values) > 1:
            key = "|".join(value.replace("\\", "\\\\").replace("|", "\\|") for value in values)
        return key

    def _refuse(self, record: Any) -> Row:
        # Where a stream holds persons, what has no shape may be one: keep its hash and kind only.
        raw = json.dumps(record, sort_keys=True, default=str).encode("ascii")
        digest = blake2b(raw, digest_size=16).hexdigest()
        if self._personal:
            raw = orjson.dumps({"unreadable": name_type(record), "bytes": len(raw)})
        return KEYLESS + digest, raw, digest, None, None, f"a {name_type(record)} is no record"


def make_getter(path: str) -> Callable[[dict[str, Any]], Any]:
    """Return a function that reads the value at a dotted path, None where the path breaks off."""
    if "." not in path:
        return lambda record: record.get(path)
    parts = path.split(".")

    def get(node: Any) -> Any:
        for part in parts:
            if type(node) is not dict:
                return None
            node = node.get(part)
        return node

    return get


def read_instant(value: object) -> int | None:
    """Return microseconds since 1970 (UTC) of an ISO text or of seconds as a number, else None."""
    try:
        if isinstance(value, str):
            instant = datetime.fromisoformat(value)
            instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
            return int(instant.timestamp()) * MICROSECOND + instant.microsecond
        if isinstance(value, int | float) and not isinstance(value, bool):
            datetime.fromtimestamp(value, UTC)
            return int(value * MICROSECOND)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def name_type(value: object) -> str:
    """Return the JSON name of a value's type."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"
