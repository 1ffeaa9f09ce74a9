from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import polars as pl
import pytest

from core.errors import BadInput, Conflict
from core.time import FixedClock
from ingestion.csv.importing import import_report
from lake.delta import Lake
from tests.shared import DATA

KAG = DATA / "kag_facebook_ads" / "KAG_conversion_data.csv"
FACEBOOK = DATA / "ad_platform_seeds" / "facebook_ads"
GOOGLE = DATA / "ad_platform_seeds" / "google_ads"
AT = FixedClock(datetime(2026, 8, 1, tzinfo=UTC))
HEADER = "Date,Campaign,Impressions,Clicks,Cost\n"


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


@pytest.fixture
def workspace():
    return uuid4()


@pytest.fixture
def bring(lake, workspace, tmp_path):
    """Import a file, or a text or bytes written to `report.csv`."""

    def run(content, name="report.csv", **more):
        file = content
        if not isinstance(content, Path):
            file = tmp_path / name
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return import_report(file, lake=lake, workspace=workspace, clock=AT, **more)

    return run


@pytest.fixture
def ads(lake, workspace):
    return lambda: lake.read("silver", "ad_daily", workspace).sort(
        "day_on", "campaign_id", "ad_set_id", "ad_id"
    )


@pytest.mark.shared
def test_the_real_facebook_report_without_dates_asks_for_one(bring):
    with pytest.raises(
        BadInput, match=r"KAG_conversion_data.csv has no column of days; .* --date YYYY-MM-DD"
    ):
        bring(KAG)


@pytest.mark.shared
def test_the_real_facebook_report_totals_to_the_minor_unit(bring, ads, lake, workspace):
    result = bring(KAG, date=date(2017, 8, 17), currency="USD")
    assert (result.channel, result.account_id) == ("meta_ads", "import:meta_ads")
    assert (result.spend_minor, result.currency) == (5_870_523, "USD")
    assert (result.impressions, result.clicks, result.claimed_conversions) == (213_434_828, 38_165, 3_264)
    assert (result.rows, result.new, result.quarantined) == (1143, 1143, 0)
    (note,) = result.notes
    assert note.startswith("Not taken, as the lake has no place for them: interest, Approved_Conversion;")
    rows = ads()
    assert round(Decimal(rows["spend_micros"].sum()) / 10_000) == 5_870_523
    assert rows["impressions"].sum() == 213_434_828
    assert rows["day_on"].unique().to_list() == [date(2017, 8, 17)]
    assert rows.group_by("campaign_id").len().sort("campaign_id").rows() == [
        ("1178", 625),
        ("916", 54),
        ("936", 464),
    ]
    bronze = lake.read("bronze", "meta_ads__report_import", workspace)
    assert bronze.height == 1143
    assert all('"interest"' in payload for payload in bronze["payload"])  # columns we do not use are kept


@pytest.mark.shared
def test_the_facebook_table_takes_purchases_from_the_file_beside_it(bring, ads, tmp_path):
    result = bring(FACEBOOK / "facebook_ads_basic_ad_data.csv", currency="USD")
    assert (result.spend_minor, result.impressions, result.clicks) == (64_363, 37_275, 149)
    assert result.claimed_conversions == 0  # its actions are leads of other ads
    assert ads()["claim_action"].unique().to_list() == ["omni_purchase"]


def test_purchases_beside_a_facebook_table_are_counted_once_however_often_meta_names_them(
    bring, ads, tmp_path
):
    head = "ad_id,date,action_type,value\n"
    (tmp_path / "x_basic_ad_actions.csv").write_text(
        f"{head}7,2026-07-01,purchase,3\n7,2026-07-01,omni_purchase,4\n7,2026-07-01,lead,9\n"
    )
    (tmp_path / "x_basic_ad_action_values.csv").write_text(f"{head}7,2026-07-01,omni_purchase,12.34\n")
    report = (
        "ad_id,date,account_id,impressions,inline_link_clicks,spend\n"
        "7,2026-07-01,1,10,2,1.5\n8,2026-07-01,1,5,0,0\n"
    )
    bring(report, "x_basic_ad.csv")
    rows = ads().select("ad_id", "claimed_conversions", "claimed_value_micros", "claim_action").rows()
    assert rows == [("7", 4.0, 12_340_000, "omni_purchase"), ("8", 0.0, 0, "omni_purchase")]


@pytest.mark.shared
def test_the_google_tables_keep_micros_and_fractions_of_conversions(bring, ads):
    result = bring(GOOGLE / "google_ads_campaign_stats_data.csv", currency="USD")
    assert (result.channel, result.rows, result.spend_minor) == ("google_ads", 16, 23_133)
    assert (result.impressions, result.clicks) == (1_854, 280)
    result = bring(GOOGLE / "google_ads_ad_stats_data.csv")
    assert (result.impressions, result.claimed_conversions) == (10, 33)
    assert set(ads()["network"]) == {"SEARCH"}


