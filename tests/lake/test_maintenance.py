"""Many small arrivals end in few files, with every row and mark still there."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from lake.delta import Lake
from lake.maintenance import compact_if_needed, count_files, maintain, maintain_all

W = "w1"


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


def arrive(lake, number, rows=100):
    keys = [f"r{number}-{index}" for index in range(rows)]
    frame = pl.DataFrame({"record_key": keys}).with_columns(
        pl.lit(W).alias("workspace_id"), pl.lit("2026-03").alias("month"), pl.lit(number).alias("load_seq")
    )
    lake.append("bronze", "c__s", frame, {"ingest:x": number})
    compact_if_needed(lake, "bronze", "c__s")


def test_two_hundred_arrivals_of_a_hundred_rows_end_in_ten_files_or_fewer(lake):
    for number in range(200):
        arrive(lake, number)
    assert count_files(lake, "bronze", "c__s") <= 10
    rows = lake.read("bronze", "c__s", W)
    assert rows.height == rows["record_key"].n_unique() == 20_000
    assert lake.mark("bronze", "c__s", "ingest:x") == 199


def test_a_table_with_few_files_is_left_alone(lake):
    arrive(lake, 1)
    version = lake.version("bronze", "c__s")
    assert compact_if_needed(lake, "bronze", "c__s") is False
    assert compact_if_needed(lake, "bronze", "c__none") is False
    assert lake.version("bronze", "c__s") == version


def test_full_maintenance_removes_what_no_version_needs_and_keeps_the_marks(lake):
    for number in range(6):
        arrive(lake, number)
    folder = lake.folder("bronze", "c__s")
    done = maintain(lake, "bronze", "c__s", retention=timedelta(0))
    assert (done.files_before, done.files_after, done.files_removed) == (6, 1, 6)
    assert len(list(folder.rglob("*.parquet"))) == 1 + len(list(folder.glob("_delta_log/*.parquet")))
    assert lake.read("bronze", "c__s", W).height == 600
    assert lake.mark("bronze", "c__s", "ingest:x") == 5


def test_files_a_reader_may_still_hold_stay(lake):
    for number in range(6):
        arrive(lake, number)
    done = maintain(lake, "bronze", "c__s")
    assert (done.files_after, done.files_removed) == (1, 0)


def test_every_table_is_maintained(lake):
    arrive(lake, 1)
    now = datetime(2026, 3, 1, tzinfo=UTC)
    drift = {"workspace_id": [W], "field": ["f"], "first_seen_at": [now]}
    lake.append("ops", "drift", pl.DataFrame(drift))
    post = {"workspace_id": [W], "channel": ["c"], "day_on": [date(2026, 3, 1)], "month": ["2026-03"]}
    lake.append("silver", "ad_daily", pl.DataFrame(post))
    names = [(done.layer, done.name) for done in maintain_all(lake)]
    assert names == [("bronze", "c__s"), ("silver", "ad_daily"), ("ops", "drift")]
