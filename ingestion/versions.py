"""Records against the last version of each in bronze: new, changed, the same, gone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from channels.contract import Stream
from core.time import Days
from ingestion.checkpoints import Place
from ingestion.parse import join_escaped
from lake.delta import Lake
from lake.layout import NO_MONTH

LATEST: dict[str, pl.DataType] = {
    "record_key": pl.String(),
    "payload_hash": pl.String(),
    "is_deleted": pl.Boolean(),
    "is_bad": pl.Boolean(),
    "day_on": pl.Date(),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """A batch beside what was known.

    Attributes:
        fresh: Distinct records to store: columns of the batch plus `is_new` and `copies`.
        known_good: How many received records are as stored, and good.
        known_bad: How many received records are as stored, in quarantine.
    """

    fresh: pl.DataFrame
    known_good: int
    known_bad: int


def read_latest(lake: Lake, place: Place, months: list[str] | None) -> pl.DataFrame:
    """Return the last version of each record (`LATEST`), only of those months when given."""
    rows = lake.scan("bronze", place.bronze, place.workspace)
    rows = rows.filter(pl.col("account_id") == place.account_id)
    if months is not None:
        rows = rows.filter(pl.col("month").is_in([*months, NO_MONTH]))
    found = rows.select(
        "record_key",
        "payload_hash",
        "is_deleted",
        pl.col("quarantined_because").is_not_null().alias("is_bad"),
        "day_on",
        "load_seq",
    ).collect()
    last = found.sort("load_seq", maintain_order=True).unique("record_key", keep="last", maintain_order=True)
    return last.select(list(LATEST))


def months_of(days: Days) -> list[str]:
    """Return the months a range of days touches, as `2026-08`."""
    months = pl.date_range(days.first.replace(day=1), days.last, "1mo", eager=True)
    return months.dt.strftime("%Y-%m").to_list()


def read_days(stream: Stream, batch: pl.DataFrame) -> pl.DataFrame:
    """Return the batch with `day_on`; in a window stream a record without a day gets a reason."""
    if stream.day is None:
        return batch.with_columns(pl.lit(None, pl.Date).alias("day_on"))
    text = pl.col("day")
    day = pl.coalesce(
        text.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False), text.str.to_date("%Y%m%d", strict=False)
    )
    batch = batch.with_columns(day.alias("day_on"))
    if stream.reading != "window":
        return batch
    why = pl.when(pl.col("day_on").is_null()).then(pl.lit("the day cannot be read"))
    return batch.with_columns(pl.coalesce("reason", why).alias("reason"))


def compare(batch: pl.DataFrame, latest: pl.DataFrame) -> Compared:
    """Tell what of a batch is not stored yet; of copies of a record the last change counts."""
    batch = batch.with_columns(pl.len().over("record_key").alias("copies"))
    if batch["changed"].null_count() < batch.height:
        batch = batch.sort("changed", nulls_last=False, maintain_order=True)
    batch = batch.unique("record_key", keep="last", maintain_order=True)
    beside = batch.join(
        latest.rename({"payload_hash": "old_hash", "day_on": "old_day"}),
        on="record_key",
        how="left",
        maintain_order="left",
    )
    same = (pl.col("old_hash") == pl.col("payload_hash")).fill_null(value=False)  # a tombstone has no hash
    known = beside.filter(same)
    fresh = beside.filter(~same).with_columns(pl.col("is_deleted").fill_null(value=True).alias("is_new"))
    good = int(known.filter(~pl.col("is_bad"))["copies"].sum())
    return Compared(fresh.select(*batch.columns, "is_new"), good, int(known["copies"].sum()) - good)


def find_gone(
    latest: pl.DataFrame, seen: pl.Series, days: Days | None, objects: Collection[str] | None = None
) -> pl.DataFrame:
    """Return the stored records (`LATEST`) that a complete reading of those days no longer shows.

    With `objects`, only records of these were read: the first part of a record's key names its object.
    """
    alive = latest.filter(~pl.col("is_deleted"))
    if days is not None:
        alive = alive.filter(pl.col("day_on").is_between(days.first, days.last))
    if objects is not None:
        spellings = {*objects, *(join_escaped([key]) for key in objects)}
        owner = pl.col("record_key").str.extract(r"^((?:\\.|[^\\|]|\\)*?)(?:\||$)")
        alive = alive.filter(owner.is_in(sorted(spellings)))
    return alive.join(seen.alias("record_key").to_frame(), on="record_key", how="anti", maintain_order="left")
