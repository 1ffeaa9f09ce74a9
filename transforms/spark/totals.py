"""Gold attribution_total: what every model credits each channel, campaign and ad, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from lake.gold import CREDIT_MODELS, GOLD
from lake.resampling import DRAWS, GROUPS, draw_groups, find_range, range_of_groups
from transforms.attribution.removal import remove_each
from transforms.spark.credits import shapley_at
from transforms.spark.walks import Floats, Walks

# Many names are slow to solve anew: above the first number half the draws must do, above the
# second the intervals are left unknown.
MOST_WITH_ALL_DRAWS, MOST_DRAWN = 50, 500
# The job adds the rest.
_COLUMNS = pl.DataFrame(
    schema={
        name: kind
        for name, kind in GOLD["attribution_total"].schema.items()
        if name not in {"workspace_id", "window_days", "computed_at"}
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
    """Return the grain's rows of attribution_total, without workspace, window and time of computing."""
    draws = DRAWS if grain.walks.names <= MOST_WITH_ALL_DRAWS else DRAWS // 2
    weights = draw_groups(draws)
    drawn_shares = _draw_shares(grain.walks, weights) if grain.walks.names <= MOST_DRAWN else None
    naming = [name for name in grain.names.columns if name != "code"]
    coded = grain.sums.join(grain.names, naming, nulls_equal=True).drop("marketing_channel", "campaign", "ad")
    found = [_COLUMNS.clear()]
    for (currency,), mine in coded.partition_by("currency", as_dict=True).items():
        found += _total_currency(grain, str(currency), mine.drop("currency"), weights, drawn_shares)
    return pl.concat(found)


def _total_currency(
    grain: Grain, currency: str, mine: pl.DataFrame, weights: Floats, drawn_shares: Floats | None
) -> Iterator[pl.DataFrame]:
    of_group = _table(mine, "linear").sum(axis=1)
    credited = mine.group_by("code").sum().sort("code")
    codes = credited["code"].to_numpy()
    # The shares of whole conversions add up to a whole number; their rounding is taken back.
    won, worth = round(of_group.sum()), round(credited["linear_value"].sum())
    for column, model in CREDIT_MODELS.items():
        if model == "markov":
            removal = remove_each(grain.walks.chain(currency))
            shares, values = removal.shares()
            facts = {"conversions": shares * won, "value_micros": values * worth}
            facts |= {"code": np.arange(grain.walks.names), "removal_effect": removal.conversions}
            totals = weights @ of_group
            drawn = None if drawn_shares is None else find_range(drawn_shares * totals[:, None], totals)
        else:
            own = shapley_at(grain.grain) if model == "shapley" else column
            facts = {"code": codes, "conversions": credited[own].to_numpy()}
            facts |= {"value_micros": credited[f"{own}_value"].to_numpy()}
            drawn = range_of_groups(_table(mine, own)[:, codes], weights)
        if drawn is not None:
            facts |= {"conversions_low": drawn.low, "conversions_high": drawn.high}
            facts |= {"share_low": drawn.share_low, "share_high": drawn.share_high}
        yield _name(
            grain, model, currency, pl.DataFrame(facts).with_columns(share=pl.col("conversions") / won)
        )


def _name(grain: Grain, model: str, currency: str, facts: pl.DataFrame) -> pl.DataFrame:
    """Return the rows as attribution_total has them; names without any credit are left out."""
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


def _draw_shares(walks: Walks, weights: Floats) -> Floats:
    """Return Markov's share of each name in each draw of the groups.

    One thread: the many small chains wait for several threads longer than they are solved by one.
    """
    with threadpool_limits(1):
        return np.stack([remove_each(chain).shares()[0] for chain in walks.chains(weights)])
