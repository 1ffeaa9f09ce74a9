"""How often records agree by chance: levels among all pairs, and how common each single value is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from transforms.identity.comparing import Comparison

Numbers = NDArray[np.float64]
Ids = NDArray[np.int64]
LEAST_SHARE = 1e-12
SAMPLE = 300_000  # pairs; where there are fewer in all, each is taken


def sample_pairs(records: int, seed: int) -> tuple[Ids, Ids]:
    """Return pairs of records at random, or all of them where they are few."""
    if records * (records - 1) // 2 <= SAMPLE * 2:
        return np.triu_indices(records, 1)
    a, b = np.random.default_rng(seed).integers(0, records, (2, SAMPLE))
    return a[a != b], b[a != b]


def tally(patterns: Ids, weights: Numbers | None = None) -> tuple[Ids, Numbers]:
    """Return each pattern once, and how many pairs show it."""
    kinds, which = np.unique(patterns, return_inverse=True)
    counts = np.bincount(which, weights=weights, minlength=len(kinds)).astype(np.float64)
    return kinds[counts > 0], counts[counts > 0]


def chance_shares(
    comparisons: Sequence[Comparison], sample: tuple[Ids, Numbers], cleaned: pl.DataFrame, place: Ids
) -> list[Numbers]:
    """Return, for each comparison, the shares of all pairs by level, 0 (nothing said) first.

    `sample` are the patterns of pairs at random and how many show each; `place` is where each record lies
    in `cleaned`, which holds equal ones once. Equality is counted exactly from the values; a sample could
    not see what happens once in a million.
    """
    patterns, counts = sample
    shares = []
    for comparison in comparisons:
        level = np.bincount(comparison.of(patterns), weights=counts, minlength=comparison.levels + 1)
        level = level / max(level.sum(), 1.0)
        if comparison.column in cleaned.columns:
            level[1] = _equal_share(cleaned[comparison.column].gather(place))
        shares.append(level / max(level.sum(), LEAST_SHARE))
    return shares


def _equal_share(values: pl.Series) -> float:
    counts = values.drop_nulls().value_counts()["count"].to_numpy().astype(np.float64)
    total = float(len(values))
    return float((counts * (counts - 1)).sum() / max(total * (total - 1), 1.0))


def rarity(cleaned: pl.DataFrame, copies: Ids, comparisons: Sequence[Comparison]) -> list[Numbers | None]:
    """Return, for each comparison, what each record's value adds to the log odds when it is shared.

    Sharing a rare value says more than sharing a common one; for the mean shared value it is 0.
    `copies` is how often each record of `cleaned` is there.
    """
    known = cleaned.with_columns(copies=pl.Series(copies))
    return [_rarity_of(known, c.column) if c.column in cleaned.columns else None for c in comparisons]


def _rarity_of(known: pl.DataFrame, column: str) -> Numbers:
    count = pl.when(pl.col(column).is_not_null()).then(pl.col("copies").sum().over(column))
    counted = known.select("copies", count=count)
    typical = counted.select(
        (pl.col("count") * pl.col("copies")).sum()
        / pl.col("copies").filter(pl.col("count").is_not_null()).sum()
    ).item()
    return -np.log(counted["count"].fill_null(1).to_numpy().astype(np.float64) / (typical or 1.0))
