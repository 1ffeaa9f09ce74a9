"""Gold attribution_credit, channel_effect and attribution_total: shares of every conversion, and the sums."""

from __future__ import annotations

import polars as pl
from pyspark.sql import DataFrame
from pyspark.sql import functions as fn

from lake.resampling import GROUPS
from transforms.attribution.removal import remove_each
from transforms.spark.credits import GRAINS, add_up, shapley_at, share_conversions, share_equally
from transforms.spark.frames import DIGITS
from transforms.spark.job import Work
from transforms.spark.totals import Grain, total, widen
from transforms.spark.walks import Walks, count_walks

FINER = ("campaign", "ad")
MODELS = (
    "first", "last", "last_non_direct", "linear", "position_based", "time_decay",
    "shapley", *(shapley_at(grain) for grain in FINER),
)  # fmt: skip


def build_attribution(work: Work) -> None:
    """Rewrite credits and totals of every window from its paths."""
    for days in work.windows:
        attribute(work, days)


def attribute(work: Work, days: int) -> None:
    """Rewrite credits and totals of one window.

    Spark counts the steps between touches, the kernel solves the chain; what comes out is kept by channel,
    as every conversion moves it. Spark shares every conversion by the models that look at its path alone.
    Markov's totals are the model's own at each grain (they share the whole, not single paths); all other
    totals are the sums of the credits.
    """
    touches = work.tables.read("gold", "path_touch").where(f"window_days = {days}")
    names = name_states(touches)
    walks = count_all_walks(work, touches, names)
    effects = names["channel"].select(
        "marketing_channel", effect=pl.Series(remove_each(walks["channel"].chain()).conversions)
    )
    effects = effects.with_columns(pl.col("effect").round_sig_figs(DIGITS))
    work.tables.replace("channel_effect", effects, window_days=days)
    shares = share_conversions(touches, work.half_life_days)
    work.tables.replace("attribution_credit", shares, window_days=days)
    credited = work.tables.read("gold", "attribution_credit").where(f"window_days = {days}")
    played = share_equally(credited, FINER)
    group = fn.pmod(fn.crc32("person_id"), fn.lit(GROUPS)).cast("bigint")
    by = ("group", "currency", *GRAINS["ad"])
    sums = pl.DataFrame(add_up(played.withColumn("group", group), MODELS, by).toArrow())
    sums = sums.with_columns(pl.col(pl.Decimal).cast(pl.Float64)).sort(by)
    found = [total(Grain(grain, names[grain], sums, walks[grain])) for grain in GRAINS]
    # What is solved may differ in its last digits from run to run; what is kept does not.
    rows = widen(pl.concat(found)).with_columns(
        pl.col(pl.Float64).round_sig_figs(DIGITS), computed_at=pl.lit(work.now_at)
    )
    work.tables.replace("attribution_total", rows, window_days=days)


def name_states(touches: DataFrame) -> dict[str, pl.DataFrame]:
    """Return the names of every grain: the naming columns and a `code`, in the order of the names."""
    columns = list(GRAINS["ad"])
    seen = pl.DataFrame(touches.select(*columns).distinct().toArrow())
    sorted_by_grain = {
        grain: seen.select(naming).unique().sort(naming, nulls_last=False) for grain, naming in GRAINS.items()
    }
    return {grain: names.with_row_index("code") for grain, names in sorted_by_grain.items()}


def count_all_walks(work: Work, touches: DataFrame, names: dict[str, pl.DataFrame]) -> dict[str, Walks]:
    """Return the walks between channels, campaigns and ads.

    Those between ads hold the others. An order above 1 is for channels: campaigns and ads are too many
    to be seen in twos and threes often enough.
    """
    ads = names["ad"]
    fine = count_walks(touches, work.tables.send(ads.cast({"code": pl.Int64})), ads.height)
    walks = {"ad": fine}
    for grain in ("campaign", "channel"):
        known = names[grain]
        codes = ads.join(known, list(GRAINS[grain]), nulls_equal=True, maintain_order="left")["code_right"]
        walks[grain] = fine.renamed(codes.cast(pl.Int64).to_numpy(), known.height)
    if work.markov_order > 1:
        channels = names["channel"].cast({"code": pl.Int64})
        walks["channel"] = count_walks(
            touches, work.tables.send(channels), channels.height, work.markov_order
        )
    return walks