@pytest.mark.shared
def test_the_same_file_twice_changes_nothing_and_another_date_moves_it(bring, ads):
    bring(KAG, date=date(2017, 8, 17))
    before = ads()
    again = bring(KAG, date=date(2017, 8, 17))
    assert (again.new, again.changed, again.deleted) == (0, 0, 0)
    assert ads().equals(before)
    with pytest.raises(Conflict, match=r"by another day.*1143 earlier rows of 2017-08-17.*--remove"):
        bring(KAG, date=date(2017, 8, 18))
    assert ads().equals(before)
    bring(KAG, date=date(2017, 8, 18), remove=True)
    assert ads()["day_on"].unique().to_list() == [date(2017, 8, 18)]
    assert ads().height == 1143


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_any_usual_encoding_and_separator_is_read(bring, ads, encoding, separator):
    lines = [
        ["Day", "Campaign", "Impr.", "Clicks", "Cost (EUR)"],
        ["2026-07-01", "Größe", "1000", "5", "12.34"],
    ]
    text = "\r\n".join(separator.join(line) for line in lines)
    result = bring(text.encode(encoding), channel="google_ads")
    assert (result.spend_minor, result.currency) == (1234, "EUR")
    assert ads()["campaign_id"].to_list() == ["Größe"]


@pytest.mark.parametrize(
    ("cells", "minor", "impressions"),
    [
        ('"1,234.56","12,345"', 123_456, 12_345),
        ('"1.234,56","12.345"', 123_456, 12_345),
        ('"€ 1 234.50","12 345"', 123_450, 12_345),
        ('"USD 0.07","7"', 7, 7),
        ('"--",""', 0, 0),
        ('"1,234","1,234"', 123_400, 1234),
    ],
)
def test_numbers_of_any_country_are_read_exactly(bring, cells, minor, impressions):
    result = bring(f"Date,Cost,Impressions,Clicks\n2026-07-01,{cells},1\n", channel="google_ads")
    assert (result.spend_minor, result.impressions) == (minor, impressions)


def test_a_thousand_amounts_add_up_without_a_float_between(bring, ads):
    rows = "".join(f"2026-07-01,c{n},1,0,0.1\n" for n in range(1000))
    assert bring(HEADER + rows, channel="google_ads").spend_minor == 10_000
    assert ads()["spend_micros"].sum() == 100_000_000


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-07-31", date(2026, 7, 31)),
        ("2026-07-31T00:00:00Z", date(2026, 7, 31)),
        ("31.07.2026", date(2026, 7, 31)),
        ("31/07/2026", date(2026, 7, 31)),
        ("07/31/2026", date(2026, 7, 31)),
        ('"Jul 31, 2026"', date(2026, 7, 31)),
        ("20260731", date(2026, 7, 31)),
    ],
)
def test_days_of_any_spelling_are_read(bring, text, day):
    assert bring(f"{HEADER}{text},c,1,1,1\n", channel="google_ads").first_on == day


def test_days_that_can_be_read_two_ways_are_refused(bring):
    with pytest.raises(BadInput, match=r"report.csv has days such as 03/04/2026"):
        bring(f"{HEADER}03/04/2026,c,1,1,1\n", channel="google_ads")


def test_rows_of_one_ad_split_by_age_are_added_up_and_kept(bring, ads, lake, workspace):
    ages = "2026-07-01,7,18-24,10,1,0.10\n2026-07-01,7,25-34,20,2,0.20\n"
    text = f"Date,Ad ID,Age,Impressions,Clicks,Spend\n{ages}"
    result = bring(text, channel="meta_ads")
    assert (result.rows, result.records) == (2, 1)
    (row,) = ads().to_dicts()
    assert (row["impressions"], row["clicks"], row["spend_micros"]) == (30, 3, 300_000)
    payload = lake.read("bronze", "meta_ads__report_import", workspace)["payload"][0]
    assert '"18-24"' in payload
    assert '"25-34"' in payload


def test_a_title_above_the_header_is_passed_over(bring):
    result = bring(f"Campaign report\n1 July 2026\n{HEADER}2026-07-01,c,1,1,1\n", channel="google_ads")
    assert result.spend_minor == 100


def test_what_was_assumed_is_said(bring):
    result = bring(f"{HEADER}2026-07-01,c,1,1,1\n", channel="google_ads", assumed_currency="CHF")
    assert result.currency == "CHF"
    assert "CHF was taken" in result.notes[0]


