"""Headers of real life: other languages, programs, posts, pages and mails, each read as it is meant."""

# ruff: noqa: E501, ISC004 - rows of files are as wide as they are, and signs are what is tested

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ingestion.csv.source import Choice
from tests.ingestion.csv_desk import Desk

CASES = Path(__file__).parent / "cases"


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def bring(desk, name, channel=None, layout=None, columns=None, **more):
    """Import an input; returns the result of the first kind of record."""
    file = desk.write(name[3:], (CASES / name).read_bytes())
    return desk.bring(file, choice=Choice(channel, layout, columns), **more)[0]


# --- Headers ------------------------------------------------------------------------------------


@pytest.mark.case("files/13")
def test_a_german_export_is_read_with_and_without_a_map(desk):
    columns = {
        "Tag": "day", "Kampagnenname": "campaign_name", "Anzeigengruppenname": "ad_set_name",
        "Impressionen": "impressions", "Ausgegebener Betrag (EUR)": "spend", "Link-Klicks": "clicks",
        "Ergebnisse": "claimed_conversions",
    }  # fmt: skip
    result = bring(desk, "13-m_de.csv", "meta_ads", "ads", columns)
    assert (result.spend_minor, result.impressions, result.clicks) == (104_455, 13_245, 132)
    result = bring(Desk(desk.folder), "13-m_de.csv")
    assert (result.layout, result.spend_minor, result.clicks) == ("Meta Ads Manager export", 104_455, 132)


EXPORTS = {
    "fr meta": (
        "Jour;Nom de la campagne;Nom de l'ensemble de publicités;Montant dépensé (EUR);Impressions;Clics sur un lien;"
        "Achats;Valeur de conversion des achats\n2026-07-01;Été;Femmes;1 034,50;12 345;123;3;99,90\n",
        ("Meta Ads Manager export", "EUR", 103_450, 12_345, 123),
    ),
    "es meta": (
        "Día,Nombre de la campaña,Importe gastado (MXN),Impresiones,Clics en el enlace,Resultados\n"
        "2026-07-01,Verano,1034.50,12345,123,3\n",
        ("Meta Ads Manager export", "MXN", 103_450, 12_345, 123),
    ),
    "pt meta": (
        "Dia;Nome da campanha;Valor usado (BRL);Impressões;Cliques no link;Resultados\n"
        "2026-07-01;Verão;1.034,50;12.345;123;3\n",
        ("Meta Ads Manager export", "BRL", 103_450, 12_345, 123),
    ),
    "it meta": (
        "Giorno;Nome della campagna;Importo speso (EUR);Impressioni;Clic sul link\n2026-07-01;Estate;1.034,50;12.345;123\n",
        ("Meta Ads Manager export", "EUR", 103_450, 12_345, 123),
    ),
    "de google": (
        "Kampagnenbericht\n1. Juli 2026 - 2. Juli 2026\nTag;Kampagne;Währungscode;Impr.;Klicks;Kosten;Conversions;Conv.-Wert\n"
        "2026-07-01;Marke;EUR;12.345;123;1.034,50;2,00;99,90\nGesamt: Kampagnen; --;EUR;12.345;123;1.034,50;2,00;99,90\n",
        ("Google Ads export", "EUR", 103_450, 12_345, 123),
    ),
    "fr google": (
        "Rapport\nJour;Campagne;Code de devise;Impr.;Clics;Coût;Conversions;Valeur de conv.\n"
        "01/07/2026;Marque;EUR;12 345;123;1 034,50;2,00;99,90\n15/07/2026;Marque;EUR;0;0;0,00;0,00;0,00\n"
        "Total : toutes les campagnes; --;EUR;12 345;123;1 034,50;2,00;99,90\n",
        ("Google Ads export", "EUR", 103_450, 12_345, 123),
    ),
    "es google": (
        "Informe\nDía,Campaña,Código de moneda,Impr.,Clics,Coste,Conversiones\n"
        '2026-07-01,Marca,EUR,"12.345",123,"1.034,50","2,00"\n',
        ("Google Ads export", "EUR", 103_450, 12_345, 123),
    ),
}  # fmt: skip


