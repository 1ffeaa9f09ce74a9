"""Gold channel_uplift: conversions a channel began by its paths, and what its spend says it adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from pyspark.sql import DataFrame
from pyspark.sql import functions as fn

from lake.gold import GOLD
from lake.resampling import DRAWS, GROUPS, Interval, draw_groups, find_range, has_range
from transforms.attribution.data_driven import History, begin_paths, share_and_shape
from transforms.attribution.doubts import find_doubts
from transforms.attribution.paths import Floats, Paths, paths_of
from transforms.attribution.uplift import Shape
from transforms.spark.frames import DIGITS
from transforms.spark.job import Work

DAY_SECONDS = 86_400
# The job adds the rest.
FACTS = pl.DataFrame(
    schema={
        name: kind
        for name, kind in GOLD["channel_uplift"].schema.items()
        if name not in {"workspace_id", "window_days", "computed_at"}
    }
)


@dataclass(frozen=True)
class Begun:
    """Paths, and each touch's part of its conversion."""

    paths: Paths
    parts: Floats


def build_uplift(work: Work) -> None:
    """Rewrite the uplift of every window from its paths and the spend of the ads."""
    for days in work.windows:
        touches = work.tables.read("gold", "path_touch").where(f"window_days = {days} AND is_conversion")
        rows = measure(collect_paths(touches), collect_spend(work), float(days))
        # What is solved may differ in its last digits from run to run; what is kept does not.
        rows = rows.with_columns(pl.col(pl.Float64).round_sig_figs(DIGITS), computed_at=pl.lit(work.now_at))
        work.tables.replace("channel_uplift", rows, window_days=days)


def collect_paths(touches: DataFrame) -> pl.DataFrame:
    """Return one row a conversion: group, day, currency and value, the visits seen before it and their ages.

    The group is that of its person, for the intervals. Ages are in days. A shop's own word tells the last
    touch and nothing of the beginning: such a touch is no visit that was seen.
    """
    age = (fn.unix_micros("converted_at") - fn.unix_micros("occurred_at")) / (DAY_SECONDS * 1e6)
    facts = ("path_id", "position", "day_on", "currency", "value_micros", "event_id", "marketing_channel")
    group = fn.pmod(fn.crc32("person_id"), fn.lit(GROUPS)).cast("bigint")
    named = touches.select(*facts, age.alias("age"), fn.coalesce(group, fn.lit(0)).alias("group"))
    rows = pl.DataFrame(named.toArrow()).sort("path_id", "position")
    return rows.group_by("path_id", maintain_order=True).agg(
        pl.col("group", "day_on", "currency", "value_micros").first(),
        pl.col("marketing_channel", "age").filter(pl.col("event_id").is_not_null()),
    )


def collect_spend(work: Work) -> pl.DataFrame:
    """Return spend by channel, currency and day."""
    spend = work.tables.read("silver", "ad_daily").groupBy("channel", "currency", "day_on")
    rows = pl.DataFrame(spend.agg(fn.sum("spend_micros").alias("spend_micros")).toArrow())
    return rows.sort("channel", "currency", "day_on")


def measure(conversions: pl.DataFrame, spend: pl.DataFrame, window_days: float) -> pl.DataFrame:
    """Return one row a channel and currency of orders, as channel_uplift has them.

    A channel billed in several currencies is left out of what spend explains, and that is told.
    """
    mixed = find_mixed(spend)
    spend = spend.filter(~pl.col("channel").is_in([*mixed]))
    spent = spend.group_by(marketing_channel="channel").agg(pl.col("spend_micros").sum())
    found = [FACTS.clear()]
    for (currency,), mine in conversions.partition_by("currency", as_dict=True).items():
        history = find_history(mine["day_on"], spend)
        doubts = find_doubts(history, mine.filter(pl.col("age").list.len() > 0).height, mixed)
        sentences = "\n".join(doubt.told for doubt in doubts) or None
        rows = share_out(mine, history, window_days)
        rows = rows.with_columns(currency=pl.lit(currency), doubts=pl.lit(sentences, dtype=pl.String))
        found.append(rows.join(spent, "marketing_channel", how="left", maintain_order="left"))
    return pl.concat(found, how="diagonal_relaxed")


