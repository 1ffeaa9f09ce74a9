"""Matches person records: which of them are one person, how sure that is, and what was learnt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.errors import BadInput
from transforms.identity.blocking import candidate_pairs
from transforms.identity.chance import chance_shares, rarity
from transforms.identity.clusters import components, split_chains
from transforms.identity.comparing import Comparer, comparisons_of
from transforms.identity.model import Model, learn
from transforms.identity.records import FAMILY, GIVEN, clean, kinds_of, plain_name

# More likely one person than not; who would rather miss than mix asks for more.
THRESHOLD = 0.5
SEED = 1
SAME = 1  # the level of equal values
Numbers = NDArray[np.float64]
Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Matches:
    """What matching found.

    Attributes:
        persons: One number a record, in the order given; records of one number are one person.
        pairs: `a`, `b`, `probability`: every pair compared, as numbers of the rows given. Records that agree
            in everything stand as the first of them.
        model: The weights learnt.
    """

    persons: pl.Series
    pairs: pl.DataFrame
    model: Model


def match_records(
    records: pl.DataFrame, kinds: Mapping[str, str] | None = None, threshold: float = THRESHOLD
) -> Matches:
    """Return which records are one person, at a match probability of at least `threshold`.

    `kinds` says what the columns are (`name`, `date`, `place`, `email`, `phone`, `code`); without it their
    names tell. The records stay in memory. The same records give the same answer.

    Raises:
        BadInput: no two columns say who a person is, or the threshold is no probability.
    """
    if not 0 < threshold < 1:
        raise BadInput(f"The threshold is a probability between 0 and 1, not {threshold}.")
    kinds = kinds or kinds_of(records.columns)
    swap = _name_pair(kinds)
    cleaned, place = _distinct(clean(records, kinds))
    comparisons = comparisons_of(kinds, swap)
    comparer = Comparer(cleaned, comparisons, swap)
    try:
        return _match(comparer, cleaned, place, kinds, threshold)
    finally:
        comparer.close()


def _name_pair(kinds: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the columns of first name and surname, between which values stray."""
    given = next((c for c in kinds if plain_name(c) in GIVEN), None)
    family = next((c for c in kinds if plain_name(c) in FAMILY), None)
    return (given, family) if given and family else None


def _distinct(cleaned: pl.DataFrame) -> tuple[pl.DataFrame, Ids]:
    """Return the records that differ, numbered anew, with `copies`; and the place of each record in them."""
    values = [name for name in cleaned.columns if name != "id"]
    found = cleaned.group_by(values, maintain_order=True).agg(pl.len().alias("copies"), pl.col("id"))
    distinct = found.drop("id").with_row_index("id")
    places = found.select(pl.int_range(pl.len()).alias("place"), "id").explode("id").sort("id")
    return distinct, places["place"].to_numpy()


def _match(
    comparer: Comparer, distinct: pl.DataFrame, place: Ids, kinds: Mapping[str, str], threshold: float
) -> Matches:
    size, everyone = distinct.height, len(place)
    copies = distinct["copies"].to_numpy().astype(np.int64)
    values = distinct.drop("copies")
    a, b = candidate_pairs(values, kinds)
    itself = np.arange(size)
    patterns, alone = comparer.compare(a, b), comparer.compare(itself, itself)
    counts = np.bincount(
        np.concatenate([patterns, alone]),
        weights=np.concatenate([copies[a] * copies[b], copies * (copies - 1) // 2]),
        minlength=comparer.size,
    ).astype(np.float64)
    chance = chance_shares(comparer, values, place, SEED)
    model = learn(comparer.comparisons, counts, chance, max(everyone * (everyone - 1) / 2, 1.0))
    rare = rarity(values, copies, comparer.comparisons)
    table = model.log_odds(np.arange(comparer.size))

    def score(one: Ids, found: Ids) -> Numbers:
        total = table[found]
        for comparison, extra in zip(comparer.comparisons, rare, strict=True):
            if extra is not None:
                total += np.where(comparison.of(found) == SAME, extra[one], 0.0)
        return total

    least = float(np.log(threshold) - np.log1p(-threshold))
    scores = score(a, patterns)
    strong = scores >= least
    group = components(size, a[strong], b[strong])
    group = split_chains(
        group, a, b, scores, lambda one, other: score(one, comparer.compare(one, other)), least
    )
    first = np.full(size, everyone)
    np.minimum.at(first, place, np.arange(everyone))
    pairs = pl.DataFrame({"a": first[a], "b": first[b], "probability": 1 / (1 + np.exp(-scores))})
    return Matches(_persons(group, place, score(itself, alone) >= least), pairs, model)


def _persons(group: Ids, place: Ids, is_telling: NDArray[np.bool_]) -> pl.Series:
    """Return the person of each record.

    Equal records that say too little to be told apart, a mere first name, are not one person for it.
    """
    persons = group[place]
    mute = ~is_telling[place]
    repeated = mute & (np.bincount(place)[place] > 1)
    persons[repeated] = int(group.max(initial=0)) + 1 + np.arange(int(repeated.sum()))
    return pl.Series("person", persons)
