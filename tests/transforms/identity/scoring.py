"""Pairwise scores: of all pairs said to be one person, and of all that are, how many are both."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Score:
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / (self.precision + self.recall)


def score_pairs(truth: pl.Series, found: pl.Series) -> Score:
    rows = pl.DataFrame({"truth": truth, "found": found})
    both, said, true = (pairs(rows, *by) for by in (("truth", "found"), ("found",), ("truth",)))
    return Score(both / said, both / true)


def pairs(rows: pl.DataFrame, *by: str) -> int:
    size = pl.col("len").cast(pl.Int64)
    return int(rows.group_by(by).len().select((size * (size - 1) // 2).sum()).item())
