"""Which pairs of records are worth comparing: those that share a key few others share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from transforms.identity.records import role_of

# A key shared by more records than this says too little: its pairs are left to narrower keys. It also
# bounds the work: pairs grow with the records, not with their square.
LARGEST_BLOCK = 20
# An address or a number is meant to be one person's, who may have many records.
LARGEST_IDENTIFIER_BLOCK = 200
LARGEST_HOME = 60
HOME_PAIRS = 100_000
SEED = 7
IDENTIFIERS = 10  # seeds below this are keys of identifiers
Ids = NDArray[np.int64]
Key = tuple[pl.Expr, ...]


def candidate_pairs(cleaned: pl.DataFrame, kinds: Mapping[str, str]) -> tuple[Ids, Ids]:
    """Return the pairs of ids to compare, each once, a < b."""
    keyed = _keyed(cleaned, _keys(kinds))
    size = pl.len().over("key")
    most = pl.when(pl.col("seed") < IDENTIFIERS).then(LARGEST_IDENTIFIER_BLOCK).otherwise(LARGEST_BLOCK)
    return _pairs(keyed.filter((size > 1) & (size <= most)))


def home_pairs(cleaned: pl.DataFrame, kinds: Mapping[str, str]) -> tuple[Ids, Ids, float]:
    """Return pairs of records kept at one home, whoever they are, and how many pairs each stands for.

    Families are learnt from them. Candidates alone would show a family only where its people are alike.
    Where there are many homes some are drawn, always the same ones.
    """
    keyed = _keyed(cleaned, _home_keys(kinds)).collect()
    size = pl.len().over("key")
    keyed = keyed.with_columns(size=size.cast(pl.Int64)).filter(pl.col("size").is_between(2, LARGEST_HOME))
    pairs = float(keyed.select(((pl.col("size") - 1) / 2).sum()).item())
    scale = max(pairs / HOME_PAIRS, 1.0)
    drawn = keyed.filter(pl.col("key").hash(SEED) <= int((2**64 - 1) / scale))
    return *_pairs(drawn.lazy()), scale


def _keyed(cleaned: pl.DataFrame, keys: Iterable[tuple[int, Key]]) -> pl.LazyFrame:
    """Return `id`, `key`, `seed`: each key of a record once: a record is not its own neighbour."""
    records = cleaned.lazy()
    parts = [
        records.select(
            "id",
            key=pl.when(_is_said(key)).then(pl.struct(_named(key)).hash(seed)),
            seed=pl.lit(seed, dtype=pl.Int8),
        ).drop_nulls()
        for seed, key in keys
    ]
    if not parts:
        return pl.LazyFrame(schema={"id": pl.UInt32, "key": pl.UInt64, "seed": pl.Int8})
    return pl.concat(parts).unique()


def _pairs(keyed: pl.LazyFrame) -> tuple[Ids, Ids]:
    keyed = keyed.select("id", "key").collect().lazy()
    pairs = keyed.join(keyed, on="key").filter(pl.col("id") < pl.col("id_right"))
    packed = pairs.select(pair=pl.col("id").cast(pl.Int64) * 2**32 + pl.col("id_right")).unique()
    found = packed.collect()["pair"].to_numpy()
    return found >> 32, found & (2**32 - 1)


def _home_keys(kinds: Mapping[str, str]) -> Iterator[tuple[int, Key]]:
    """Yield (seed, key): a street with its place, and a surname with a place."""
    roles = {column: role_of(column, kind) for column, kind in kinds.items()}
    streets, cities, codes, families = (
        [pl.col(column) for column, role in roles.items() if role == wanted]
        for wanted in ("street", "city", "code", "family")
    )
    yield from ((21, (street, place)) for street in streets for place in [*cities, *codes])
    yield from ((22, (family, place)) for family in families for place in [*streets, *cities, *codes])


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
