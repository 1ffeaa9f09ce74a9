"""Paths written as text taken apart into channels, piece by piece in as many threads as there are cores."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from transforms.attribution.paths import Codes, Floats, Integers, Paths

# Paths taken apart at a time: so few that a core's cache holds what comes between.
PIECE = 24_576
# Names are looked for among so many paths first; a name not among them costs a second look at all.
SAMPLE = 10_000
# Names that are looked up by hash, in a table with a slot for every value of a quarter of the hash.
MOST_HASHED = 200
QUARTERS = 4
SLOTS = 1 << 16
# Touches looked up at a time: what comes between then fits into memory the process has in hand. Larger
# arrays are asked of the system anew each time, which costs more than looking up does.
AT_ONCE = 8_192

Hashes = NDArray[np.uint64]
Lengths = NDArray[np.uint32]
# Each touch's channel, and where each path ends among them.
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
    codes, offsets = _put_together([piece for piece in taken if piece])
    return Paths(lexicon.channels, codes, offsets, conversions, value, nulls)


def _put_together(pieces: list[Piece]) -> tuple[Codes, Integers]:
    """Return the codes of all touches that have a name, and where each path begins among them."""
    codes = np.concatenate([codes for codes, _ in pieces])
    offsets = np.concatenate([[0], *(ends for _, ends in pieces)])
    begin = 1
    for _, ends in pieces:
        offsets[begin : begin + len(ends)] += offsets[begin - 1]
        begin += len(ends)
    if len(codes) and codes.min() < 0:
        is_named = codes >= 0
        offsets = np.concatenate(([0], np.cumsum(is_named)))[offsets]
        codes = codes[is_named]
    return codes, offsets


def _touches(texts: pl.Series, separator: str | None) -> tuple[pl.Series, Lengths]:
    """Return the touches of all paths one after the other, and how many each path has."""
    if separator is None:
        return texts, np.ones(len(texts), dtype=np.uint32)
    lists = texts.str.split(separator)
    return lists.list.explode(), lists.list.len().to_numpy()


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
        codes = np.array([code.get(name, -1) for name in written.str.strip_chars()], dtype=np.int32)
        self.codes: Codes = codes.astype(np.min_scalar_type(-len(code) - 1))
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
    """A table of hashes, each at the place that one quarter of it says."""

    quarter: int
    hashes: Hashes
    codes: Codes

    def look_up(self, hashes: Hashes) -> Codes | None:
        found = np.empty(len(hashes), dtype=self.codes.dtype)
        for at in range(0, len(hashes), AT_ONCE):
            some = hashes[at : at + AT_ONCE]
            places = _places(some, self.quarter).astype(np.intp)
            if not np.array_equal(self.hashes[places], some):
                return None
            found[at : at + AT_ONCE] = self.codes[places]
        return found


def _find_slots(hashes: Hashes, codes: Codes) -> _Slots | None:
    """Return a table in which no two hashes share a place; None if no such table was found."""
    for quarter in range(QUARTERS):
        places = _places(hashes, quarter)
        if len(np.unique(places)) == len(hashes):
            known, code_at = np.zeros(SLOTS, dtype=np.uint64), np.full(SLOTS, -1, dtype=codes.dtype)
            known[places], code_at[places] = hashes, codes
            return _Slots(quarter, known, code_at)
    return None


def _places(hashes: Hashes, quarter: int) -> NDArray[np.uint16]:
    return hashes.view(np.uint16)[quarter::QUARTERS]


def _take_apart(texts: pl.Series, separator: str | None, lexicon: _Lexicon) -> Piece | None:
    """Return the paths' touches; None if a name is not in the lexicon."""
    touches, lengths = _touches(texts, separator)
    codes = lexicon.look_up(touches)
    return None if codes is None else (codes, np.cumsum(lengths, dtype=np.int64))
