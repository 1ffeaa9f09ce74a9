"""Rows found bad after they were loaded: their records go to quarantine and leave silver."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from ingestion.checkpoints import Place, read_marks, write_marks
from ingestion.deletions import leave_silver
from ingestion.plan import Marks
from ingestion.runner import safe_name
from lake.delta import Lake


def set_aside(lake: Lake, place: Place, reasons: pl.DataFrame, *, run_id: str, at: datetime) -> int:
    """Quarantine records that stand in silver; return how many were.

    Bronze gets two versions of each: the taking back, so that no reading of any day believes it
    longer, and the record itself with the reason. The vendor's same record is then known as bad,
    and a restated one is loaded as usual: received = loaded + quarantined goes on holding.

    Args:
        lake: The lake.
        place: The stream and account the records came from.
        reasons: `record_key` (distinct) and `reason`.
        run_id: The checking run, kept in place of a load's id.
        at: Instant of the run (UTC).
    """
    with lake.hold(f"load.{place.bronze}.{place.workspace}.{safe_name(place.account_id)}"):
        marks = read_marks(lake, place)
        known = read_alive(lake, place).join(reasons, on="record_key", how="inner")
        if known.is_empty():
            return 0
        taken_back, refused = marks.seq + 1, marks.seq + 2
        stamp = {"load_id": run_id, "loaded_at": at}
        gone = known.select("workspace_id", "account_id", "record_key", "day_on", "month").with_columns(
            is_deleted=pl.lit(value=True), load_seq=pl.lit(taken_back)
        )
        bad = known.drop("reason").with_columns(
            is_deleted=pl.lit(value=False), load_seq=pl.lit(refused), quarantined_because=known["reason"]
        )
        rows = pl.concat([gone, bad], how="diagonal_relaxed").with_columns(
            pl.lit(value).alias(name) for name, value in stamp.items()
        )
        after = Marks(seq=refused, until=marks.until, since=marks.since)
        lake.append("bronze", place.bronze, rows, write_marks(place, after))
        leave_silver(lake, place, known["record_key"], refused)
        return known.height


def read_alive(lake: Lake, place: Place) -> pl.DataFrame:
    """Return the last version of each record of the place that is not gone.

    One in quarantine already counts too: an older, good version of it may be what stands in silver.
    """
    rows = lake.scan("bronze", place.bronze, place.workspace)
    mine = rows.filter(pl.col("account_id") == place.account_id).collect()
    last = mine.sort("load_seq", maintain_order=True).unique("record_key", keep="last", maintain_order=True)
    return last.filter(~pl.col("is_deleted"))
