"""A table of paths in flat arrays: which channels were touched in which order, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

# Touches worked on at a time.
BLOCK = 1 << 17

Number = TypeVar("Number", np.int64, np.float64)
# Of one byte each where there are few channels: they are most of what a table of paths takes.
Codes = NDArray[np.int8] | NDArray[np.int16] | NDArray[np.int32]
Integers = NDArray[np.int64]
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
    offsets: Integers
    conversions: Floats
    value: Floats
    nulls: Floats
    ages: Floats | None = None

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> Integers:
        """Touches of each path."""
        return np.diff(self.offsets)

    @property
    def is_filled(self) -> NDArray[np.bool_]:
        """Whether a path has any touch."""
        return self.offsets[1:] > self.offsets[:-1]

    @property
    def firsts(self) -> Integers:
        """The place of the first touch of each filled path."""
        return self.of_filled(self.offsets[:-1])

    @property
    def lasts(self) -> Integers:
        """The place of the last touch of each filled path."""
        return self.of_filled(self.offsets[1:]) - 1

    def of_filled(self, amounts: NDArray[Number]) -> NDArray[Number]:
        """Return the amounts of the paths that have a touch."""
        filled = self.is_filled
        return amounts if filled.all() else amounts[filled]

    @property
    def owners(self) -> Integers:
        """The path each touch belongs to."""
        return np.repeat(np.arange(len(self), dtype=np.int64), self.lengths)

    @property
    def steps(self) -> Integers:
        """How many touches lie before each touch in its path."""
        return np.arange(len(self.codes), dtype=np.int64) - np.repeat(self.offsets[:-1], self.lengths)

    def blocks(self) -> Iterator[Paths]:
        """Yield the table in parts of so few touches that a core's cache holds what is made of them."""
        starts = np.searchsorted(self.offsets[:-1], np.arange(0, len(self.codes), BLOCK))
        for begin, end in pairwise([*np.unique(starts).tolist(), len(self)]):
            first, last = self.offsets[begin], self.offsets[end]
            yield Paths(
                self.channels,
                self.codes[first:last],
                self.offsets[begin : end + 1] - first,
                self.conversions[begin:end],
                self.value[begin:end],
                self.nulls[begin:end],
                None if self.ages is None else self.ages[first:last],
            )

    def only(self, kept: NDArray[np.bool_]) -> Paths:
        """Return the paths where `kept` holds."""
        touches = np.repeat(kept, self.lengths)
        return Paths(
            self.channels,
            self.codes[touches],
            np.concatenate(([0], np.cumsum(self.lengths[kept]))),
            self.conversions[kept],
            self.value[kept],
            self.nulls[kept],
            None if self.ages is None else self.ages[touches],
        )

    def spread(self, amounts: Floats) -> Floats:
        """Return the amount of its path for each touch."""
        return np.repeat(amounts, self.lengths)

    def normalise(self, weights: Floats) -> Floats:
        """Return the touches' weights scaled to sum to 1 in each path."""
        sums = np.ones(len(self))
        if len(weights):
            sums[self.is_filled] = np.add.reduceat(weights, self.firsts)
        return weights / self.spread(sums)

    def total(self, touch_amounts: Floats) -> Floats:
        """Return the sum of the touches' amounts for each channel."""
        return add_up(self.codes, touch_amounts, len(self.channels))


def add_up(places: NDArray[np.integer], amounts: Floats, size: int) -> Floats:
    """Return the sum of the amounts at each of the places 0 to `size` - 1."""
    return np.bincount(places, weights=amounts, minlength=size).astype(np.float64, copy=False)


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
    names = _flat(touches)
    channels = tuple(names.unique().sort().to_list())
    days = None if ages is None else _flat(ages).cast(pl.Float64).to_numpy()
    return Paths(
        channels,
        names.cast(pl.Enum(channels)).to_physical().cast(pl.Int32).to_numpy(),
        np.concatenate(([0], np.cumsum(lengths, dtype=np.int64))),
        _numbers(conversions, len(touches), 1.0),
        _numbers(value, len(touches), 0.0),
        _numbers(nulls, len(touches), 0.0),
        days,
    )


def _flat(lists: pl.Series) -> pl.Series:
    return lists.drop_nulls().list.explode(empty_as_null=False, keep_nulls=False)


def _numbers(column: pl.Series | Floats | None, size: int, default: float) -> Floats:
    if column is None:
        return np.full(size, default)
    return np.asarray(column.to_numpy() if isinstance(column, pl.Series) else column, dtype=np.float64)
