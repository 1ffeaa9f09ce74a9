"""Which pairs of records are worth comparing: those that share a key few others share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

# A key shared by more records than this says too little: its pairs are left to narrower keys. It also
# bounds the work: pairs grow with the records, not with their square.
LARGEST_BLOCK = 20
# An address or a number is meant to be one person's, who may have many records.
LARGEST_IDENTIFIER_BLOCK = 200
IDENTIFIERS = 10  # seeds below this are keys of identifiers
Ids = NDArray[np.int64]
Key = tuple[pl.Expr, ...]


def candidate_pairs(cleaned: pl.DataFrame, kinds: Mapping[str, str]) -> tuple[Ids, Ids]:
    """Return the pairs of ids to compare, each once, a < b."""
    records = cleaned.lazy()
    parts = [
        records.select(
            "id",
            key=pl.when(_is_said(key)).then(pl.struct(_named(key)).hash(seed)),
            most=pl.lit(LARGEST_IDENTIFIER_BLOCK if seed < IDENTIFIERS else LARGEST_BLOCK),
        ).drop_nulls()
        for seed, key in _keys(kinds)
    ]
    # Once a record: whoever bears the same name twice is not his own neighbour.
    keyed = pl.concat(parts).unique()
    size = pl.len().over("key")
    keyed = keyed.filter((size > 1) & (size <= pl.col("most"))).select("id", "key").collect().lazy()
    pairs = keyed.join(keyed, on="key").filter(pl.col("id") < pl.col("id_right"))
    packed = pairs.select(pair=pl.col("id").cast(pl.Int64) * 2**32 + pl.col("id_right")).unique()
    found = packed.collect()["pair"].to_numpy()
    return found >> 32, found & (2**32 - 1)


def _is_said(key: Key) -> pl.Expr:
    return pl.all_horizontal(value.is_not_null() for value in key)


def _named(key: Key) -> list[pl.Expr]:
    return [value.alias(str(place)) for place, value in enumerate(key)]


def _keys(kinds: Mapping[str, str]) -> Iterator[tuple[int, Key]]:
    """Yield (seed, key). Keys of one seed meet each other: names in each other's column still meet."""
    yield from _identifier_keys(kinds)
    names = [pl.col(f"{column}__root") for column in _columns(kinds, "name")]
    places = [pl.col(column) for kind in ("place", "code") for column in _columns(kinds, kind)]
    dates = [pl.col(column) for column in _columns(kinds, "date")]
    for date in dates:
        yield from ((11, (date, name.str.head(1))) for name in names)
        yield from ((12, (date, place)) for place in places)
        yield from ((13, (date, pl.col(email).str.head(3))) for email in _columns(kinds, "email"))
        yield from ((14, (*two, date.str.tail(4))) for two in _name_and_initial(names))
        yield from ((15, (name, place, date.str.head(4))) for name in names for place in places)
    yield from ((19, (*two, place)) for two in _name_and_initial(names) for place in places)
    whole = _whole_name(names)
    if whole:
        yield 16, whole
        yield from ((17, (*whole, place)) for place in places)
        yield from ((18, (*whole, date.str.head(4))) for date in dates)


def _identifier_keys(kinds: Mapping[str, str]) -> Iterator[tuple[int, Key]]:
    for column in [*_columns(kinds, "email"), *_columns(kinds, "phone")]:
        yield 1, (pl.col(column),)
    for column in _columns(kinds, "email"):
        local = pl.col(f"{column}__local")
        yield 2, (pl.when(local.str.len_bytes() > 4).then(local),)


def _columns(kinds: Mapping[str, str], kind: str) -> list[str]:
    return [column for column, its in kinds.items() if its == kind]


def _name_and_initial(names: list[pl.Expr]) -> Iterator[Key]:
    """Yield each name with the first letter of another; the name alone where there is one column."""
    if len(names) == 1:
        yield (names[0],)
    yield from ((name, other.str.head(1)) for name in names for other in names if other is not name)


def _whole_name(names: list[pl.Expr]) -> Key:
    """Return the names in alphabetical order; nothing where there is none."""
    if len(names) < 2:
        return tuple(names)
    said = names[0].is_not_null() & names[1].is_not_null()
    return pl.when(said).then(pl.min_horizontal(names[:2])), pl.max_horizontal(names[:2])