@pytest.mark.case("files/13")
@pytest.mark.parametrize("name", EXPORTS)
def test_exports_in_other_languages_are_recognised(desk, name):
    text, expected = EXPORTS[name]
    (result,) = desk.bring(desk.write("export.csv", text))
    seen = (result.layout, result.currency, result.spend_minor, result.impressions, result.clicks)
    assert (seen, result.quarantined) == (expected, 0)


@pytest.mark.case("files/13")
def test_any_language_is_read_by_a_map(desk):
    text = "日付,キャンペーン,表示回数,クリック,費用\n2026-07-01,夏,100,5,1234\n合計,,100,5,1234\n"
    columns = {
        "日付": "day",
        "キャンペーン": "campaign_name",
        "表示回数": "impressions",
        "クリック": "clicks",
        "費用": "spend",
    }
    choice = Choice("yahoo_ads", None, columns)
    (result,) = desk.bring(desk.write("ja.csv", text), choice=choice, currency="JPY")
    assert (result.spend_minor, result.rows) == (1234, 1)
    assert desk.silver("ad_daily")["campaign_id"].to_list() == ["夏"]


def test_programs_headers_and_long_preambles_are_read(desk):
    text = "\n".join(f"Line {n}: x" for n in range(15)) + (
        "\nTimePeriod,CampaignName,Impressions,Clicks,Spend\n2026-07-01,Brand,100,5,2.50\n"
    )
    (result,) = desk.bring(desk.write("ms.csv", text), choice=Choice("microsoft_ads"), currency="EUR")
    assert (result.first_on, result.spend_minor) == (date(2026, 7, 1), 250)
    assert desk.silver("ad_daily")["campaign_name"].to_list() == ["Brand"]


def test_a_map_onto_a_field_of_another_kind_judges_the_kind_again(desk):
    text = "Date,Line item label,Impressions,Clicks,Spend\n2026-07-01,Brand,100,5,2.50\n"
    choice = Choice("microsoft_ads", None, {"Line item label": "campaign_name"})
    (result,) = desk.bring(desk.write("ms.csv", text), choice=choice, currency="EUR")
    assert (result.kind, desk.silver("ad_daily")["campaign_name"].to_list()) == ("ads", ["Brand"])


# --- Posts, pages and mails ---------------------------------------------------------------------


@pytest.mark.case("files/21")
def test_post_days_by_layout_reach_the_lake(desk):
    columns = {"Post ID": "post_id", "Publish time": "day", "Views": "views", "Likes": "likes"}
    result = bring(desk, "21-ig_business.csv", "instagram", "post days", columns)
    rows = desk.silver("post_daily")
    assert (result.new, result.quarantined) == (2, 0)
    assert (rows["views"].sum(), rows["likes"].sum()) == (12_800, 631)
    assert rows["is_cumulative"].to_list() == [True, True]
    assert sorted(rows["day_on"]) == [date(2026, 10, 3), date(2026, 10, 13)]


def test_meta_business_suite_posts_keep_their_metrics(desk):
    file = desk.write("ig.csv", (CASES / "21-ig_business.csv").read_bytes())
    posts, days = sorted(desk.bring(file), key=lambda result: result.kind, reverse=True)
    assert (posts.kind, posts.layout, posts.new, days.kind) == (
        "posts",
        "Meta Business Suite posts (Instagram)",
        2,
        "post days",
    )
    assert (days.totals["views"], days.totals["reach"], days.totals["saves"]) == (12_800, 9410, 235)
    assert "Follows" in " ".join(posts.notes + days.notes)
    assert desk.silver("post_daily")["day_on"].unique().to_list() == [date(2026, 8, 1)]


def test_youtube_studio_content_names_what_is_not_taken(desk):
    text = (
        "Content,Video title,Video publish time,Duration,Views,Watch time (hours),Subscribers,Impressions\n"
        'Total,,,,300,12.5,4,1000\nabc123,How to,"Feb 1, 2026",61,100,4.5,1,400\ndef456,Why,"Feb 3, 2026",61,200,8.0,3,600\n'
    )
    (result,) = desk.bring(desk.write("Table data.csv", text))
    assert (result.layout, result.rows) == ("YouTube Studio content", 2)
    note = next(note for note in result.notes if note.startswith("Not taken"))
    assert all(name in note for name in ("Views", "Watch time (hours)", "Subscribers", "Impressions"))


