"""A home may be called anything: the lake is written, merged, read and used by Spark under every path."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4

import polars as pl
import pytest

from core.errors import BadInput
from core.settings import Settings
from lake.delta import Lake
from lake.merge import Change, apply_change
from lake.paths import plain_path, settle_lake
from transforms.spark.session import open_session
from transforms.spark.tables import Tables

AT = datetime(2026, 8, 1, tzinfo=UTC)
FOLDERS = (
    "my home",
    "Zuhause für Ö",
    "日本",
    "100%",
    "a%20b",
    "a[1]",
    "a]",
    "a#1",
    "why?",
    "x=y",
    "a*{b}",
    "a\\b",
    "a'b",
)


def load(lake: Lake, workspace: str, spend: int) -> None:
    row = {
        "day_on": date(2026, 7, 1),
        "campaign_id": "1",
        "ad_set_id": "",
        "ad_id": "",
        "network": "",
        "currency": "EUR",
        "impressions": 1,
        "clicks": 1,
        "spend_micros": spend,
        "record_key": "1",
        "load_id": "1",
        "loaded_at": AT,
    }
    rows = pl.DataFrame([row])
    apply_change(lake, "ad_daily", Change(workspace, "google_ads", "1", "ads", rows, rows["record_key"]), {})


@pytest.fixture(autouse=True)
def _own_data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.mark.case("files/22")
@pytest.mark.parametrize("folder", FOLDERS)
def test_a_lake_is_merged_and_read_under_any_path(tmp_path, folder):
    workspace = str(uuid4())
    for spend in (100, 250):
        lake = Lake(tmp_path / folder / "lake")
        load(lake, workspace, spend)
    assert lake.read("silver", "ad_daily", workspace)["spend_micros"].to_list() == [250]
    assert Lake(tmp_path / folder / "lake").count("silver", "ad_daily", workspace) == 1
    assert (tmp_path / folder / "lake" / "silver" / "ad_daily" / "_delta_log").is_dir()


@pytest.mark.case("files/22")
def test_spark_reads_and_replaces_tables_under_any_path(tmp_path):
    with open_session(Settings(home=tmp_path / "spark")) as spark:
        for folder in FOLDERS:
            workspace = uuid4()
            lake = Lake(tmp_path / folder / "lake")
            load(lake, str(workspace), 100)
            rows = Tables(spark, lake, workspace).read("silver", "ad_daily")
            assert rows.count() == 1, folder


def test_a_link_of_somebody_else_is_not_followed(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = tmp_path / "my home"
    link = plain_path(folder)
    link.unlink()
    link.symlink_to(tmp_path)
    with pytest.raises(BadInput, match="leads elsewhere"):
        plain_path(folder)


def test_a_folder_that_cannot_hold_a_lake_and_has_files_is_refused(tmp_path):
    (tmp_path / "a[1]" / "lake").mkdir(parents=True)
    with pytest.raises(BadInput, match="choose a --home"):
        settle_lake(tmp_path / "a[1]" / "lake")
