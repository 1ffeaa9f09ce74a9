"""The credits of conversions as they are read: Markov's follow from the effects of the channels."""

from __future__ import annotations

import polars as pl

PATH = ("window_days", "path_id")


def add_markov(credited: pl.LazyFrame, effects: pl.LazyFrame) -> pl.LazyFrame:
    """Return rows of attribution_credit with `markov`, by the rows of channel_effect of their workspace.

    It is Shapley's share times the channel's removal effect, as part of the path's sum of these. Channels
    that never convert have no effect; a path of them alone is shared as Shapley does.
    """
    known = effects.select("window_days", "marketing_channel", "effect")
    weighed = credited.join(known, ["window_days", "marketing_channel"], how="left", nulls_equal=True)
    by_effect = pl.col("shapley") * pl.col("effect").fill_null(0.0)
    whole = by_effect.sum().over(PATH, order_by="position")
    markov = pl.when(whole > 0).then(by_effect / whole).otherwise("shapley")
    return weighed.with_columns(markov=markov).drop("effect")
