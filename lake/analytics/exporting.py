"""Rows into files as they come: CSV, Parquet or JSON, exact to the last digit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

Format = Literal["csv", "parquet", "json"]
Kinds = Mapping[str, pa.DataType]
Batches = Iterable[Sequence[Sequence[Any]]]
INSTANT = pa.timestamp("us", "UTC")
ARROW: Mapping[str, pa.DataType] = {
    "text": pa.string(),
    "bigint": pa.int64(),
    "integer": pa.int64(),
    "double precision": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp with time zone": INSTANT,
}
# A spreadsheet runs a cell that begins so; an apostrophe before it makes it text.
RISKY = ("=", "+", "-", "@", "\t", "\r", "'")


def arrow_type(database_type: str) -> pa.DataType:
    """Return the Arrow type of a database type; an exact numeric is kept as text."""
    return ARROW.get(database_type, pa.string())


def write_rows(path: Path, form: Format, kinds: Kinds, batches: Batches) -> int:
    """Write the rows batch by batch and return how many there were."""
    writers: Mapping[Format, Callable[[Path, Kinds, Batches], int]] = {
        "csv": _write_csv,
        "parquet": _write_parquet,
        "json": _write_json,
    }
    return writers[form](path, kinds, batches)


def _write_csv(path: Path, kinds: Kinds, batches: Batches) -> int:
    """Write CSV: null is nothing, texts are quoted, one that looks like a formula is disarmed.

    A text that begins with an apostrophe gets another one, so that taking one off gives the text again.
    """
    are_texts = [pa.types.is_string(kind) for kind in kinds.values()]
    count = 0
    with path.open("w", encoding="utf-8", newline="") as out:
        out.write(_line(list(kinds), [True] * len(kinds)))
        for batch in batches:
            out.writelines(_line(row, are_texts) for row in batch)
            count += len(batch)
    return count


def _line(row: Sequence[Any], are_texts: Sequence[bool]) -> str:
    return ",".join(_cell(cell, is_text) for cell, is_text in zip(row, are_texts, strict=True)) + "\r\n"


def _cell(cell: Any, is_text: bool) -> str:  # noqa: FBT001 - one column's fact
    if cell is None:
        return ""
    if not is_text:
        return str(_told(cell)) if not isinstance(cell, bool) else str(cell).lower()
    text = str(cell)
    armed = f"'{text}" if text.startswith(RISKY) else text
    return '"' + armed.replace('"', '""') + '"'


def _write_parquet(path: Path, kinds: Kinds, batches: Batches) -> int:
    schema, count = pa.schema(list(kinds.items())), 0
    with pq.ParquetWriter(path, schema, compression="zstd") as out:
        for batch in batches:
            columns = [
                pa.array([_arrow(row[n], kind) for row in batch], kind)
                for n, kind in enumerate(kinds.values())
            ]
            out.write_table(pa.Table.from_arrays(columns, schema=schema))
            count += len(batch)
    return count


def _arrow(cell: Any, kind: pa.DataType) -> Any:
    return str(cell) if cell is not None and pa.types.is_string(kind) else cell


def _write_json(path: Path, kinds: Kinds, batches: Batches) -> int:
    """Write one array of objects, a row a line."""
    names, count = list(kinds), 0
    with path.open("wb") as out:
        out.write(b"[")
        for batch in batches:
            for row in batch:
                told = {name: _told(cell) for name, cell in zip(names, row, strict=True)}
                out.write((b",\n" if count else b"\n") + orjson.dumps(told))
                count += 1
        out.write(b"\n]\n")
    return count


def _told(cell: Any) -> Any:
    if isinstance(cell, (datetime, date)):
        return cell.isoformat()
    if isinstance(cell, Decimal):
        return str(cell)
    return cell
