"""Gold attribution_total: what every model credits each channel, campaign and ad, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from lake.gold import CREDIT_MODELS, TOTAL_FACTS
from lake.resampling import DRAWS, GROUPS, draw_groups, find_range, has_range, range_of_groups
from transforms.attribution.removal import lose_states, remove_each
from transforms.spark.credits import shapley_at
from transforms.spark.walks import Floats, Walks

# Many names are slow to solve anew: above the first number half the draws must do, above the
# second the intervals are left unknown.
MOST_WITH_ALL_DRAWS, MOST_DRAWN = 50, 500
NAMING = ("grain", "marketing_channel", "campaign", "ad", "currency")
_COLUMNS = pl.DataFrame(
    schema={
        **dict.fromkeys(("model", *NAMING), pl.String()),
        **dict.fromkeys((*TOTAL_FACTS, "removal_effect"), pl.Float64()),
    }
)


@dataclass(frozen=True)
class Grain:
    """One grain's names and what was counted for them.

    `names` has the naming columns and `code`; `sums` the models' sums per group of persons, currency
    and ad; `walks` the steps between the names.
    """

    grain: str
    names: pl.DataFrame
    sums: pl.DataFrame
    walks: Walks


def total(grain: Grain) -> pl.DataFrame:
    """Return what each model credits the grain's names, one row a model and name with its facts."""
    draws = DRAWS if grain.walks.names <= MOST_WITH_ALL_DRAWS else DRAWS // 2
    weights = draw_groups(draws)
    drawn_shares = draw_shares(grain.walks, weights) if grain.walks.names <= MOST_DRAWN else None
    naming = [name for name in grain.names.columns if name != "code"]
    coded = grain.sums.join(grain.names, naming, nulls_equal=True).drop("marketing_channel", "campaign", "ad")
    found = [_COLUMNS.clear()]
    for (currency,), mine in coded.partition_by("currency", as_dict=True).items():
        found += _total_currency(grain, str(currency), mine.drop("currency"), weights, drawn_shares)
    return pl.concat(found)


def widen(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with the facts of all models side by side, as attribution_total has them.

    It adds no workspace, window and time of computing.
    """
    wide = rows.select(NAMING).unique(maintain_order=True)
    for model in CREDIT_MODELS.values():
        mine = rows.filter(pl.col("model") == model)
        facts = mine.select(*NAMING, *(pl.col(fact).alias(f"{model}_{fact}") for fact in TOTAL_FACTS))
        wide = wide.join(facts, NAMING, how="left", nulls_equal=True, maintain_order="left")
    effects = rows.filter(pl.col("removal_effect").is_not_null()).select(*NAMING, "removal_effect")
    return wide.join(effects, NAMING, how="left", nulls_equal=True, maintain_order="left")


def _total_currency(
    grain: Grain, currency: str, mine: pl.DataFrame, weights: Floats, drawn_shares: Floats | None
) -> Iterator[pl.DataFrame]:
    of_group = _table(mine, "linear").sum(axis=1)
    codes = np.unique(mine["code"].to_numpy())
    # The shares of whole conversions add up to a whole number; their rounding is taken back.
    won, worth = round(of_group.sum()), round(mine["linear_value"].sum())
    can_draw = has_range(of_group)
    for column, model in CREDIT_MODELS.items():
        if model == "markov":
            removal = remove_each(grain.walks.chain(currency))
            shares, values = removal.shares()
            facts = {"conversions": shares * won, "value_micros": values * worth}
            facts |= {"code": np.arange(grain.walks.names), "removal_effect": removal.conversions}
            totals = weights @ of_group
            is_drawn = can_draw and drawn_shares is not None
            drawn = find_range(drawn_shares * totals[:, None], totals) if is_drawn else None
        else:
            own = shapley_at(grain.grain) if model == "shapley" else column
            credited = _table(mine, own)[:, codes]
            facts = {"code": codes, "conversions": credited.sum(axis=0)}
            facts |= {"value_micros": _table(mine, f"{own}_value")[:, codes].sum(axis=0)}
            drawn = range_of_groups(credited, weights) if can_draw else None
        if drawn is not None:
            facts |= {"conversions_low": drawn.low, "conversions_high": drawn.high}
            facts |= {"share_low": drawn.share_low, "share_high": drawn.share_high}
        yield _name(
            grain, model, currency, pl.DataFrame(facts).with_columns(share=pl.col("conversions") / won)
        )


def _name(grain: Grain, model: str, currency: str, facts: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with their names; names without any credit are left out."""
    credited = facts.filter((pl.col("conversions") > 0) | (pl.col("value_micros") != 0))
    named = credited.join(grain.names, "code", maintain_order="left").drop("code")
    told = {"grain": grain.grain, "model": model, "currency": currency}
    own = named.with_columns(**{name: pl.lit(text) for name, text in told.items()})
    return pl.concat([_COLUMNS, own], how="diagonal")


def _table(sums: pl.DataFrame, column: str) -> Floats:
    """Return the sums of a column, a row per group of persons and a column per code."""
    table = np.zeros((GROUPS, int(sums["code"].to_numpy().max()) + 1))
    np.add.at(table, (sums["group"].to_numpy(), sums["code"].to_numpy()), sums[column].to_numpy())
    return table


def draw_shares(walks: Walks, weights: Floats) -> Floats:
    """Return Markov's share of each name in each draw of the groups, draws x names.

    Small chains of one name a state are solved all at once. The others one by one and by one thread: many
    chains wait for several threads longer than they are solved by one.
    """
    if walks.members.shape[1] == 1 and len(walks.members) <= MOST_WITH_ALL_DRAWS:
        return _draw_small(walks, weights)
    with threadpool_limits(1):
        return np.stack([remove_each(chain).shares()[0] for chain in walks.chains(weights)])


def _draw_small(walks: Walks, weights: Floats) -> Floats:
    counts = walks.weigh(weights)
    steps = np.zeros((len(weights), walks.names, walks.names))
    steps[:, counts.origins, counts.states] = counts.moves
    visits = steps.sum(axis=2) + counts.conversions + counts.nulls
    left = np.divide(1.0, visits, out=np.zeros_like(visits), where=visits > 0)
    lost = lose_states(counts.starts, steps * left[:, :, None], (counts.conversions * left)[:, :, None])
    effects = np.clip(lost[:, :, 0], 0.0, None)
    whole = effects.sum(axis=1, keepdims=True)
    return np.divide(effects, whole, out=np.zeros_like(effects), where=whole > 0)