def test_a_corrected_file_restates_its_rows_and_leaves_other_days(bring, ads):
    bring(f"{HEADER}2026-07-01,a,1,1,1\n2026-07-02,b,1,1,1\n", channel="google_ads")
    result = bring(f"{HEADER}2026-07-01,a,1,1,2\n", channel="google_ads")
    assert (result.new, result.changed, result.deleted) == (0, 1, 0)
    assert ads()["spend_micros"].to_list() == [2_000_000, 1_000_000]


def test_next_months_file_of_the_same_name_does_not_replace_this_months(bring, ads):
    bring(f"{HEADER}2026-07-01,a,1,1,1\n", channel="google_ads")
    assert bring(f"{HEADER}2026-08-01,a,1,1,1\n", channel="google_ads").deleted == 0
    assert ads().height == 2


# --- Bad input ---------------------------------------------------------------------------------


def test_rows_that_cannot_be_read_are_put_aside_with_place_and_reason(bring, ads, lake, workspace):
    result = bring(
        f"{HEADER}2026-07-01,a,1,1,1\n2026-07-01,b,many,1,1\nsoon,c,1,1,1\n2026-07-01,d,-1,1,4\n",
        channel="google_ads",
    )
    assert (result.rows, result.quarantined, result.spend_minor) == (4, 3, 100)
    assert [(row.line, row.column) for row in result.bad_rows] == [
        (3, "Impressions"),
        (4, "Date"),
        (5, "Impressions"),
    ]
    assert "'many'" in result.bad_rows[0].because
    assert "'-1' is negative, which impressions cannot be" in result.bad_rows[2].because
    assert ads()["campaign_id"].to_list() == ["a"]
    aside = lake.read(
        "bronze", "google_ads__report_import", workspace, pl.col("quarantined_because").is_not_null()
    )
    assert aside.height == 3
    assert all("problem" in payload for payload in aside["payload"])
    load = lake.read("ops", "load", workspace).filter(pl.col("stream") == "report_import")
    assert load.select("received", "loaded", "quarantined").rows() == [(4, 1, 3)]
    assert bring(tmp := (lake.path.parent / "report.csv"), channel="google_ads").new == 0, tmp


def test_an_unreadable_conversion_puts_the_whole_row_aside(bring, ads):
    text = "Date,Campaign,Impressions,Clicks,Cost,Conversions\n2026-07-01,a,1,1,1,x\n2026-07-01,b,1,1,1,2\n"
    assert bring(text, channel="google_ads").quarantined == 1
    assert ads()["campaign_id"].to_list() == ["b"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", r"report.csv is empty; export"),
        (HEADER, r"report.csv has a header and no rows"),
        ("hello,world\n1,2\n", r"line 1, column 1: this is no header"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", r"line \d+: this is no text file"),
        (f'{HEADER}2026-7-1,"open,1,1,1\n', r"line 2, column 2: the quotes are broken"),
        (f"{HEADER}2026-7-1,c,1,1,1\n2026-7-1,a,b,1,1,1\n", r"line 3, column 6: the row has 6 cells"),
        (f"{HEADER}2026-7-1,c,1\n", r"line 2, column 4: the row has 3 cells and the header 5"),
        (f"{HEADER}2026-7-1,c,x,1,1\n", r"line 2, column Impressions: 'x' is not a number"),
        ("Date,Campaign,Impressions,Cost\n2026-7-1,c,1,1\n", r"line 1: no column of clicks among Date"),
        ("Date,Cost,Cost,Impressions,Clicks\n", r"line 1, column 3: the header 'Cost' stands there twice"),
        ("Day,Cost,Impr.,Clicks,Currency\n2026-7-1,1,1,1,EUR\n2026-7-1,1,1,1,CHF\n", r"mixes CHF and EUR"),
        ('Day,Cost,Impr.,Clicks\n2026-7-1,1.5,1,1\n2026-7-1,"1,5",1,1\n', r"with comma and with point"),
        (HEADER.encode("utf-16")[:-1], r"these bytes are no text"),
    ],
)  # fmt: skip
def test_a_broken_file_gets_one_sentence_that_says_where_and_what_to_do(bring, ads, content, sentence):
    with pytest.raises(BadInput, match=sentence) as refused:
        bring(content, channel="google_ads")
    assert "\n" not in refused.value.message
    assert refused.value.message.startswith("report.csv")
    assert ads().is_empty()


def test_a_missing_file_and_an_unknown_platform_are_named(bring, tmp_path):
    with pytest.raises(BadInput, match=r"none.csv cannot be read \(No such file"):
        bring(tmp_path / "none.csv")
    with pytest.raises(BadInput, match="--channel"):
        bring(f"{HEADER}2026-07-01,c,1,1,1\n")
    with pytest.raises(BadInput, match="'Euro' is no ISO 4217 code"):
        bring(f"{HEADER}2026-07-01,c,1,1,1\n", channel="google_ads", currency="Euro")
