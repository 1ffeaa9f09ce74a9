"""Matches person records: which of them are one person, how sure that is, and what was learnt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.errors import BadInput
from transforms.identity.blocking import candidate_pairs, home_pairs
from transforms.identity.chance import chance_shares, rarity, sample_pairs, tally
from transforms.identity.classes import NEAR, PLACES, STRANGER
from transforms.identity.clusters import components, split_chains
from transforms.identity.comparing import Comparer, comparisons_of
from transforms.identity.model import Model, learn, log_odds
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
    # Plain names, whatever a file's columns are called: they stand in SQL.
    names = {column: f"{plain_name(column)}_{number}" for number, column in enumerate(kinds)}
    kinds = {names[column]: kind for column, kind in kinds.items()}
    records = records.select(pl.col(column).alias(name) for column, name in names.items())
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
    all_pairs = max(everyone * (everyone - 1) / 2, 1.0)
    met = _packed(a, b)
    near, by, scale = home_pairs(values, kinds)
    fresh = ~np.isin(_packed(near, by), met)
    near, by = near[fresh], by[fresh]
    counted = tally(
        np.concatenate([patterns, alone, comparer.compare(near, by)]),
        np.concatenate(
            [copies[a] * copies[b], copies * (copies - 1) // 2, copies[near] * copies[by] * scale]
        ),
    )
    one, other = sample_pairs(everyone, SEED)
    sampled = comparer.compare(place[one], place[other])
    chance = chance_shares(comparer.comparisons, tally(sampled), values, place)
    known = np.isin(_packed(place[one], place[other]), np.concatenate([met, _packed(near, by)]))
    distant = tally(sampled[~known & (place[one] != place[other])])
    left = max(all_pairs - float(counted[1].sum()), 0.0) / max(float(distant[1].sum()), 1.0)
    model = learn(comparer.comparisons, counted, (distant[0], distant[1] * left), chance, all_pairs)
    rare = rarity(values, copies, comparer.comparisons)

    def score(one: Ids, found: Ids) -> Numbers:
        kinds_of_pattern, which = np.unique(found, return_inverse=True)
        joint = model.log_joint(kinds_of_pattern)[which]
        for comparison, extra in zip(comparer.comparisons, rare, strict=True):
            if extra is not None:
                common = np.where(comparison.of(found) == SAME, extra[one], 0.0)
                joint[:, STRANGER] -= common
                if comparison.role not in PLACES:
                    joint[:, NEAR] -= common
        return log_odds(joint)

    least = float(np.log(threshold) - np.log1p(-threshold))

    def score_pairs(one: Ids, other: Ids) -> Numbers:
        return score(one, comparer.compare(one, other))

    scores = score(a, patterns)
    strong = scores >= least
    group = components(size, a[strong], b[strong])
    group = split_chains(group, a, b, scores, score_pairs=score_pairs, least=least)
    first = np.full(size, everyone)
    np.minimum.at(first, place, np.arange(everyone))
    pairs = pl.DataFrame({"a": first[a], "b": first[b], "probability": 1 / (1 + np.exp(-scores))})
    return Matches(_persons(group, place, score(itself, alone) >= least), pairs, model)


def _packed(a: Ids, b: Ids) -> Ids:
    """Return a number for each pair, the same for both orders."""
    return (np.minimum(a, b) << 32) | np.maximum(a, b)


def _persons(group: Ids, place: Ids, is_telling: NDArray[np.bool_]) -> pl.Series:
    """Return the person of each record.

    Equal records that say too little, a mere first name, are not one person for being equal.
    """
    persons = group[place]
    mute = ~is_telling[place]
    repeated = mute & (np.bincount(place)[place] > 1)
    persons[repeated] = int(group.max(initial=0)) + 1 + np.arange(int(repeated.sum()))
    return pl.Series("person", persons)
