"""Paths written as text taken apart into channels, piece by piece in as many threads as there are cores."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from transforms.attribution.paths import Codes, Floats, Integers, Paths

# Paths taken apart at a time: so few that a core's cache holds what comes between.
PIECE = 32_768
# Names are looked for among so many paths first; a name not among them costs a second look at all.
SAMPLE = 10_000
# Names that are looked up by hash, slots of their table, shifts of a hash that are tried to find a free one.
MOST_HASHED = 200
SLOTS = 1 << 14
MOST_SHIFT = 48

Hashes = NDArray[np.uint64]
Piece = tuple[Codes, Integers]


def paths_of_texts(
    texts: pl.Series, separator: str | None, *, conversions: Floats, value: Floats, nulls: Floats
) -> Paths:
    """Return the table of paths written as text; blanks around names and empty names are dropped.

    `texts` holds one path each and no null; without a separator each is one channel.
    """
    sample = texts.gather_every(max(len(texts) // SAMPLE, 1))
    pieces = [texts.slice(at, PIECE) for at in range(0, len(texts), PIECE)]
    with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
        lexicon = _Lexicon(_names(sample, separator))
        taken = list(pool.map(lambda piece: _take_apart(piece, separator, lexicon), pieces))
        if None in taken:
            every = pool.map(lambda piece: _names(piece, separator), pieces)
            lexicon = _Lexicon(pl.concat(list(every)).unique().sort())
            taken = list(pool.map(lambda piece: _take_apart(piece, separator, lexicon), pieces))
    codes, lengths = (np.concatenate(arrays) for arrays in zip(*filter(None, taken), strict=True))
    offsets = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))
    is_named = codes >= 0
    if not is_named.all():
        offsets = np.concatenate(([0], np.cumsum(is_named)))[offsets]
        codes = codes[is_named]
    return Paths(lexicon.channels, codes, offsets, conversions, value, nulls)


def _touches(texts: pl.Series, separator: str | None) -> tuple[pl.Series, Integers]:
    """Return the touches of all paths one after the other, and how many each path has."""
    if separator is None:
        return texts, np.ones(len(texts), dtype=np.int64)
    lists = texts.str.split(separator)
    return lists.list.explode(), lists.list.len().to_numpy().astype(np.int64)


def _names(texts: pl.Series, separator: str | None) -> pl.Series:
    """Return the distinct names as they are written, blanks and all."""
    return _touches(texts, separator)[0].unique().sort()


def _channels(written: pl.Series) -> tuple[str, ...]:
    return tuple(name for name in written.str.strip_chars().unique().sort() if name)


class _Lexicon:
    """Names and their channels, quick to look up.

    Few names are known by a hash of 64 bits, in a table where each has a slot of its own; many by Polars.
    """

    def __init__(self, written: pl.Series) -> None:
        self.channels = _channels(written)
        code = {name: at for at, name in enumerate(self.channels)}
        self.codes = np.array([code.get(name, -1) for name in written.str.strip_chars()], dtype=np.int32)
        self.names = pl.Enum(written)
        self.slots: _Slots | None = None
        if len(written) <= MOST_HASHED:
            self.slots = _find_slots(written.hash().to_numpy(), self.codes)

    def look_up(self, touches: pl.Series) -> Codes | None:
        """Return the channel of each touch, -1 where it has no name; None if some name is not known."""
        if self.slots is not None:
            return self.slots.look_up(touches.hash().to_numpy())
        places = touches.cast(self.names, strict=False).to_physical()
        return None if places.null_count() else self.codes[places.to_numpy()]


@dataclass(frozen=True, slots=True)
class _Slots:
    """A table of hashes, each at the place its own bits from `shift` on say."""

    shift: np.uint64
    hashes: Hashes
    codes: Codes

    def look_up(self, hashes: Hashes) -> Codes | None:
        places = _place(hashes, self.shift, len(self.hashes))
        return self.codes[places] if (self.hashes[places] == hashes).all() else None


def _find_slots(hashes: Hashes, codes: Codes) -> _Slots | None:
    """Return a table in which no two hashes share a place; None if no such table was found."""
    for shift in range(MOST_SHIFT):
        places = _place(hashes, np.uint64(shift), SLOTS)
        if len(np.unique(places)) == len(hashes):
            known, code_at = np.zeros(SLOTS, dtype=np.uint64), np.full(SLOTS, -1, dtype=np.int32)
            known[places], code_at[places] = hashes, codes
            return _Slots(np.uint64(shift), known, code_at)
    return None


def _place(hashes: Hashes, shift: np.uint64, slots: int) -> NDArray[np.intp]:
    return ((hashes >> shift) & np.uint64(slots - 1)).astype(np.intp)


def _take_apart(texts: pl.Series, separator: str | None, lexicon: _Lexicon) -> Piece | None:
    """Return each touch's channel and each path's length; None if a name is not in the lexicon."""
    touches, lengths = _touches(texts, separator)
    codes = lexicon.look_up(touches)
    return None if codes is None else (codes, lengths)
