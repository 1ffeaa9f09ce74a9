"""One pass over a page of records: key, payload, hash, day or instant, unknown fields.

A page the vendor wrote is kept in the vendor's own words; where it is as declared, only what names its
records is read here. Records a connector put together are written with their fields in order of name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson
import polars as pl

from channels.contract import Stream
from channels.pages import WrittenPage
from ingestion.names import make_name_reader
from ingestion.personal import hide_persons

SORTED = orjson.OPT_SORT_KEYS
MICROSECOND = 1_000_000
# Keys of records whose own key cannot be read: the payload's hash after this.
KEYLESS = "?"
DIGEST_LENGTH = 32
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
        self._day_name = stream.day
        self._day = make_getter(stream.day) if stream.day else None
        self._changed = make_getter(stream.changed) if stream.changed else None
        self._personal = tuple(tuple(path.split(".")) for path in stream.personal)
        self._known = frozenset(stream.fields) | stream.optional
        self._wanted = frozenset(stream.fields) - stream.optional
        self._unread = stream.unread
        self._takes_text = not (stream.personal or stream.unread)
        self._named = make_name_reader(stream) if self._takes_text else None

    def read(self, page: Sequence[Any]) -> Chunk:
        """Return the page as columns; a record that cannot be read gets a reason, never an exception."""
        texts = page.records if isinstance(page, WrittenPage) and self._takes_text else None
        if texts and self._named and isinstance(page, WrittenPage):
            named = self._named.read(page.text)
            if named is not None:
                return Chunk(self._read_named(named, texts))
        chunk = Chunk(pl.DataFrame(schema=CHUNK))
        places = [place for place, record in enumerate(page) if type(record) is dict]
        records = [page[place] for place in places]
        if records:
            self._note_fields(records, chunk)
            chunk.rows = self._read_records(records, texts and [texts[place] for place in places])
        if len(records) < len(page):
            refused = [self._refuse(record) for record in page if type(record) is not dict]
            chunk.rows = pl.concat([chunk.rows, pl.DataFrame(refused, schema=CHUNK, orient="row")])
        return chunk

    def _note_fields(self, records: list[dict[str, Any]], chunk: Chunk) -> None:
        shapes = dict(zip(map(tuple, records), records, strict=True))  # a page has few shapes
        for shape, record in shapes.items():
            chunk.new_fields.update(
                (str(name), name_type(record[name])) for name in shape if name not in self._known
            )
            chunk.missing_fields |= self._wanted.difference(shape)

    def _read_named(self, named: Mapping[str, Sequence[str]], texts: Sequence[bytes]) -> pl.DataFrame:
        parts = [named[name] for name in self._key_names]
        nothing = [None] * len(texts)
        days = named[self._day_name] if self._day_name else nothing
        keys = join_keys(parts) or [self._key(values) for values in zip(*parts, strict=True)]
        return make_frame(keys, texts, write_digests(texts), days, nothing, nothing)

    def _read_records(self, records: list[dict[str, Any]], texts: Sequence[bytes] | None) -> pl.DataFrame:
        if self._personal:
            records = [hide_persons(record, self._personal, self._hash_key) for record in records]
        payloads = texts or write_records(records)
        said = payloads
        if self._unread:
            said = write_records([{k: v for k, v in r.items() if k not in self._unread} for r in records])
        digests = write_digests(said)
        reasons: list[str | None] = [None] * len(records)
        days: list[str | None] = [None] * len(records)
        if self._day:
            days = [None if day is None else str(day) for day in map(self._day, records)]
        changed: list[int | None] = [None] * len(records)
        if self._changed:
            stamps = list(map(self._changed, records))
            changed = list(map(read_instant, stamps))
            for row, stamp in enumerate(stamps):
                if stamp is not None and changed[row] is None:
                    reasons[row] = "the instant of last change cannot be read"
        keys = self._read_keys(records)
        for row, key in enumerate(keys):
            if key is None:
                keys[row], reasons[row] = KEYLESS + digests[row], "the key is missing"
        return make_frame(keys, payloads, digests, days, changed, reasons)

    def _read_keys(self, records: list[dict[str, Any]]) -> list[str | None]:
        parts = [list(map(get, records)) for get in self._keys]
        is_text = all(set(map(type, values)) == {str} for values in parts)
        keys = join_keys(parts) if is_text else None
        return keys or [self._key(values) for values in zip(*parts, strict=True)]

    def _key(self, found: Sequence[Any]) -> str | None:
        values = list(found)
        for position, value in enumerate(values):
            if type(value) is not str:
                if value is None or isinstance(value, dict | list | bool):
                    return None
                values[position] = str(value)
        key = "|".join(values)
        if key.count("|") >= len(values) > 1:
            key = join_escaped(values)
        return key

    def _refuse(self, record: Any) -> Row:
        # Where a stream holds persons, what has no shape may be one: keep its hash and kind only.
        raw = json.dumps(record, sort_keys=True, default=str).encode("ascii")
        digest = sha256(raw).hexdigest()[:DIGEST_LENGTH]
        if self._personal:
            raw = orjson.dumps({"unreadable": name_type(record), "bytes": len(raw)})
        return KEYLESS + digest, raw, digest, None, None, f"a {name_type(record)} is no record"


def make_frame(*columns: Sequence[Any]) -> pl.DataFrame:
    """Return a chunk's rows from its columns in the order of `CHUNK`."""
    return pl.DataFrame(dict(zip(CHUNK, columns, strict=True)), schema=CHUNK)


def join_keys(parts: Sequence[Sequence[str]]) -> list[str | None] | None:
    """Return the keys made of these parts, or None if a part holds the mark between them."""
    keys = list(map("|".join, zip(*parts, strict=True)))
    if len(parts) > 1 and "".join(keys).count("|") > len(keys) * (len(parts) - 1):
        return None
    return [*keys]


def join_escaped(values: Sequence[str]) -> str:
    """Return the key of parts that may hold the mark between them."""
    return "|".join(value.replace("\\", "\\\\").replace("|", "\\|") for value in values)


def write_digests(texts: Sequence[bytes]) -> list[str]:
    """Return the hash of each text."""
    return [sha256(text).hexdigest()[:DIGEST_LENGTH] for text in texts]


def write_records(records: Sequence[dict[str, Any]]) -> list[bytes]:
    """Return each record as JSON with its fields in order of name; what JSON cannot hold becomes text."""
    try:
        return [orjson.dumps(record, option=SORTED) for record in records]
    except TypeError:
        return [write_record(record) for record in records]


def write_record(record: dict[str, Any]) -> bytes:
    """Return one record as JSON with its fields in order of name; what JSON cannot hold becomes text."""
    try:
        return orjson.dumps(record, option=SORTED)
    except TypeError:
        return json.dumps(record, sort_keys=True, default=str, skipkeys=True).encode("ascii")


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
