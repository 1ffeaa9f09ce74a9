"""A table of paths in flat arrays: which channels were touched in which order, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Codes = NDArray[np.int32]
Offsets = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Paths:
    """Paths one after the other: path `p` is `codes[offsets[p]:offsets[p + 1]]`, oldest touch first.

    `channels[code]` is a channel's name (or a campaign's, or an ad's: whatever is to be credited).
    `conversions`, `value` and `nulls` hold one number a path: how often it converted, what that was
    worth, how often it ended without. A path may be empty. `ages` holds the days between each touch
    and the end of its path, where they are known.
    """

    channels: tuple[str, ...]
    codes: Codes
    offsets: Offsets
    conversions: Floats
    value: Floats
    nulls: Floats
    ages: Floats | None = None

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> Offsets:
        """Touches of each path."""
        return np.diff(self.offsets)

    @property
    def owners(self) -> NDArray[np.int64]:
        """The path each touch belongs to."""
        return np.repeat(np.arange(len(self), dtype=np.int64), self.lengths)

    def spread(self, amounts: Floats) -> Floats:
        """Return the amount of its path for each touch."""
        return np.repeat(amounts, self.lengths)

    def total(self, touch_amounts: Floats) -> Floats:
        """Return the sum of the touches' amounts for each channel."""
        return np.bincount(self.codes, weights=touch_amounts, minlength=len(self.channels))


def paths_of(
    touches: pl.Series,
    *,
    conversions: pl.Series | Floats | None = None,
    value: pl.Series | Floats | None = None,
    nulls: pl.Series | Floats | None = None,
    ages: pl.Series | None = None,
) -> Paths:
    """Return the table of a column of lists of names; a list that is null or empty is an empty path.

    Args:
        touches: `List(String)`, one list a path, oldest touch first.
        conversions: One number a path; 1 each when left out.
        value: The same for what they were worth; 0 when left out.
        nulls: The same for the ends without conversion; 0 when left out.
        ages: `List(Float64)` beside `touches`: days from each touch to the end of its path.
    """
    lengths = touches.list.len().fill_null(0).to_numpy()
    filled = touches.filter(lengths > 0)
    names = filled.list.explode(empty_as_null=False) if len(filled) else pl.Series([], dtype=pl.String)
    known = tuple(names.unique().sort().to_list())
    codes = names.cast(pl.Enum(known)).to_physical().cast(pl.Int32).to_numpy()
    days = ages.filter(lengths > 0).list.explode(empty_as_null=False).cast(pl.Float64) if ages is not None else None
    return Paths(
        known,
        codes,
        _offsets(lengths),
        _numbers(conversions, len(touches), 1.0),
        _numbers(value, len(touches), 0.0),
        _numbers(nulls, len(touches), 0.0),
        days.to_numpy() if days is not None else None,
    )


def _offsets(lengths: Sequence[int] | NDArray[np.integer]) -> Offsets:
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def _numbers(column: pl.Series | Floats | None, size: int, default: float) -> Floats:
    if column is None:
        return np.full(size, default)
    array = column.to_numpy() if isinstance(column, pl.Series) else column
    return np.asarray(array, dtype=np.float64)
