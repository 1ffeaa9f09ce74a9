"""How often records agree by chance: levels among all pairs, and how common each single value is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from transforms.identity.comparing import Comparer, Comparison

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


def chance_shares(comparer: Comparer, cleaned: pl.DataFrame, place: Ids, seed: int) -> list[Numbers]:
    """Return, for each comparison, the shares of all pairs by level, 0 (nothing said) first.

    `place` is where each record lies in `cleaned`, which holds equal ones once. Equality is counted
    exactly from the values; a sample could not see what happens once in a million.
    """
    a, b = sample_pairs(len(place), seed)
    counts = np.bincount(comparer.compare(place[a], place[b]), minlength=comparer.size)
    patterns = np.flatnonzero(counts)
    shares = []
    for comparison in comparer.comparisons:
        level = np.bincount(
            comparison.of(patterns), weights=counts[patterns], minlength=comparison.levels + 1
        )
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
