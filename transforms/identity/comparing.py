"""Compares pairs of records attribute by attribute and packs what was found into one pattern number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from transforms.identity.comparisons import KINDS, Kind
from transforms.identity.records import role_of

Ids = NDArray[np.int64]
SWAP_GAIN = 0.4  # how much better names must agree crosswise before they are taken as swapped


@dataclass(frozen=True, slots=True)
class Comparison:
    """One column of the pattern: level 0 says nothing, 1 is the same, the last is different."""

    column: str
    kind: str
    role: str
    levels: int
    start: tuple[float, ...]
    stride: int

    def of(self, patterns: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return this column's level of each pattern."""
        return patterns // self.stride % (self.levels + 1)


def comparisons_of(kinds: Mapping[str, str], swap: tuple[str, str] | None) -> list[Comparison]:
    """Return the comparisons of the columns, and one that tells whether the two names are swapped."""
    made: list[Comparison] = []
    stride = 1
    wanted = [(column, kind, role_of(column, kind), KINDS[kind].start) for column, kind in kinds.items()]
    if swap:
        wanted.append(("swapped", "order", "order", (0.95, 0.05)))
    for column, kind, role, start in wanted:
        made.append(Comparison(column, kind, role, len(start), start, stride))
        stride *= len(start) + 1
    return made


class Comparer:
    """Holds cleaned records in DuckDB, in memory, and compares pairs of them."""

    def __init__(
        self, cleaned: pl.DataFrame, comparisons: list[Comparison], swap: tuple[str, str] | None
    ) -> None:
        self.comparisons = comparisons
        self.size = 1
        for each in comparisons:
            self.size *= each.levels + 1
        # Without a folder for what does not fit in memory: no attribute of a person reaches a disk.
        self._link = duckdb.connect(":memory:", config={"temp_directory": ""})
        self._link.register("cleaned", cleaned.to_arrow())
        self._link.execute("CREATE TABLE record AS SELECT * FROM cleaned")
        self._sql = _statement(cleaned.columns, comparisons, swap)

    def compare(self, a: Ids, b: Ids) -> Ids:
        """Return the pattern of each pair of record ids."""
        pairs = pl.DataFrame({"n": np.arange(len(a), dtype=np.uint32), "a": a, "b": b})
        self._link.register("pair", pairs.to_arrow())
        found = self._link.execute(self._sql).fetchnumpy()
        patterns = np.empty(len(a), dtype=np.int64)
        patterns[found["n"]] = found["pattern"]
        return patterns

    def close(self) -> None:
        """Forget the records."""
        self._link.close()


def _statement(columns: list[str], comparisons: list[Comparison], swap: tuple[str, str] | None) -> str:
    names = {name: f'a."{name}"' for name in columns}, {name: f'b."{name}"' for name in columns}
    swapped = _swapped(swap) if swap else "FALSE"
    crossed: dict[str, str] = {}
    if swap:
        for one, other in (swap, swap[::-1]):
            for part in ("", "__root"):
                here, there = names[1][one + part], names[1][other + part]
                crossed[one + part] = f"CASE WHEN swapped THEN {there} ELSE {here} END"
    chosen = ", ".join(
        [f'{names[0][n]} AS "a_{n}"' for n in columns if n != "id"]
        + [f'{crossed.get(n, names[1][n])} AS "b_{n}"' for n in columns if n != "id"]
    )
    total = " + ".join(f"{each.stride} * ({_level(each)})" for each in comparisons)
    return f"""
        WITH met AS (
            SELECT pair.n AS n, {swapped} AS swapped, {chosen}
            FROM pair JOIN record AS a ON a.id = pair.a JOIN record AS b ON b.id = pair.b
        )
        SELECT n, CAST({total} AS BIGINT) AS pattern FROM met
    """


def _level(comparison: Comparison) -> str:
    if comparison.kind == "order":
        return "CASE WHEN swapped THEN 2 ELSE 1 END"
    kind: Kind = KINDS[comparison.kind]
    a, b = f"a_{comparison.column}", f"b_{comparison.column}"
    cases = " ".join(
        f"WHEN {condition.format(a=a, b=b)} THEN {level}" for level, condition in enumerate(kind.levels, 1)
    )
    return f"CASE WHEN {a} IS NULL OR {b} IS NULL THEN 0 {cases} ELSE {len(kind.levels) + 1} END"


def _swapped(swap: tuple[str, str]) -> str:
    """Return SQL: do the two names agree better crosswise? Names in place decide first, they are many."""
    f, s = (f'"{name}"' for name in swap)
    alike = "coalesce(jaro_winkler_similarity({}, {}), 0)"
    cross = f"{alike.format(f'a.{f}', f'b.{s}')} + {alike.format(f'a.{s}', f'b.{f}')}"
    straight = f"{alike.format(f'a.{f}', f'b.{f}')} + {alike.format(f'a.{s}', f'b.{s}')}"
    return (
        f"CASE WHEN a.{f} = b.{f} OR a.{s} = b.{s} THEN FALSE"
        f" WHEN a.{f} = b.{s} OR a.{s} = b.{f} THEN TRUE"
        f" ELSE {cross} > {straight} + {SWAP_GAIN} END"
    )
