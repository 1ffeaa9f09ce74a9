"""Ids that a spreadsheet rounded say nothing: names are taken instead, or the file is refused."""

from __future__ import annotations

import pytest

from core.errors import BadInput
from ingestion.csv.source import Choice
from tests.ingestion.csv_desk import Desk

HEAD = "Day,Campaign ID,Campaign name,Impressions,Clicks,Cost,Currency code\n"
MAILS = (
    "Campaign ID,Subject,Send Time,Total Recipients,Unique Opens\n"
    "{},Hello,2026-07-01 10:00:00,10,1\n{},Again,2026-07-02 10:00:00,20,2\n"
)


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def bring(desk, one, other):
    rows = f"2026-07-01,{one},A,10,1,2.50,USD\n2026-07-01,{other},B,11,2,3.50,USD\n"
    [result] = desk.bring(desk.write("ads.csv", HEAD + rows), choice=Choice("tiktok_ads"))
    return result, dict(desk.silver("ad_daily").select("campaign_id", "spend_micros").iter_rows())


@pytest.mark.case("files/19")
@pytest.mark.parametrize("ids", [
    ("1.2021E+17", "1.2021E+17"), ('"1,2021e+17"', '"1,2021e+17"'), ("'1E+17", "1E+17"),
    ("120210090000031000", "120210090000032000"),
])  # fmt: skip
def test_rounded_ids_give_way_to_names(desk, ids):
    result, spend = bring(desk, *ids)
    assert spend == {"A": 2_500_000, "B": 3_500_000}
    assert "a spreadsheet rounded these ids" in " ".join(result.notes)


@pytest.mark.parametrize("ids", [
    ("120210090000031000", "120210090000032012"), ("12021009000003", "12021009000000"),
    ("100000000000000", "200000000000000"), ("1E17", "2E17"),
])  # fmt: skip
def test_whole_ids_stand(desk, ids):
    result, spend = bring(desk, *ids)
    assert set(spend) == set(ids)
    assert "rounded" not in " ".join(result.notes)


def test_rounded_ids_of_mails_are_refused_with_what_to_do(desk):
    file = desk.write("mails.csv", MAILS.format("7.21045E+12", "7.21045E+12"))
    with pytest.raises(BadInput, match=r"writes Campaign ID as 7.21045E\+12.*export the file again"):
        desk.bring(file, choice=Choice("klaviyo"))
    assert desk.lake.tables("silver") == []