def test_youtube_studio_days_are_read_by_their_layout(desk):
    text = "Date,Views,Watch time (hours),Subscribers\n2026-07-01,100,1.5,2\n2026-07-02,50,0.5,-1\n"
    (result,) = desk.bring(desk.write("days.csv", text), choice=Choice("youtube", "account days"))
    assert result.totals["views"] == 150
    assert desk.silver("account_daily").sort("day_on")["watch_seconds"].to_list() == [5400, 1800]
    assert "Subscribers" in " ".join(result.notes)


def test_hubspots_mail_report_is_taken_with_its_zone(desk):
    text = (
        "Email name,Email ID,Subject,Send date (America/New_York),Sent,Delivered,Opened,Open rate,Clicked,Click rate,"
        "Unsubscribed,Hard bounced,Soft bounced,Marked as spam\n"
        "July news,90210,Hot,07/14/2026 10:00,1000,990,400,40.4%,50,5.1%,3,6,4,1\n"
    )
    (result,) = desk.bring(desk.write("hs.csv", text))
    assert (result.channel, result.layout) == ("hubspot", "HubSpot e-mail report")
    row = desk.silver("email_campaign").row(0, named=True)
    assert (row["sent"], row["unique_opens"], row["unique_clicks"], row["unsubscribes"]) == (1000, 400, 50, 3)
    assert (row["hard_bounces"], row["soft_bounces"], row["complaints"]) == (6, 4, 1)
    assert row["sent_at"].isoformat() == "2026-07-14T14:00:00+00:00"


# --- What is sound stays sound ------------------------------------------------------------------


@pytest.mark.case("files/25")
def test_shopifys_orders_are_read_to_the_cent_and_nothing_untrue_is_said(desk):
    file = desk.write("orders.csv", (CASES / "25-shopify_orders.csv").read_bytes())
    orders, lines = desk.bring(file)
    assert orders.totals["total_minor"] == {"USD": 22_329}
    assert (orders.totals["tax_minor"], orders.totals["refunded_minor"]) == ({"USD": 1029}, {"USD": 4000})
    assert (lines.totals["quantity"], lines.totals["net_minor"]) == (6, {"USD": 21_200})
    assert "names no currency" not in " ".join(orders.notes + lines.notes)


@pytest.mark.case("files/26")
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("g_utf16.csv", {"EUR": 104_460}), ("li_utf16.csv", {"EUR": 25_000}), ("ms.csv", {"EUR": 4455}),
        ("m_en_semicolon_decimalcomma.csv", {"EUR": 104_455}), ("m_breakdown.csv", {"USD": 6006}),
    ],
)  # fmt: skip
def test_sound_ad_reports_keep_their_sums(desk, name, told):
    assert bring(desk, f"26-{name}").totals["spend_minor"] == told


@pytest.mark.case("files/26")
@pytest.mark.parametrize(
    ("name", "sent", "revenue"), [("mailchimp.csv", 25_100, 200_000), ("klaviyo.csv", 184_822, 769_461)]
)
def test_sound_mail_reports_keep_their_sums(desk, name, sent, revenue):
    result = bring(desk, f"26-{name}")
    assert (result.totals["sent"], sum(result.totals["claimed_value_minor"].values())) == (sent, revenue)


def test_columns_of_numbers_without_a_place_are_named(desk):
    text = "Date,Campaign ID,Campaign,Impressions,Clicks,Spend,CTR,Frequency,Status\n2026-07-01,77,A,10,1,1.00,1.2%,3.4,on\n"
    (result,) = desk.bring(desk.write("n.csv", text), choice=Choice("pinterest_ads"), currency="EUR")
    assert [note for note in result.notes if note.startswith("Not taken")] == [
        "Not taken, as the lake has no place for them: CTR, Frequency; they stay with the raw rows."
    ]
