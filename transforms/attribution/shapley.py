"""Shapley values of channels when a coalition is worth the conversions it could have won alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from transforms.attribution.paths import Floats, Integers, Paths, add_up

# Sets of up to so many channels fit the bits of a signed integer.
MOST_BITS = 62
# All sets of up to so many channels fit a table.
MOST_COUNTED_BITS = 16


@dataclass(frozen=True, slots=True)
class Sets:
    """The distinct sets of channels in paths, as pairs of a set and a channel in it.

    `of_path[p]` is the set of path p, -1 for an empty path; `sizes[set]` how many channels it holds.
    """

    channels: int
    of_path: Integers
    sizes: Integers
    set_of_pair: Integers
    channel_of_pair: Integers

    def share_out(self, amounts: Floats) -> Floats:
        """Return each channel's part of the paths' amounts: a path's is split equally over its channels.

        That is the Shapley value (docs/decisions/0007-shapley-in-closed-form.md).
        """
        filled = self.of_path >= 0
        by_set = add_up(self.of_path[filled], amounts[filled], len(self.sizes))
        parts = (by_set / self.sizes)[self.set_of_pair]
        return add_up(self.channel_of_pair, parts, self.channels)


def sets_of(paths: Paths) -> Sets:
    """Return the sets of channels of the paths; few channels are held as bits, many as sorted pairs."""
    if len(paths.channels) <= MOST_BITS:
        return _sets_as_bits(paths)
    of_path = np.where(paths.is_filled, np.cumsum(paths.is_filled) - 1, -1)
    owners = of_path[paths.owners]
    pairs = np.unique(owners * len(paths.channels) + paths.codes)
    owner, channel = np.divmod(pairs, len(paths.channels))
    sizes = np.bincount(owner, minlength=int(paths.is_filled.sum()))
    return Sets(len(paths.channels), of_path, sizes, owner, channel)


def split_shapley(paths: Paths) -> Floats:
    """Return each touch's part: equal for the channels of a path, then for the touches of a channel."""
    pairs = paths.owners * len(paths.channels) + paths.codes
    _, pair_of_touch, touches = np.unique(pairs, return_inverse=True, return_counts=True)
    return paths.normalise(1.0 / touches[pair_of_touch])


def _sets_as_bits(paths: Paths) -> Sets:
    of_path = np.full(len(paths), -1, dtype=np.int64)
    bits = np.empty(0, dtype=np.int64)
    if len(paths.codes):
        flags = np.left_shift(np.int64(1), np.arange(len(paths.channels), dtype=np.int64))
        held = np.bitwise_or.reduceat(flags[paths.codes], paths.firsts)
        bits, of_path[paths.is_filled] = _number(held, len(paths.channels))
    member = (bits[:, None] >> np.arange(len(paths.channels))) & 1
    set_of_pair, channel_of_pair = np.nonzero(member)
    return Sets(len(paths.channels), of_path, member.sum(axis=1), set_of_pair, channel_of_pair)


def _number(held: Integers, channels: int) -> tuple[Integers, Integers]:
    """Return the distinct sets and the place of each path's set among them; few channels need no sorting."""
    if channels > MOST_COUNTED_BITS:
        bits, places = np.unique(held, return_inverse=True)
        return bits, places
    is_held = np.zeros(1 << channels, dtype=bool)
    is_held[held] = True
    return np.flatnonzero(is_held), (np.cumsum(is_held) - 1)[held]
