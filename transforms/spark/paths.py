"""Gold path_touch: the ordered touches of every person before a conversion, and those that led to none."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as fn

from transforms.spark.channels import DIRECT
from transforms.spark.job import Work
from transforms.spark.persons import name_persons
from transforms.spark.tables import Tables
from transforms.spark.visits import ORIGIN, name_channels, read_events, read_orders, read_visits

DAY_MICROS = 86_400_000_000
# A page view without origin this soon after the last one is the same visit, as in Google Analytics.
VISIT_MICROS = 30 * 60 * 1_000_000
CHANNEL = ("marketing_channel", "channel_group", "channel_class", "campaign", "ad")


def build_paths(work: Work) -> None:
    """Rewrite the paths of every window."""
    for days in work.windows:
        work.tables.replace("path_touch", find_paths(work.tables, days), window_days=days)


def find_paths(tables: Tables, days: int) -> DataFrame:
    """Return the touches of every path, as path_touch has them.

    A touch lies at most `days` before its conversion, both ends included; it can be in the path of
    several. Touches that led to none are a person's paths without conversion: a gap longer than the
    window begins a new one. A conversion that no visit with an origin preceded takes the shop's own
    word, as a touch without event at its end; where the shop knows nothing either, it is direct.
    """
    events = read_events(tables)
    visits, orders = read_visits(events), read_orders(tables)
    origins = fn.broadcast(name_channels(tables, visits, orders))
    visits, orders, meetings = name_persons(tables, events, visits, orders)
    visits = visits.join(origins, list(ORIGIN)).drop(*ORIGIN)
    orders = orders.join(origins, list(ORIGIN)).drop(*ORIGIN)
    return number(gather(visits, orders, meetings, days), days)


def gather(visits: DataFrame, orders: DataFrame, meetings: DataFrame, days: int) -> DataFrame:
    """Return every touch once for each conversion it led to, or once without, and every conversion's end.

    The end is a row without event that carries what the shop itself saw last.
    """
    shop_channel = fn.col("marketing_channel").alias("shop_channel")
    led_to = meetings.join(
        orders.select(
            "path_id",
            fn.col("person_id").alias("buyer"),
            "converted_at",
            fn.col("day_on").alias("converted_on"),
            "currency",
            "value_micros",
            shop_channel,
        ),
        "path_id",
    )
    age = micros_between(visits["occurred_at"], led_to["converted_at"])
    is_meant = led_to["only_persons"].isNull() | visits["person_key"].isNull()
    is_meant = is_meant | fn.array_contains(led_to["only_persons"], visits["person_key"])
    meets = (visits["meeting_key"] == led_to["meeting_key"]) & age.between(0, days * DAY_MICROS) & is_meant
    touched = visits.join(led_to, meets, "left").select(
        "path_id",
        fn.coalesce("buyer", "person_id").alias("person_id"),
        "converted_at",
        fn.coalesce("converted_on", "day_on").alias("day_on"),
        "currency",
        "value_micros",
        "shop_channel",
        "event_id",
        "occurred_at",
        *CHANNEL,
    )
    ends = orders.select(
        "path_id",
        "person_id",
        "converted_at",
        "day_on",
        "currency",
        "value_micros",
        shop_channel,
        fn.lit(None).cast("string").alias("event_id"),
        fn.col("converted_at").alias("occurred_at"),
        *CHANNEL,
    )
    return touched.union(ends)


def number(rows: DataFrame, days: int) -> DataFrame:
    """Return the rows with path_id, position and touches.

    Left out are page views that only continue a visit, and ends that say nothing new. One order of the
    rows serves every step, so that they are sorted once; the end of a conversion comes after its events.
    """
    is_conversion = fn.col("path_id").isNotNull()
    rows = rows.withColumn("is_conversion", is_conversion)
    rows = rows.withColumn("owner", fn.coalesce("path_id", "person_id"))
    order = Window.partitionBy("is_conversion", "owner").orderBy(
        "occurred_at", fn.col("event_id").asc_nulls_last()
    )
    whole = order.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    so_far = order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    later = order.rowsBetween(1, Window.unboundedFollowing)
    pause = micros_between(fn.lag("occurred_at").over(order), fn.col("occurred_at"))
    is_event, is_direct = fn.col("event_id").isNotNull(), fn.col("marketing_channel") == DIRECT
    is_continued = is_direct & (pause <= VISIT_MICROS)
    marked = rows.select(
        "*",
        fn.when(~is_event | is_continued, 0).otherwise(1).alias("is_touch"),
        fn.max(is_event & ~is_direct).over(whole).alias("has_origin"),
        (pause.isNull() | (~is_conversion & (pause > days * DAY_MICROS))).alias("is_first"),
        fn.lag("day_on").over(order).alias("day_before"),
    )
    counted = marked.select("*", fn.sum("is_touch").over(so_far).alias("nth"))
    first_nth = fn.when(fn.col("is_first"), fn.col("nth"))
    placed = counted.select(
        "*",
        fn.max("nth").over(whole).alias("seen"),
        fn.max(first_nth).over(so_far).alias("first_nth"),
        fn.min(first_nth).over(later).alias("next_nth"),
        fn.max(fn.when(fn.col("is_first"), fn.col("occurred_at"))).over(so_far).alias("first_at"),
        fn.min(fn.when(fn.col("is_first"), fn.col("day_before"))).over(later).alias("last_on"),
        fn.max("day_on").over(whole).alias("newest_on"),
    )
    is_told_by_shop = ~fn.col("has_origin") & (fn.col("shop_channel") != DIRECT)
    has_end = is_conversion & ((fn.col("seen") == 0) | is_told_by_shop)
    ends = fn.when(has_end, 1).otherwise(0)
    position = fn.col("nth") - fn.greatest(fn.col("first_nth"), fn.lit(1)) + 1
    touches = (
        fn.coalesce(fn.col("next_nth") - 1, fn.col("seen") + ends) - fn.greatest("first_nth", fn.lit(1)) + 1
    )
    begun = fn.concat_ws("|", "person_id", fn.unix_micros("first_at").cast("string"))
    is_end = fn.col("event_id").isNull()
    return placed.where((fn.col("is_touch") == 1) | (is_end & (ends == 1))).select(
        fn.coalesce("path_id", begun).alias("path_id"),
        "person_id",
        "is_conversion",
        "converted_at",
        fn.coalesce("last_on", "newest_on").alias("day_on"),
        "currency",
        "value_micros",
        fn.when(is_end, fn.col("seen") + 1).otherwise(position).alias("position"),
        touches.alias("touches"),
        "event_id",
        "occurred_at",
        *CHANNEL,
    )


def micros_between(earlier: Column, later: Column) -> Column:
    """Return the microseconds from one instant to another."""
    return fn.unix_micros(later) - fn.unix_micros(earlier)
