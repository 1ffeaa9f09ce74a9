"""Counts the steps of all paths in Spark, so that the kernel can solve their Markov chain on the driver."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as fn
from pyspark.sql.window import WindowSpec
from scipy import sparse

from lake.resampling import GROUPS
from transforms.attribution.chain import Chain

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Counts:
    """Weights of paths in every draw: draws x states, and for `moves` draws x the steps that were seen.

    Step number `n` goes from state `origins[n]` to state `states[n]`.
    """

    starts: Floats
    conversions: Floats
    value: Floats
    nulls: Floats
    moves: Floats
    origins: Codes
    states: Codes


@dataclass(frozen=True)
class Walks:
    """Steps between states, and where paths begin and end, per group of persons.

    `members[state]` holds the names' codes of a state (-1: none), `names` how many names there are.
    `ends` has the columns group, state, currency, starts, conversions, nulls, value; `steps` has group,
    before, state, number.
    """

    members: NDArray[np.int32]
    names: int
    ends: pl.DataFrame
    steps: pl.DataFrame

    def renamed(self, codes: Codes, names: int) -> Walks:
        """Return the walks of order 1 with coarser names: `codes[code]` is a name's new code."""
        ends = self.ends.with_columns(_recode(self.ends["state"], codes))
        steps = self.steps.with_columns(
            _recode(self.steps["before"], codes), _recode(self.steps["state"], codes)
        )
        ends = ends.group_by("group", "state", "currency").sum()
        steps = steps.filter(pl.col("before") != pl.col("state")).group_by("group", "before", "state").sum()
        return Walks(np.arange(names, dtype=np.int32)[:, None], names, ends, steps)

    def chain(self, currency: str | None = None) -> Chain:
        """Return the chain of all paths; its value is that of conversions in the one currency."""
        return next(self.chains(np.ones((1, GROUPS)), currency))

    def chains(self, weights: Floats, currency: str | None = None) -> Iterator[Chain]:
        """Yield a chain per row of weights: the paths of a group count as often as its weight says."""
        counts = self.weigh(weights, currency)
        rows = np.searchsorted(counts.origins, np.arange(len(self.members) + 1))
        for often in range(len(weights)):
            moves = (counts.moves[often], counts.states, rows)
            steps = sparse.csr_array(moves, shape=(len(self.members),) * 2)
            ends = (counts.conversions[often], counts.value[often], counts.nulls[often])
            yield Chain(self.members, self.names, counts.starts[often], steps, *ends)

    def weigh(self, weights: Floats, currency: str | None = None) -> Counts:
        """Return the counts of all draws; the paths of a group count as often as a row's weight says."""
        size = len(self.members)
        is_worth = pl.col("currency").eq_missing(pl.lit(currency, dtype=pl.String))
        ends = self.ends.with_columns(worth=pl.when(is_worth).then("value").otherwise(0.0))
        starts, conversions, value, nulls = (
            (_by_group(ends["state"].to_numpy(), ends, name, size) @ weights.T).T
            for name in ("starts", "conversions", "worth", "nulls")
        )
        cells = self.steps["before"].to_numpy() * size + self.steps["state"].to_numpy()
        known, place = np.unique(cells, return_inverse=True)
        moves = _by_group(place, self.steps, "number", len(known))
        origins, states = np.divmod(known, size)
        return Counts(starts, conversions, value, nulls, (moves @ weights.T).T, origins, states)


