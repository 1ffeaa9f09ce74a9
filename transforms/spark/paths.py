"""Gold path_touch: the ordered touches of every person before a conversion, and those that led to none."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as fn
from pyspark.sql.window import WindowSpec

from transforms.spark.channels import DIRECT
from transforms.spark.frames import next_known, so_far
from transforms.spark.job import Work
from transforms.spark.persons import name_persons
from transforms.spark.tables import Tables
from transforms.spark.visits import ORIGIN, name_channels, read_events, read_orders, read_visits

DAY_MICROS = 86_400_000_000
# A page view without origin this soon after the last one is the same visit, as in Google Analytics.
VISIT_MICROS = 30 * 60 * 1_000_000
# Enough for few paths a bucket, and few enough for many.
BUCKETS = 4096
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
    visits, orders, meetings = name_persons(tables.read("gold", "person_key"), events, visits, orders)
    visits = visits.join(origins, list(ORIGIN)).drop(*ORIGIN)
    orders = orders.join(origins, list(ORIGIN)).drop(*ORIGIN)
    return number(gather(visits, orders, meetings, days), days)


def gather(visits: DataFrame, orders: DataFrame, meetings: DataFrame, days: int) -> DataFrame:
    """Return every touch once for each conversion it led to, or once without, and every conversion's end.

    The end is a row without event that carries what the shop itself saw last.
    """
    led_to = meetings.join(
        orders.select(
            "path_id",
            fn.col("person_id").alias("buyer"),
            "converted_at",
            fn.col("day_on").alias("converted_on"),
            "currency",
            "value_micros",
        ),
        "path_id",
    )
    age = micros_between(visits["occurred_at"], led_to["converted_at"])
    is_meant = led_to["only_persons"].isNull() | visits["person_key"].isNull()
    is_meant = is_meant | fn.array_contains(led_to["only_persons"], visits["person_key"])
    meets = (visits["meeting_key"] == led_to["meeting_key"]) & age.between(0, days * DAY_MICROS) & is_meant
    # The few on the left: an engine may hold the left side of a join in memory.
    touched = led_to.join(visits, meets, "right").select(
        "path_id",
        fn.coalesce("buyer", "person_id").alias("person_id"),
        "converted_at",
        fn.coalesce("converted_on", "day_on").alias("day_on"),
        "currency",
        "value_micros",
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
        fn.lit(None).cast("string").alias("event_id"),
        fn.col("converted_at").alias("occurred_at"),
        *CHANNEL,
    )
    return touched.union(ends)


def number(rows: DataFrame, days: int) -> DataFrame:
    """Return the rows with path_id, position and touches.

    Left out are page views that only continue a visit, and ends that say nothing new. One order of the
    rows serves every step, so that they are sorted once; the end of a conversion comes after its events.
    Windows are over buckets of many paths, as millions of small ones are slow: counts run on from path
    to path, and what was counted before a path is taken off.
    """
    is_conversion, owner = fn.col("path_id").isNotNull(), fn.coalesce("path_id", "person_id")
    bucket = fn.pmod(fn.crc32(owner), fn.lit(BUCKETS)) * 2 + is_conversion.cast("int")
    order = Window.partitionBy("bucket").orderBy("owner", "occurred_at", fn.col("event_id").asc_nulls_last())
    marked = mark(rows.select("*", owner.alias("owner"), bucket.alias("bucket")), order, days)
    counted = count_touches(marked, order)
    upto = fn.coalesce("ended_after", next_known("ended_after").over(order))
    begun = fn.concat_ws("|", "person_id", fn.unix_micros("begun_at").cast("string"))
    placed = counted.select(
        fn.coalesce("path_id", begun).alias("path_id"),
        "person_id",
        is_conversion.alias("is_conversion"),
        "converted_at",
        fn.coalesce("ended_on", next_known("ended_on").over(order)).alias("day_on"),
        "currency",
        "value_micros",
        (fn.col("nth") + fn.col("is_end") - fn.col("begun_after")).alias("position"),
        (upto - fn.col("begun_after")).alias("touches"),
        "event_id",
        "occurred_at",
        *CHANNEL,
        (fn.col("is_touch") + fn.col("is_end")).alias("is_kept"),
    )
    return placed.where("is_kept = 1").drop("is_kept")


def mark(rows: DataFrame, order: WindowSpec, days: int) -> DataFrame:
    """Return the rows with `is_touch` (1, or 0 for ends and continued visits) and `is_first` of a path."""
    is_same = fn.lag("owner").over(order).eqNullSafe(fn.col("owner"))
    pause = micros_between(fn.lag("occurred_at").over(order), fn.col("occurred_at"))
    is_continued = is_same & (fn.col("marketing_channel") == DIRECT) & (pause <= VISIT_MICROS)
    is_late = fn.col("path_id").isNull() & (pause > days * DAY_MICROS)
    return rows.select(
        "*",
        fn.when(fn.col("event_id").isNull() | is_continued, 0).otherwise(1).alias("is_touch"),
        (~is_same | is_late).alias("is_first"),
    )


def count_touches(rows: DataFrame, order: WindowSpec) -> DataFrame:
    """Return the rows with `nth`, a running number of touches, and what it is around the row's path.

    `begun_after` is the number before the path, `ended_after` (on its last row) the one at its end;
    `is_end` is 1 for the end of a conversion that counts as its last touch. The path began at `begun_at`
    and ended on `ended_on` (on its last row).
    """
    before = so_far(order)
    counted = rows.select(
        "*",
        fn.sum("is_touch").over(before).alias("nth"),
        fn.lead("is_first", default=True).over(order).alias("is_last"),
    )
    is_event, is_direct = fn.col("event_id").isNotNull(), fn.col("marketing_channel") == DIRECT
    nth_before = fn.when(fn.col("is_first"), fn.col("nth") - fn.col("is_touch"))
    first_at = fn.when(fn.col("is_first"), fn.col("occurred_at"))
    placed = counted.select(
        "*",
        fn.max(nth_before).over(before).alias("begun_after"),
        fn.last(first_at, ignorenulls=True).over(before).alias("begun_at"),
        fn.max(fn.when(is_event & ~is_direct, fn.col("nth"))).over(before).alias("nth_with_origin"),
    )
    # The end is the last row of a conversion: what came so far is all there is.
    has_touch = fn.col("nth") > fn.col("begun_after")
    has_origin = fn.coalesce("nth_with_origin", fn.lit(0)) > fn.col("begun_after")
    is_told = ~is_event & (~has_touch | (~has_origin & ~is_direct))
    ended = placed.withColumn("is_end", fn.when(is_told, 1).otherwise(0))
    return ended.select(
        "*",
        fn.when(fn.col("is_last"), fn.col("nth") + fn.col("is_end")).alias("ended_after"),
        fn.when(fn.col("is_last"), fn.col("day_on")).alias("ended_on"),
    )


def micros_between(earlier: Column, later: Column) -> Column:
    """Return the microseconds from one instant to another."""
    return fn.unix_micros(later) - fn.unix_micros(earlier)
