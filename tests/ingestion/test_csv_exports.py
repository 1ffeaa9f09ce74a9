"""Files as marketers download them from the vendors' pages."""
# ruff: noqa: E501 - an export is as wide as it is

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from core.errors import BadInput
from ingestion.csv.source import Choice
from tests.ingestion.csv_desk import Desk


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


META = """Campaign name,Ad set name,Ad name,Day,Impressions,Clicks (all),Amount spent (EUR),Results,Reporting starts,Reporting ends
,,,,3000,30,12.50,3,2026-07-01,2026-07-02
Spring,Wide,Blue,2026-07-01,1000,10,4.25,1,2026-07-01,2026-07-01
Spring,Wide,Red,2026-07-02,2000,20,8.25,2,2026-07-02,2026-07-02
"""
GOOGLE = """Campaign report
"July 1, 2026 - July 2, 2026"
Day,Campaign,Currency code,Impr.,Clicks,Cost,Conversions,Conv. value
2026-07-01,Brand,USD,"1,200",12,"1,034.50",2.00,"99.90"
2026-07-02,Brand,USD,800,8,10.00,0.50,--
Total: Campaigns, --,USD,"2,000",20,"1,044.50",2.50,99.90
"""
LINKEDIN = """Campaign Performance Report (in UTC)
Report Start: 7/1/2026

Start Date (in UTC),Account Name,Currency,Campaign Group Name,Campaign Group ID,Campaign Name,Campaign ID,Total Spent,Impressions,Clicks,Conversions
7/15/2026,Acme,USD,Leads,11,Germany,22,"1,000.10",5000,50,3
"""
TIKTOK = """Campaign name,Ad group name,Ad name,Date,Cost,Currency,Impressions,Clicks (destination),Conversions
Summer,All,Clip 1,2026-07-01,20.05,EUR,4000,44,4
"""
PINTEREST = """Date,Campaign ID,Campaign name,Ad group ID,Spend in account currency,Account currency,Impressions,Pin clicks,Total order value (Checkout)
2026-07-01,626,Shoes,268,33.33,EUR,1500,15,120.00
"""
MICROSOFT = """Time period,Account name,Account number,Campaign,Campaign ID,Ad group,Network,Currency code,Impressions,Clicks,Spend,Conversions,Revenue
2026-07-01,Acme,F119,Brand,359,Exact,Bing,USD,100,9,7.07,1,80.00
2026-07-02,Acme,F119,Brand,359,Exact,Bing,USD,200,8,2.93,0,0.00
(c) 2026 Microsoft Corporation. All rights reserved.
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (META, ("Meta Ads Manager export", "meta_ads", "EUR", 1250, 3000, 30)),
        (GOOGLE, ("Google Ads export", "google_ads", "USD", 104_450, 2000, 20)),
        (LINKEDIN, ("LinkedIn Campaign Manager export", "linkedin_ads", "USD", 100_010, 5000, 50)),
        (TIKTOK, ("TikTok Ads Manager export", "tiktok_ads", "EUR", 2005, 4000, 44)),
        (PINTEREST, ("Pinterest Ads Manager export", "pinterest_ads", "EUR", 3333, 1500, 15)),
        (MICROSOFT, ("Microsoft Advertising export", "microsoft_ads", "USD", 1000, 300, 17)),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_an_export_is_recognised_without_a_word(desk, text, expected, encoding):
    (result,) = desk.bring(desk.write("export.csv", text.encode(encoding)))
    told = (
        result.layout,
        result.channel,
        result.currency,
        result.spend_minor,
        result.impressions,
        result.clicks,
    )
    assert told == expected
    assert result.quarantined == 0
    rows = desk.silver("ad_daily")
    assert rows["spend_micros"].sum() == result.spend_minor * 10_000
    assert set(rows["campaign_id"]) != {""}


def test_rows_of_totals_are_left_out_and_said(desk):
    (meta,) = desk.bring(desk.write("meta.csv", META))
    assert "Line 2 holds totals" in " ".join(meta.notes)
    (google,) = desk.bring(desk.write("google.csv", GOOGLE))
    assert "Line 6 holds totals" in " ".join(google.notes)
    assert google.claimed_conversions == 2.5
    (microsoft,) = desk.bring(desk.write("microsoft.csv", MICROSOFT))
    assert "Line 4 below the rows was passed over" in " ".join(microsoft.notes)


def test_a_first_row_that_is_not_the_sum_of_the_others_is_kept(desk):
    text = META.replace(",,,,3000,", ",,,,2999,").replace(",,,,2999,30,12.50", ",,,2026-07-01,2999,30,12.50")
    (result,) = desk.bring(desk.write("meta.csv", text))
    assert (result.rows, result.impressions) == (3, 5999)


def test_a_row_that_covers_a_month_is_booked_on_its_first_day_and_said(desk):
    text = (
        "Campaign name,Impressions,Clicks (all),Amount spent (EUR),Reporting starts,Reporting ends\n"
        "A,10,1,5.00,2026-07-01,2026-07-31\n"
    )
    (result,) = desk.bring(desk.write("month.csv", text))
    assert result.first_on == date(2026, 7, 1)
    assert "covers 2026-07-01 to 2026-07-31" in " ".join(result.notes)


SHOPIFY = """Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Lineitem discount,Billing Name,Billing Phone,Cancelled at,Refunded Amount,Notes
#1001,anna@example.com,paid,2026-07-01 09:00:00 +0200,EUR,30.00,4.90,5.57,34.90,0.00,2026-07-01 00:30:00 +0200,1,Mug,10.00,M-1,0.00,Anna Ash,+49 170 1234567,,5.00,"Call me,
at anna.ash@example.org"
#1001,anna@example.com,,,,,,,,,,2,Cup,10.00,C-1,0.00,,,,,
#1002,ben@example.com,paid,2026-07-02 09:00:00 +0200,EUR,20.00,0.00,3.19,20.00,2.00,2026-07-02 09:00:00 +0200,1,Bowl,22.00,B-1,2.00,Ben Birch,,,0.00,
#1003,ben@example.com,voided,,EUR,7.00,0.00,1.12,7.00,0.00,2026-07-03 10:00:00 +0200,1,Mug,7.00,M-1,0.00,Ben Birch,,2026-07-03 11:00:00 +0200,0.00,
"""


def test_shopifys_orders_with_one_line_a_line_item_become_orders_and_lines(desk):
    orders, lines = desk.bring(desk.write("orders_export.csv", SHOPIFY), timezone="Europe/Berlin")
    assert (orders.kind, orders.records, orders.totals["total_minor"]) == ("orders", 3, {"EUR": 6190})
    assert (lines.kind, lines.records, lines.totals["net_minor"]) == ("order lines", 4, {"EUR": 5700})
    rows = desk.silver("order").sort("order_id")
    assert rows["order_id"].to_list() == ["#1001", "#1002", "#1003"]
    assert rows["day_on"].to_list() == [date(2026, 7, 1), date(2026, 7, 2), date(2026, 7, 3)]
    assert rows["ordered_at"][0] == datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
    assert rows["is_cancelled"].to_list() == [False, False, True]
    assert rows["refunded_micros"].to_list() == [5_000_000, 0, 0]
    assert rows["person_key"][1] == rows["person_key"][2] != rows["person_key"][0]
    kept = desk.silver("order_line").sort("order_id", "line_id")
    assert kept.select("order_id", "line_id", "sku", "net_micros").rows() == [
        ("#1001", "1", "M-1", 10_000_000),
        ("#1001", "2", "C-1", 20_000_000),
        ("#1002", "1", "B-1", 20_000_000),
        ("#1003", "1", "M-1", 7_000_000),
    ]
    assert set(kept["day_on"]) == set(rows["day_on"])


def test_no_person_of_a_shops_export_reaches_the_lake(desk):
    desk.bring(desk.write("orders_export.csv", SHOPIFY))
    stored = desk.texts()
    for person in (
        "anna@example.com",
        "ben@example.com",
        "anna.ash@example.org",
        "Anna Ash",
        "1234567",
        "Ben Birch",
    ):
        assert person not in stored
    assert "person:" in stored


MAILCHIMP = """Title,Subject,List,Send Date,Send Weekday,Total Recipients,Successful Deliveries,Soft Bounces,Hard Bounces,Total Bounces,Times Forwarded,Forwarded Opens,Unique Opens,Open Rate,Total Opens,Unique Clicks,Click Rate,Total Clicks,Unsubscribes,Abuse Complaints,Times Liked on Facebook,Folder Id,Unique Id,Analytics ROI,Campaign Cost,Revenue Created,Visits,New Visits,Pages/Visit,Bounce Rate,Time on Site,Goal Conversion Rate,Per Visit Goal Value,Transactions,Ecommerce Conversion Rate,Per Visit Value,Average Value,Total Revenue
July news,Sun is out,Friends,"Jul 01, 2026 10:00 am",Wednesday,"1,200",1190,6,4,10,0,0,500,42.02%,800,90,7.56%,120,3,1,0,,abc123,,,,,,,,,,,,,,,"1,234.50"
August news,Still warm,Friends,"Aug 01, 2026 06:05 pm",Saturday,1300,1290,6,4,10,0,0,600,46.51%,900,80,6.20%,110,2,0,0,,abc124,,,,,,,,,,,,,,,0.00
"""
KLAVIYO = """Campaign Name,Tags,Subject,List,Send Time,Send Weekday,Total Recipients,Unique Placed Order,Placed Order Rate,Revenue,Unique Opens,Open Rate,Total Opens,Unique Clicks,Click Rate,Total Clicks,Unsubscribes,Spam Complaints,Spam Complaints Rate,Successful Deliveries,Bounces,Bounce Rate,Campaign ID,Campaign Channel
Welcome,,Hello,All,2026-07-01 08:00:00,Wednesday,500,5,1.0%,250.00,200,40%,260,30,6%,35,2,0,0%,495,5,1%,01ABC,email
"""


def test_mailchimps_campaign_report_becomes_mails(desk):
    (result,) = desk.bring(desk.write("campaigns.csv", MAILCHIMP), currency="EUR", timezone="Europe/Berlin")
    assert (result.channel, result.kind, result.records) == ("mailchimp", "mails", 2)
    assert result.totals == {
        "sent": 2500, "hard_bounces": 8, "soft_bounces": 12, "opens": 1700, "unique_opens": 1100, "clicks": 230,
        "unique_clicks": 170, "unsubscribes": 5, "complaints": 1, "claimed_value_minor": {"EUR": 123_450},
    }  # fmt: skip
    first = desk.silver("email_campaign").sort("mail_id").row(0, named=True)
    assert (first["mail_id"], first["title"], first["subject"]) == ("abc123", "July news", "Sun is out")
    assert first["sent_at"] == datetime(2026, 7, 1, 8, tzinfo=UTC)


def test_klaviyos_campaign_export_becomes_mails(desk):
    (result,) = desk.bring(desk.write("klaviyo.csv", KLAVIYO), currency="USD")
    assert (result.channel, result.totals["sent"], result.totals["claimed_orders"]) == ("klaviyo", 500, 5)
    assert result.totals["claimed_value_minor"] == {"USD": 25_000}


# --- What a person chose -------------------------------------------------------------------------------


def test_a_column_named_by_hand_is_read_as_that_field(desk):
    text = "Date,Campaign,Impressions,Clicks,Paid out\n2026-07-01,A,10,1,2.50\n"
    file = desk.write("mine.csv", text)
    with pytest.raises(BadInput, match="no column of spend .* --map COLUMN=FIELD"):
        desk.bring(file, choice=Choice("google_ads"))
    with pytest.raises(BadInput, match="line 2, column Paid out: '2.50' is not a number of that kind"):
        desk.bring(file, choice=Choice("google_ads", None, {"Paid out": "spend_micros"}))
    (result,) = desk.bring(file, choice=Choice("google_ads", None, {"Paid out": "spend"}))
    assert result.spend_minor == 250


def test_cents_and_millionths_are_told_apart_by_the_fields_name(desk):
    text = "Date,Campaign,Impressions,Clicks,Cents\n2026-07-01,A,10,1,250\n"
    (result,) = desk.bring(
        desk.write("yen.csv", text),
        currency="JPY",
        choice=Choice("google_ads", None, {"Cents": "spend_minor"}),
    )
    assert (result.spend_minor, desk.silver("ad_daily")["spend_micros"].to_list()) == (250, [250_000_000])


def test_a_column_left_out_is_not_read(desk):
    text = "Date,Campaign,Impressions,Clicks,Cost,Conversions\n2026-07-01,A,10,1,2.50,oops\n"
    (result,) = desk.bring(
        desk.write("mine.csv", text), choice=Choice("google_ads", None, {"Conversions": ""})
    )
    assert (result.spend_minor, result.claimed_conversions, result.quarantined) == (250, None, 0)


def test_a_field_or_a_column_that_does_not_exist_is_named(desk):
    file = desk.write("mine.csv", "Date,Campaign,Impressions,Clicks,Cost\n2026-07-01,A,10,1,2.50\n")
    with pytest.raises(BadInput, match=r"'profit' is no field of 'report'; its fields are .*spend"):
        desk.bring(file, choice=Choice("google_ads", None, {"Cost": "profit"}))
    with pytest.raises(BadInput, match=r"mine.csv has no column 'Costs'; its columns are Date, Campaign"):
        desk.bring(file, choice=Choice("google_ads", None, {"Costs": "spend"}))


def test_the_mapping_tells_of_every_column_what_becomes_of_it(desk):
    result, _ = desk.preview(desk.write("orders_export.csv", SHOPIFY))
    told = {column.column: column for column in result.mapping}
    assert list(told) == SHOPIFY.split("\n", maxsplit=1)[0].split(",")
    assert told["Total"].fields == ["total"]
    assert told["Total"].samples == ["34.90", "20.00", "7.00"]
    assert told["Email"].samples == ["(hidden)"]
    assert told["Email"].how == "a person, stored as a keyed hash"
    assert told["Subtotal"].fields == []
    assert desk.silver("order").is_empty(), "a preview writes nothing"


def test_columns_of_twin_reports_are_told_apart_by_the_files_name_or_asked(desk):
    head = (
        "date,id,avg_cpa_amount,avg_cpa_currency,conversions,impressions,local_spend_amount,"
        "local_spend_currency,taps\n2026-07-01,9,0,USD,1,10,2.50,USD,3\n"
    )
    (result,) = desk.preview(desk.write("apple_campaign_report.csv", head))
    assert result.layout == "Apple Search Ads campaign report"
    with pytest.raises(BadInput, match=r"fits 'Apple .* campaign report' and 'Apple .*'.* --layout"):
        desk.preview(desk.write("apple.csv", head))
    choice = Choice(None, "Apple Search Ads keyword report")
    (result,) = desk.preview(desk.write("apple.csv", head), choice=choice)
    assert result.layout == "Apple Search Ads keyword report"


def test_a_file_we_do_not_know_is_refused_with_its_columns(desk):
    with pytest.raises(
        BadInput, match=r"x.csv, line 1: this is no report we know, by its columns id, date, name"
    ):
        desk.preview(desk.write("x.csv", "id,date,name,colour\n1,2026-07-01,a,red\n"))


@pytest.mark.parametrize(
    ("text", "day"),
    [("1782864000", date(2026, 7, 1)), ("1782864000000", date(2026, 7, 1)), ("2026-07", date(2026, 7, 1)),
     ("Wed Jul 01 2026", date(2026, 7, 1)), ("2026-07-01T05:00:00-07:00", date(2026, 7, 1))],
)  # fmt: skip
def test_epochs_months_and_zones_are_days_too(desk, text, day):
    csv = f"Date,Campaign,Impressions,Clicks,Cost\n{text},A,1,1,1\n"
    (result,) = desk.preview(desk.write("r.csv", csv), choice=Choice("google_ads"))
    assert result.first_on == day