def count_walks(touches: DataFrame, codes: DataFrame, names: int, order: int = 1) -> Walks:
    """Count the steps of paths whose touches bear codes.

    Args:
        touches: Rows of path_touch.
        codes: The code of every name: the naming columns and `code`, 0 up to `names` - 1.
        names: How many names there are.
        order: How many consecutive touches are a state; a shorter path is one state.
    """
    keyed = _key_states(touches, codes, names + 1, order)
    is_start, is_end = fn.col("position") == 1, fn.col("position") == fn.col("states")
    ended = [is_end & fn.col("is_conversion"), is_end & ~fn.col("is_conversion")]
    worth = fn.when(ended[0], fn.col("value_micros")).otherwise(0)
    counts = [fn.sum(fn.when(fact, 1).otherwise(0)) for fact in (is_start, *ended)]
    named = zip((*counts, fn.sum(worth)), ("starts", "conversions", "nulls", "value"), strict=True)
    ends = keyed.where(is_start | is_end).groupBy("group", "key", "currency")
    before = fn.when(~is_start, fn.lag("key").over(_in_order()))
    moves = keyed.where("states > 1").select("group", before.alias("before"), "key")
    moves = moves.where("before <> key").groupBy("group", "before", "key").agg(fn.count("*").alias("number"))
    return _read_walks(
        _collect(ends.agg(*(count.alias(name) for count, name in named))), _collect(moves), names, order
    )


def _key_states(touches: DataFrame, codes: DataFrame, base: int, order: int) -> DataFrame:
    """Return a row per state of a path: its number in the path and a key of the codes it consists of."""
    naming = [name for name in codes.columns if name != "code"]
    same = [fn.coalesce(touches[name], fn.lit("")) == fn.coalesce(codes[name], fn.lit("")) for name in naming]
    coded = touches.join(fn.broadcast(codes), same)
    group = fn.pmod(fn.crc32("person_id"), fn.lit(GROUPS)).cast("bigint")
    coded = coded.withColumn("group", group)
    digits = [fn.col("code") + 1]
    for ahead in range(1, order):
        is_inside = fn.col("position") + ahead <= fn.col("touches")
        digits.append(fn.when(is_inside, fn.lead("code", ahead).over(_in_order()) + 1).otherwise(0))
    key = sum((digit * base**place for place, digit in enumerate(reversed(digits))), fn.lit(0).cast("bigint"))
    keyed = coded.select(
        "path_id",
        "group",
        "position",
        "is_conversion",
        "currency",
        "value_micros",
        key.alias("key"),
        fn.greatest(fn.col("touches") - (order - 1), fn.lit(1)).alias("states"),
    )
    return keyed.where("position <= states")


def _in_order() -> WindowSpec:
    """Return the window of all paths of a group, one after the other; a row's position tells its path's ends.

    One for each path would be slow: there are millions.
    """
    return Window.partitionBy("group").orderBy("path_id", "position")


def _collect(rows: DataFrame) -> pl.DataFrame:
    return pl.DataFrame(rows.toArrow())


def _read_walks(ends: pl.DataFrame, steps: pl.DataFrame, names: int, order: int) -> Walks:
    """Number the states by their keys, in the order of the keys."""
    known = ends["key"].append(steps["key"]).append(steps["before"]).unique().sort()
    base = names + 1
    keys = known.to_numpy()
    digits = [keys // base**place % base - 1 for place in reversed(range(order))]
    if order == 1:  # every name is a state of its own, walked or not
        keys, digits = np.arange(1, base), [np.arange(names)]
    members = np.stack(digits, axis=1).astype(np.int32)

    def numbered(column: pl.Series, name: str) -> pl.Series:
        return pl.Series(name, np.searchsorted(keys, column.to_numpy()))

    amounts = ends.with_columns(pl.col("value").cast(pl.Float64), numbered(ends["key"], "state")).drop("key")
    moved = steps.with_columns(numbered(steps["before"], "before"), numbered(steps["key"], "state"))
    return Walks(members, names, amounts, moved.drop("key"))


def _by_group(place: Codes, counted: pl.DataFrame, name: str, size: int) -> sparse.csr_array:
    """Return a count as a table: a row per place, a column per group of persons."""
    cells = (place, counted["group"].to_numpy())
    numbers = counted[name].cast(pl.Float64).to_numpy()
    return sparse.csr_array(sparse.coo_array((numbers, cells), shape=(size, GROUPS)).tocsr())


def _recode(states: pl.Series, codes: Codes) -> pl.Series:
    return pl.Series(states.name, codes[states.to_numpy()])
