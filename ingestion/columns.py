"""JSON payloads to typed columns, by Arrow; what does not fit is cast if it can be, else named."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import polars as pl
import pyarrow as pa
import pyarrow.json as pj

from ingestion.parse import name_type

# A failed piece is read again record by record; small pieces keep that cheap.
PIECE = 5_000
BLOCK_BYTES = 4 * 1024 * 1024
WHOLE = re.compile(r"-?[0-9]{1,19}")
SIGNED_64 = range(-(2**63), 2**63)


class _Misfit(Exception):
    """A value that cannot be read as the declared type."""


@dataclass(slots=True)
class Columns:
    """The declared fields as columns, one row per payload; rows named in `reasons` are all null.

    `changed_types` maps a field to (declared type, type seen).
    """

    frame: pl.DataFrame
    reasons: dict[int, str] = field(default_factory=dict)
    changed_types: dict[str, tuple[str, str]] = field(default_factory=dict)


def read_columns(payloads: Sequence[bytes], fields: Mapping[str, pa.DataType]) -> Columns:
    """Return the payloads as columns of the declared types; undeclared fields are left out."""
    schema = pa.schema(list(fields.items()))
    if not payloads or not fields:
        # Arrow refuses empty input, and a table without columns has no rows.
        return Columns(_read([b"{}"], schema).clear() if fields else pl.DataFrame())
    try:
        return Columns(_read(payloads, schema))
    except pa.ArrowInvalid:
        pieces = [
            _read_piece(payloads[start : start + PIECE], schema) for start in range(0, len(payloads), PIECE)
        ]
    whole = Columns(pl.concat([piece.frame for piece in pieces]))
    for number, piece in enumerate(pieces):
        whole.reasons.update((number * PIECE + row, why) for row, why in piece.reasons.items())
        whole.changed_types.update(piece.changed_types)
    return whole


def _read(payloads: Sequence[bytes], schema: pa.Schema) -> pl.DataFrame:
    text = b"\n".join(payloads)
    table = pj.read_json(
        pa.BufferReader(text),
        read_options=pj.ReadOptions(block_size=max(BLOCK_BYTES, max(map(len, payloads)) + 2)),
        parse_options=pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        memory_pool=pa.system_memory_pool(),  # the default pool takes fresh pages from the kernel every time
    )
    if table.num_rows != len(payloads):
        raise pa.ArrowInvalid("rows and records differ in number")
    frame = pl.from_arrow(table)  # the constructor would import pandas to look at a table
    assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a table is always a frame
    return frame


def _read_piece(payloads: Sequence[bytes], schema: pa.Schema) -> Columns:
    try:
        return Columns(_read(payloads, schema))
    except pa.ArrowInvalid:
        pass
    result = Columns(pl.DataFrame())
    fitted = []
    for row, payload in enumerate(payloads):
        record, why = _fit_record(parse_payload(payload), schema, result.changed_types)
        if why:
            result.reasons[row] = why
        fitted.append(orjson.dumps(record))
    result.frame = _read_or_halve(fitted, schema, result.reasons, 0)
    return result


def _read_or_halve(
    payloads: list[bytes], schema: pa.Schema, reasons: dict[int, str], offset: int
) -> pl.DataFrame:
    try:
        return _read(payloads, schema)
    except pa.ArrowInvalid as error:
        if len(payloads) == 1:
            reasons[offset] = f"cannot be read: {str(error).splitlines()[0][:120]}"
            return _read([b"{}"], schema)
    middle = len(payloads) // 2
    first = _read_or_halve(payloads[:middle], schema, reasons, offset)
    return pl.concat([first, _read_or_halve(payloads[middle:], schema, reasons, offset + middle)])


def parse_payload(payload: bytes) -> Any:
    """Return a stored payload as Python values."""
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:  # a number beyond what a float holds
        return json.loads(payload)


def _fit_record(
    record: Any, schema: pa.Schema, changed: dict[str, tuple[str, str]]
) -> tuple[dict[str, Any], str | None]:
    if not isinstance(record, dict):
        return {}, f"a {name_type(record)} is no record"
    fitted = {}
    for declared in schema:
        value = record.get(declared.name)
        try:
            fitted[declared.name] = fit(value, declared.type, declared.name, changed)
        except _Misfit as misfit:
            return {}, str(misfit)
    return fitted, None


def fit(value: Any, kind: pa.DataType, path: str, changed: dict[str, tuple[str, str]]) -> Any:
    """Return the value in the shape Arrow reads as `kind`; note every field whose type changed.

    Raises:
        _Misfit: no exact cast exists.
    """
    if value is None:
        return None
    if pa.types.is_struct(kind) and isinstance(value, dict):
        return {f.name: fit(value.get(f.name), f.type, f"{path}.{f.name}", changed) for f in kind}
    if pa.types.is_list(kind) and isinstance(value, list):
        return [fit(item, kind.value_type, f"{path}[]", changed) for item in value]
    ready, cast = _fit_scalar(value, kind)
    if not ready:
        changed[path] = (str(kind), name_type(value))
        if cast is None:
            raise _Misfit(f"{path} is a {name_type(value)}, not {kind}")
    return cast


def _fit_scalar(value: Any, kind: pa.DataType) -> tuple[bool, Any]:
    """Return (is of the declared type, value to use or None)."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return isinstance(value, str), value if isinstance(value, str) else _text(value, is_number=number)
    if pa.types.is_integer(kind):
        whole = _whole(value)
        return isinstance(value, int) and number and whole is not None, whole
    if pa.types.is_floating(kind):
        return number, value if number else _real(value)
    if pa.types.is_boolean(kind):
        known = {"true": True, "false": False}
        return isinstance(value, bool), value if isinstance(value, bool) else known.get(str(value).lower())
    if pa.types.is_temporal(kind) and isinstance(value, str):
        return True, value
    return False, None


def _text(value: Any, *, is_number: bool) -> str | None:
    return orjson.dumps(value).decode() if is_number else None


def _whole(value: Any) -> int | None:
    if isinstance(value, str):
        value = int(value) if WHOLE.fullmatch(value) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        return None
    return int(value) if int(value) in SIGNED_64 else None


def _real(value: Any) -> float | None:
    try:
        real = float(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return real if real is not None and abs(real) < float("inf") else None
