"""Rows of a report as records of one kind: bad ones found, the rest grouped and added up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson
import polars as pl

from ingestion.csv.kinds import ADDED, Kind
from lake.schemas import SILVER

PAGE = 5_000


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used, where it stands and why."""

    line: int
    column: str
    because: str


@dataclass(slots=True)
class Batch:
    """Records of one kind: `good` to be stored, `bad` rows to be put aside with the reason.

    `good` has a column for every field of the kind, `key`, `rows`: the file's rows as a JSON list (empty
    where rows are people's and are not kept), and `line`, the first line they stand on, where lines are rows.
    `spoilt` has `line` and `raw`, a bad row as JSON.
    """

    kind: Kind
    good: pl.DataFrame
    spoilt: pl.DataFrame
    bad: list[BadRow]
    rows: int

    def pages(self) -> Iterator[list[dict[str, Any]]]:
        """Yield the records, the bad rows last, page by page."""
        rows = self.good
        if (
            "day_on" in rows.columns
        ):  # by days, so that a later page seldom touches the days of an earlier one
            rows = rows.sort("day_on", maintain_order=True)
        shown = show(self.kind, rows.drop("line", strict=False))
        for part in shown.iter_slices(PAGE):
            yield [
                {**record, "rows": orjson.Fragment(record["rows"])} for record in part.iter_rows(named=True)
            ]
        if self.bad:
            yield spoilt_records(self)


def group(kind: Kind, rows: pl.DataFrame) -> pl.DataFrame:
    """Return one row a key: numbers added up, of the rest the first that is told, the rows kept inside."""
    keys = [kind.column(name) for name in kind.key]
    # Accounts may call their campaigns alike; their rows are told apart before they are added up.
    by = [*keys, "account"] if "account" in kind.fields and rows["account"].n_unique() > 1 else keys
    columns = [_combine(kind, name) for name in kind.fields if kind.column(name) not in by]
    columns += [pl.col("line").min()] if "line" in rows.columns else []
    if rows.select(pl.struct(by).is_unique().all()).item():
        grouped = rows.with_columns(rows=pl.lit("[") + pl.col("raw").fill_null("") + pl.lit("]"))
    else:
        kept = pl.lit("[") + pl.col("raw").drop_nulls().str.join(",") + pl.lit("]")
        grouped = rows.group_by(by, maintain_order=True).agg(*columns, kept.alias("rows"))
    key = pl.concat_str([pl.col(name).cast(pl.String).fill_null("") for name in keys], separator="|")
    texts = [
        pl.when(pl.col(kind.column(name)) != "").then(pl.col(kind.column(name))).alias(kind.column(name))
        for name, cell in kind.fields.items()
        if cell in ("text", "person") and name not in kind.key
    ]
    seconds = [
        pl.col(kind.column(name)).round().cast(pl.Int64)
        for name, cell in kind.fields.items()
        if cell == "seconds"
    ]
    wanted = [*keys, *(kind.column(name) for name in kind.fields if kind.column(name) not in keys)]
    line = ["line"] if "line" in rows.columns else []
    return grouped.with_columns(*texts, *seconds, key.alias("key")).select(*wanted, "key", "rows", *line)


def _combine(kind: Kind, name: str) -> pl.Expr:
    column = pl.col(kind.column(name))
    cell = kind.fields[name]
    if cell == "gauge":
        return column.max()
    if cell in ADDED and kind.is_added:  # keep "not told" apart from zero
        return pl.when(column.is_not_null().any()).then(column.sum())
    if cell in ("text", "person", "code"):
        return column.filter(column != "").first()
    return column.drop_nulls().first()


def show(kind: Kind, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows in the types of JSON."""
    made = []
    for name, cell in kind.fields.items():
        column = pl.col(kind.column(name))
        if cell == "day":
            made.append(column.dt.strftime("%Y-%m-%d"))
        elif cell == "instant":
            made.append(column.dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"))
        elif cell == "real":
            made.append(column.cast(pl.Float64))
    return rows.with_columns(made)


def spoilt_records(batch: Batch) -> list[dict[str, Any]]:
    """Return bad rows as records that keep the row and say what is wrong; none of them enters silver."""
    why = {row.line: row for row in batch.bad}
    first = SILVER[batch.kind.table].required[0]
    seen: dict[str, int] = {}
    records = []
    for line, raw in batch.spoilt.select("line", "raw").iter_rows():
        digest = blake2b(raw.encode(), digest_size=8).hexdigest()
        seen[digest] = seen.get(digest, 0) + 1
        records.append(
            {
                **dict.fromkeys(name for name in batch.good.columns if name != "line"),
                first: None,  # silver asks for it, so the row is put aside
                "key": f"unreadable|{digest}|{seen[digest]}",
                "problem": f"{why[line].column}: {why[line].because}",
                "rows": kept if isinstance(kept := orjson.loads(raw), list) else [kept],
            }
        )
    return records