def find_mixed(spend: pl.DataFrame) -> dict[str, list[str]]:
    """Return the currencies of each channel that spends in several."""
    billed = spend.filter(pl.col("spend_micros") != 0).group_by("channel").agg(pl.col("currency").unique())
    return {name: found for name, found in billed.iter_rows() if len(found) > 1}


def share_out(conversions: pl.DataFrame, history: History, window_days: float) -> pl.DataFrame:
    """Return each channel's share, its share by paths alone, its conversions and their value.

    Conversions of which no visit was seen are thought to have come like the others. A channel's are
    worth what the orders are that its touches began, on average; where no visit shows it, what orders are
    worth at all.
    """
    total, value = conversions.height, float(conversions["value_micros"].fill_null(0).sum())
    seen = conversions.filter(pl.col("age").list.len() > 0)
    worth = seen["value_micros"].fill_null(0)
    paths = paths_of(seen["marketing_channel"], ages=seen["age"], value=worth)
    parts = begin_paths(paths, window_days)
    found, shapes = share_and_shape(paths, parts, history)
    shares = found or {"direct": 1.0}
    drawn = draw_shares(conversions, Begun(paths, parts), history, shapes, [*shares])
    begun = dict(zip(paths.channels, paths.total(parts).tolist(), strict=True))
    values = dict(zip(paths.channels, paths.total(parts * paths.spread(paths.value)).tolist(), strict=True))
    usual = value / total
    amounts = {
        name: share * (values[name] / begun[name] if begun.get(name) else usual)
        for name, share in shares.items()
    }
    scale = value / (sum(amounts.values()) or 1.0)
    return pl.DataFrame(
        {
            "marketing_channel": [*shares],
            "conversions": [share * total for share in shares.values()],
            "value_micros": [amounts[name] * scale for name in shares],
            "share": [*shares.values()],
            "share_low": None if drawn is None else drawn.share_low,
            "share_high": None if drawn is None else drawn.share_high,
            "path_share": [begun.get(name, 0.0) / max(len(paths), 1) for name in shares],
        }
    )


def draw_shares(
    conversions: pl.DataFrame, begun: Begun, history: History, shapes: Sequence[Shape], names: Sequence[str]
) -> Interval | None:
    """Return the intervals of the named shares; None where one group of persons has all conversions.

    Groups of persons are drawn anew with their orders and paths. What belongs in a path and how spend works
    over days are held fixed.
    """
    groups = conversions["group"].to_numpy()
    if not has_range(np.bincount(groups, minlength=GROUPS).astype(np.float64)):
        return None
    days = (conversions["day_on"] - conversions["day_on"].min()).dt.total_days().to_numpy()
    of_day = np.zeros((GROUPS, len(history.orders)))
    np.add.at(of_day, (groups, days), 1.0)
    of_path = conversions.filter(pl.col("age").list.len() > 0)["group"].to_numpy()
    drawn = []
    for weights in draw_groups(DRAWS // 2):
        again = replace(history, orders=weights @ of_day)
        shares, _ = share_and_shape(
            replace(begun.paths, conversions=weights[of_path]), begun.parts, again, shapes
        )
        drawn.append([shares.get(name, 0.0) for name in names])
    return find_range(np.array(drawn), np.array(drawn).sum(axis=1))


def find_history(days: pl.Series, spend: pl.DataFrame) -> History:
    """Return orders and spend of every day from the first conversion to the last."""
    ends = (pl.col("day_on").min(), pl.col("day_on").max())
    calendar = days.alias("day_on").to_frame().select(pl.date_range(*ends, interval="1d").alias("day_on"))
    counted = days.value_counts(name="orders")
    orders = calendar.join(counted, "day_on", how="left", maintain_order="left")["orders"].fill_null(0)
    columns = {}
    for (channel,), rows in spend.partition_by("channel", as_dict=True).items():
        joined = calendar.join(rows, "day_on", how="left", maintain_order="left")
        columns[str(channel)] = joined["spend_micros"].fill_null(0).cast(pl.Float64).to_numpy()
    weekdays = calendar["day_on"].dt.weekday().cast(pl.Int64).to_numpy() - 1
    return History(orders.cast(pl.Float64).to_numpy(), columns, weekdays)
