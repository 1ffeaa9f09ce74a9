"""Paths written as text taken apart into channels, in as many threads as there are cores."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import polars as pl

from transforms.attribution.paths import Codes, Floats, Integers, Paths

# Fewer paths than this are not worth a thread of their own.
PIECE = 50_000
# Names are looked for among so many touches of a piece first; a name not among them costs a second look.
SAMPLE = 100_000


def paths_of_texts(
    texts: pl.Series, separator: str | None, *, conversions: Floats, value: Floats, nulls: Floats
) -> Paths:
    """Return the table of paths written as text; blanks around names and empty names are dropped.

    `texts` holds one path each and no null; without a separator each is one channel.
    """
    size = max(-(-len(texts) // pl.thread_pool_size()), PIECE)
    with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
        pieces = [texts.slice(at, size) for at in range(0, max(len(texts), 1), size)]
        lists = list(pool.map(partial(_split, separator=separator), pieces))
        channels, codes = _encode(pool, [touches for touches, _ in lists])
    offsets = np.concatenate(([0], np.cumsum(np.concatenate([lengths for _, lengths in lists]))))
    is_named = codes >= 0
    if not is_named.all():
        offsets = np.concatenate(([0], np.cumsum(is_named)))[offsets]
        codes = codes[is_named]
    return Paths(channels, codes, offsets, conversions, value, nulls)


def _split(texts: pl.Series, separator: str | None) -> tuple[pl.Series, Integers]:
    """Return the touches of all paths one after the other, and how many each path has."""
    if separator is None:
        return texts, np.ones(len(texts), dtype=np.int64)
    lists = texts.str.split(separator)
    return lists.list.explode(), lists.list.len().to_numpy().astype(np.int64)


def _encode(pool: ThreadPoolExecutor, pieces: list[pl.Series]) -> tuple[tuple[str, ...], Codes]:
    """Return the channels by name, and each touch's place among them, -1 where it has no name."""
    samples = [piece.gather_every(max(len(piece) // SAMPLE, 1)) for piece in pieces]
    written = _distinct(sample.unique() for sample in samples)
    codes = _places(pool, pieces, written)
    if any(places.null_count() for places in codes):
        written = _distinct(pool.map(pl.Series.unique, pieces))
        codes = _places(pool, pieces, written)
    names = written.str.strip_chars()
    channels = tuple(name for name in names.unique().sort().to_list() if name)
    place = {name: code for code, name in enumerate(channels)}
    code_of = np.array([place.get(name, -1) for name in names], dtype=np.int32)
    return channels, np.concatenate(list(pool.map(lambda places: code_of[places.to_numpy()], codes)))


def _distinct(pieces: Iterable[pl.Series]) -> pl.Series:
    return pl.concat(list(pieces)).unique().sort()


def _places(pool: ThreadPoolExecutor, pieces: list[pl.Series], written: pl.Series) -> list[pl.Series]:
    """Return each touch's place among the names as written, null if it is not among them."""
    kind = pl.Enum(written)
    return list(pool.map(lambda piece: piece.cast(kind, strict=False).to_physical(), pieces))
