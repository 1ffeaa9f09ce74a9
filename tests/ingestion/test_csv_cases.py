"""Files of real life: totals, currencies, numbers, days, headers and containers, each read as it is meant."""

# ruff: noqa: E501, RUF001 - rows of files are as wide as they are, and signs are what is tested

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from core.errors import BadInput
from ingestion.csv.questions import Question
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


# --- Totals -------------------------------------------------------------------------------------


@pytest.mark.case("files/01")
def test_a_total_row_with_blank_results_is_left_out(desk):
    result = bring(desk, "01-m_total_first.csv")
    assert (result.spend_minor, result.impressions, result.clicks) == (575_100, 320_000, 4_000)
    assert "Line 4 holds totals" in " ".join(result.notes)


@pytest.mark.case("files/02")
def test_one_campaign_and_its_total_row_are_one_campaign(desk):
    result = bring(desk, "02-m_total_one.csv")
    assert (result.spend_minor, result.impressions) == (450_075, 250_000)


@pytest.mark.case("files/03")
def test_total_of_n_results_is_left_out(desk):
    result = bring(
        desk,
        "03-tt_noday.csv",
        "tiktok_ads",
        columns={"Clicks (destination)": "clicks"},
        day=date(2026, 7, 1),
    )
    assert (result.spend_minor, result.impressions, result.clicks, result.currency) == (1975, 1500, 60, "USD")
    assert "Line 4 holds totals" in " ".join(result.notes)


@pytest.mark.case("files/04")
def test_a_total_row_without_a_day_is_noted_and_not_put_aside(desk):
    result = bring(desk, "04-tt_day.csv")
    assert (result.spend_minor, result.quarantined, result.bad_rows) == (1975, 0, [])
    assert "Line 4 holds totals" in " ".join(result.notes)


LABELS = (
    *("Gesamt", "Gesamtsumme", "Total général", "Total general", "Totale", "Totaal", "合計", "Итого", "Suma"),
    *(
        "Total of 2 results",
        "Total",
        "Grand Total",
        "TOTAL:",
        "Total (2)",
        "Total: 2 campaigns",
        "Toplam",
        "총계",
    ),
    *(
        "Risultati di 2 campagne",
        "Resultaten van 2 campagnes",
        "Wyniki z 2 kampanii",
        "Ergebnisse von 2 Kampagnen",
    ),
    *("Results from 2 campaigns", "Total : toutes les campagnes", "Total: Account", "Summe aller Kampagnen"),
)


@pytest.mark.case("files/05")
@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_total_in_any_language_is_left_out(desk, label, is_first):
    rows = ["A,10,1,12.50", "B,10,1,7.50"]
    total = f'"{label}",20,2,20.00'
    rows = [total, *rows] if is_first else [*rows, total]
    file = desk.write("t.csv", "Campaign,Impressions,Clicks,Spend\n" + "\n".join(rows) + "\n")
    (result,) = desk.bring(file, choice=Choice("pinterest_ads"), day=date(2026, 7, 1), currency="EUR")
    assert (result.spend_minor, result.rows) == (2000, 2)
    assert "holds totals" in " ".join(result.notes)


@pytest.mark.case("files/05")
@pytest.mark.parametrize("label", LABELS)
def test_a_total_in_any_language_is_left_out_of_a_report_of_days(desk, label):
    text = "Date,Campaign,Impressions,Clicks,Spend\n2026-07-01,A,10,1,12.50\n2026-07-02,A,10,1,7.50\n"
    file = desk.write("t.csv", text + f'"{label}",,20,2,20.00\n,"{label}",20,2,20.00\n')
    (result,) = desk.bring(file, choice=Choice("pinterest_ads"), currency="EUR")
    assert (result.spend_minor, result.quarantined) == (2000, 0)


@pytest.mark.case("files/05")
@pytest.mark.parametrize(
    "name", ["Total - Wash", "Total: Wash", "Total Wash", "Totally new", "Summe 20", "Total"]
)
@pytest.mark.parametrize("is_by_day", [True, False])
def test_a_campaign_that_is_called_total_is_kept(desk, name, is_by_day):
    day, head = ("2026-07-01,", "Date,") if is_by_day else ("", "")
    text = f"{head}Campaign,Impressions,Clicks,Spend\n{day}{name},30,3,5.00\n{day}B,100,9,7.50\n{day}C,50,2,1.00\n"
    more = {} if is_by_day else {"day": date(2026, 7, 1)}
    (result,) = desk.bring(desk.write("t.csv", text), choice=Choice("pinterest_ads"), currency="EUR", **more)
    assert (result.spend_minor, result.rows) == (1350, 3)


def test_a_campaign_called_total_that_has_an_id_is_kept_and_its_report_has_a_total(desk):
    text = (
        "Campaign ID,Campaign,Impressions,Clicks,Spend,Conversions\n"
        "1,Total,100,9,9.00,3\n2,B,10,1,1.00,1\n,Total,110,10,10.00,3\n"
    )
    (result,) = desk.bring(
        desk.write("t.csv", text), choice=Choice("pinterest_ads"), currency="EUR", day=date(2026, 7, 1)
    )
    assert (result.spend_minor, result.rows) == (1000, 2)


def test_a_total_with_the_first_day_of_its_range_is_left_out(desk):
    text = (
        "Reporting starts,Reporting ends,Campaign name,Results,Impressions,Amount spent (EUR),Link clicks\n"
        "2026-09-01,2026-09-01,A,2,10,1.00,1\n2026-09-02,2026-09-02,A,2,20,2.00,2\n"
        "2026-09-01,2026-09-02,Total,3,30,3.00,3\n"
    )
    (result,) = desk.bring(desk.write("t.csv", text))
    assert (result.spend_minor, result.rows) == (300, 2)


def test_totals_of_days_and_of_all_are_left_out_without_a_word_for_them(desk):
    text = (
        "Day,Campaign name,Impressions,Clicks (all),Amount spent (EUR)\n"
        ",,60,6,6.00\n2026-07-01,,30,3,3.00\n2026-07-01,A,10,1,1.00\n2026-07-01,B,20,2,2.00\n"
        "2026-07-02,,30,3,3.00\n2026-07-02,A,30,3,3.00\nAll,,60,6,6.00\n"
    )
    (result,) = desk.bring(desk.write("t.csv", text))
    assert (result.spend_minor, result.rows, result.quarantined) == (600, 3, 0)


def test_a_nameless_row_that_is_no_sum_is_kept(desk):
    text = (
        "Day,Campaign name,Impressions,Clicks (all),Amount spent (EUR)\n"
        "2026-07-01,,7,1,0.70\n2026-07-01,A,10,1,1.00\n2026-07-01,B,20,2,2.00\n"
    )
    (result,) = desk.bring(desk.write("t.csv", text))
    assert (result.spend_minor, result.rows) == (370, 3)


# --- Currencies ---------------------------------------------------------------------------------


@pytest.mark.case("files/06")
def test_a_dollar_in_the_cells_is_never_the_assumed_currency(desk):
    result = bring(desk, "06-g_dollar.csv", "google_ads")
    assert (result.currency, result.spend_minor) == ("USD", 39_175)
    assert "names no currency" not in " ".join(result.notes)
    assert "$ was read as USD" in " ".join(result.notes)


@pytest.mark.case("files/07")
def test_a_code_in_the_cells_is_the_currency(desk):
    assert bring(desk, "07-f_usdcell.csv", "pinterest_ads").totals["spend_minor"] == {"USD": 2000}
    result = bring(Desk(desk.folder / "other"), "07-f_eurword.csv", "pinterest_ads")
    assert result.totals["spend_minor"] == {"GBP": 2000}
    assert "names no currency" not in " ".join(result.notes)


@pytest.mark.case("files/08")
def test_two_currencies_in_cells_are_refused(desk):
    with pytest.raises(BadInput, match="mixes EUR and USD"):
        bring(desk, "08-f_mixcell.csv", "pinterest_ads")


def spend(desk, *cells, delimiter=",", header="Spend", **more):
    """Import amounts in a report without a column of currencies."""
    rows = "".join(
        delimiter.join(("2026-07-01", f"c{n}", "10", "1", f'"{c}"')) + "\n" for n, c in enumerate(cells)
    )
    head = delimiter.join(("Date", "Campaign", "Impressions", "Clicks", header))
    file = desk.write("s.csv", f"{head}\n{rows}")
    choice = Choice("pinterest_ads", decimal=more.pop("decimal", None))
    return desk.bring(file, choice=choice, **more)[0]


@pytest.mark.parametrize(
    ("cell", "code", "minor"),
    [
        *(("£12.50", "GBP", 1250), ("€12.50", "EUR", 1250), ("12,50 €", "EUR", 1250), ("CHF 12.50", "CHF", 1250)),
        *(("12.50CHF", "CHF", 1250), ("US$12.50", "USD", 1250), ("A$12.50", "AUD", 1250), ("12.50 zł", "PLN", 1250)),
        *(("R$ 1.234,56", "BRL", 123_456), ("₹1,23,456.50", "INR", 12_345_650), ("1’234.50 CHF", "CHF", 123_450)),
        *(("CA$5.25", "CAD", 525), ("Fr. 12.50", "CHF", 1250), ("₩12500", "KRW", 12_500), ("-$12.50", "USD", -1250)),
        *(("$(7.50)", "USD", -750), ("(€7.50)", "EUR", -750), ("12 345,67 Kč", "CZK", 1_234_567)),
    ],
)  # fmt: skip
def test_signs_and_codes_of_many_countries_are_read(desk, cell, code, minor):
    result = spend(desk, cell)
    assert result.totals["spend_minor"] == {code: minor}
    assert "names no currency" not in " ".join(result.notes)


@pytest.mark.parametrize("cell", ["kr 12.50", "¥1200", "Rs. 12.50"])
def test_a_sign_of_several_currencies_is_asked_for(desk, cell):
    with pytest.raises(Question, match="say which with --currency") as asked:
        spend(desk, cell)
    assert asked.value.option == "currency"
    code = asked.value.choices[1]
    assert spend(desk, cell, currency=code).currency == code


def test_a_currency_that_the_file_contradicts_is_refused(desk):
    with pytest.raises(BadInput, match="is in GBP by its own amounts"):
        spend(desk, "£12.50", currency="EUR")
    with pytest.raises(BadInput, match="is in USD by its own amounts"):
        spend(desk, "12.50", header="Spend (USD)", currency="EUR")
    with pytest.raises(BadInput, match="mixes GBP and USD"):
        spend(desk, "£12.50", header="Spend (USD)")
    assert spend(desk, "$12.50", currency="CAD").currency == "CAD"
    assert spend(Desk(desk.folder / "b"), "12.50", header="Spend ($)").currency == "USD"
    assert spend(Desk(desk.folder / "c"), "12.50", header="Spend (€)").notes == []


def test_an_amount_that_contradicts_its_column_of_currencies_is_named(desk):
    text = "Day,Campaign,Currency code,Impr.,Clicks,Cost\n2026-07-01,a,USD,1,1,€5\n"
    with pytest.raises(BadInput, match="line 2: the column of currencies says USD and the amount €"):
        desk.bring(desk.write("c.csv", text))


def test_a_row_without_its_currency_is_put_aside_and_one_without_amounts_is_not(desk):
    text = (
        "Day,Campaign,Currency code,Impr.,Clicks,Cost\n"
        "2026-07-01,a,USD,10,1,1.50\n2026-07-01,b,,10,1,2.00\n2026-07-01,c,,5,0,0\n2026-07-01,d,XXQ,5,0,1\n"
    )
    (result,) = desk.bring(desk.write("c.csv", text))
    assert (result.totals["spend_minor"], result.impressions) == ({"USD": 150}, 15)
    assert [(row.line, row.column) for row in result.bad_rows] == [(3, "Currency code"), (5, "Currency code")]
    assert "names no currency, and others do" in result.bad_rows[0].because
    assert "'XXQ' is no currency in use" in result.bad_rows[1].because


# --- Numbers ------------------------------------------------------------------------------------


@pytest.mark.case("files/09")
def test_groups_in_counts_decide_and_doubt_is_asked(desk):
    result = bring(desk, "09-f_thousand_only.csv", "pinterest_ads", currency="EUR")
    assert (result.spend_minor, result.impressions) == (400_000, 3234)
    with pytest.raises(Question, match=r"1.500, which can be 1500 or 1.5.*--decimal comma") as asked:
        bring(desk, "09-f_thousand_spend.csv", "pinterest_ads", currency="EUR")
    assert (asked.value.option, asked.value.choices) == ("decimal", ("comma", "point"))


@pytest.mark.case("files/09")
@pytest.mark.parametrize(("decimal", "minor"), [("comma", 400_000), ("point", 400)])
def test_a_decimal_sign_that_is_said_settles_the_doubt(desk, decimal, minor):
    assert spend(desk, "1.500", "2.500", delimiter=";", decimal=decimal, currency="EUR").spend_minor == minor


def test_a_decimal_sign_that_the_file_disproves_is_named_and_not_used(desk):
    read = spend(desk, "12.50", decimal="comma", currency="EUR")
    assert read.spend_minor == 1250
    assert any("point before the decimals; decimal comma was not used" in note for note in read.notes)


@pytest.mark.case("files/10")
def test_a_group_never_begins_with_zero(desk):
    result = bring(desk, "10-f_3dec_comma.csv", "pinterest_ads", currency="EUR")
    assert result.spend_minor == 162
    other = Desk(desk.folder / "other")
    assert spend(other, "1,500", "0,125", currency="KWD").totals["spend_minor"] == {"KWD": 1625}
    assert spend(desk, "1.500", "0.125", currency="EUR").spend_minor == 162


@pytest.mark.parametrize(
    ("cells", "minor"),
    [
        *((("1,500", "2.75"), 150_275), (("1.500", "2,75"), 150_275), (("1,234,567", "1,500"), 123_606_700)),
        *((("1.234.567", "1.500"), 123_606_700), (("1234.500", "1.500"), 123_600), (("12,3456", "1,500"), 1385)),
        *((("1 500", "2"), 150_200), (("1,500", "3.00%"), 150_300), (("1'500", "1,25"), 150_125)),
    ],
)  # fmt: skip
def test_one_cell_that_can_be_read_one_way_decides_for_all(desk, cells, minor):
    assert spend(desk, *cells, currency="EUR").spend_minor == minor


def test_another_column_of_numbers_decides_as_well(desk):
    text = 'Date,Campaign,Impressions,Clicks,Spend,CTR\n2026-07-01,A,10,1,"1,500","3,36%"\n'
    (result,) = desk.bring(desk.write("r.csv", text), choice=Choice("pinterest_ads"), currency="EUR")
    assert result.spend_minor == 150
    (result,) = desk.bring(
        desk.write("q.csv", text.replace("3,36%", "3.36%").replace("-01,A", "-02,A")),
        choice=Choice("pinterest_ads"), currency="EUR",
    )  # fmt: skip
    assert result.spend_minor == 150_000


def test_dinars_have_three_digits_behind_the_point(desk):
    assert spend(desk, "1.500", "2.250", currency="KWD").totals["spend_minor"] == {"KWD": 3750}
    with pytest.raises(Question):
        spend(desk, "1.500", "2.250", currency="USD")


@pytest.mark.parametrize("cell", ["1,500", "1.500", "1,000", "¥1,500"])
def test_yen_have_no_digits_behind_any_sign(desk, cell):
    yen = 1000 if cell == "1,000" else 1500
    assert spend(desk, cell, currency="JPY").totals["spend_minor"] == {"JPY": yen}


@pytest.mark.case("files/23")
def test_groups_and_signs_of_india_brazil_and_switzerland_are_read(desk):
    result = bring(desk, "23-g_inr.csv")
    assert (result.totals["spend_minor"], result.impressions) == ({"INR": 12_346_650}, 120_800)
    assert bring(desk, "23-f_brl.csv", "brazil_ads").totals["spend_minor"] == {"BRL": 123_456}
    assert bring(desk, "23-f_usd_sym.csv", "usa_ads").totals["spend_minor"] == {"USD": 1250}
    result = bring(desk, "23-f_swiss.csv", "pinterest_ads", currency="EUR")
    assert (result.spend_minor, result.quarantined) == (223_450, 0)


@pytest.mark.case("files/24")
def test_a_credit_lowers_the_spend_and_reaches_the_lake(desk):
    result = bring(desk, "24-f_neg.csv", "pinterest_ads", currency="EUR")
    assert (result.spend_minor, result.quarantined, result.new) == (-1800, 0, 4)
    assert sorted(desk.silver("ad_daily")["spend_micros"]) == [-12_500_000, -7_500_000, -1_000_000, 3_000_000]


@pytest.mark.parametrize(
    "cell", ["12.50-", "(12.50)", "−12.50", "–12.50", "- 12.50", "-€12.50", "€ -12.50", "(12.50 €)"]
)
def test_a_credit_is_written_in_many_ways(desk, cell):
    assert spend(desk, cell, currency="EUR").spend_minor == -1250


@pytest.mark.parametrize("cell", ["10-20", "1 2", "12.5.1", "(12.50", "12 pieces", "0x10", "1,23,45.5"])
def test_what_is_no_number_is_put_aside(desk, cell):
    result = spend(desk, "1.25", cell, currency="EUR")
    assert (result.spend_minor, [row.line for row in result.bad_rows]) == (125, [3])


# --- Days ---------------------------------------------------------------------------------------


def dates(desk, *texts, above="", **more):
    rows = "".join(f'"{text}",c{n},10,1,1.00\n' for n, text in enumerate(texts))
    file = desk.write("d.csv", f"{above}Date,Campaign,Impressions,Clicks,Spend\n{rows}")
    choice = Choice("pinterest_ads", day_order=more.pop("day_order", None))
    return desk.bring(file, choice=choice, currency="EUR", **more)[0]


@pytest.mark.case("files/11")
def test_years_of_two_digits_are_of_this_century(desk):
    result = bring(desk, "11-f_2dig.csv", "pinterest_ads", currency="EUR")
    assert (result.first_on, result.last_on) == (date(2026, 2, 1), date(2026, 2, 13))
    assert (result.spend_minor, result.new) == (2000, 2)
    result = bring(Desk(desk.folder / "dots"), "11-f_dots2.csv", "pinterest_ads", currency="EUR")
    assert (result.first_on, result.spend_minor) == (date(2026, 2, 1), 1250)


@pytest.mark.case("files/11")
@pytest.mark.parametrize("text", ["0206-07-01", "2126-07-01", "1999-12-31", "26-13-45", "2026-02-30", "soon"])
def test_a_year_no_report_has_is_put_aside_with_the_reason(desk, text):
    result = dates(desk, "2026-07-01", text)
    assert (result.spend_minor, result.new, result.quarantined) == (100, 1, 1)
    assert f"{text!r} is not a day from 2000 to 2099" in result.bad_rows[0].because


@pytest.mark.parametrize(
    "text",
    [
        *("3-Feb-2026", "Feb 3, 2026", "February 3, 2026", "3. Feb. 2026", "3. Februar 2026", "3 févr. 2026", "3-Feb-26"),
        *("3 février 2026", "3 de febrero de 2026", "3 feb 2026", "3 febbraio 2026", "3 de fevereiro de 2026"),
        *("Tue, Feb 3, 2026", "Dienstag, 3. Februar 2026", "martes, 3 de febrero de 2026", "3rd Feb 2026"),
        *("2026/02/03", "20260203", "2026.02.03", "03.02.2026", "3.2.26", "2026年2月3日", "46056", "46056.5"),
        *("2026-02-03T10:00:00Z", "2026-02-03 23:59:59 +0200", "Feb 03, 2026 10:00 am", "1770076800"),
        *("3 Februari 2026", "2026. 2. 3.", "2026-Feb-03"),
    ],
)  # fmt: skip
def test_a_day_is_read_however_it_is_written(desk, text):
    assert dates(desk, text).first_on == date(2026, 2, 3)


@pytest.mark.parametrize(
    ("text", "month"), [("1 März 2026", 3), ("Sept 1, 2026", 9), ("1er août 2026", 8), ("1 mei 2026", 5)]
)
def test_months_have_their_names(desk, text, month):
    assert dates(desk, text).first_on == date(2026, month, 1)


@pytest.mark.case("files/14")
def test_lines_above_the_header_settle_the_order_of_day_and_month(desk):
    result = bring(desk, "14-li_utf16_ambiguous.csv")
    assert (result.first_on, result.last_on, result.spend_minor) == (
        date(2026, 6, 1),
        date(2026, 6, 2),
        25_000,
    )
    result = bring(desk, "14-li_sameday.csv", account="same")
    assert (result.first_on, result.spend_minor) == (date(2026, 6, 6), 25_000)


@pytest.mark.case("files/14")
@pytest.mark.parametrize("text", ["2/1/2026", "2-1-2026", "02/01/26"])
def test_an_order_that_nothing_tells_is_asked_and_said(desk, text):
    with pytest.raises(
        Question, match=r"can be read two ways.*--day-order day-first or --day-order month-first"
    ) as asked:
        dates(desk, text)
    assert (asked.value.option, asked.value.choices) == ("day_order", ("day-first", "month-first"))
    assert dates(desk, text, day_order="day-first").first_on == date(2026, 1, 2)
    assert dates(desk, text, day_order="month-first", account="m").first_on == date(2026, 2, 1)


def test_a_day_after_the_twelfth_decides_whatever_was_said(desk):
    read = dates(desk, "2/1/2026", "2/13/2026", day_order="day-first")
    assert read.first_on == date(2026, 2, 1)
    assert any("can only be read month-first; day-first was not used" in note for note in read.notes)
    dashes, heading, other = (Desk(desk.folder / name) for name in ("dashes", "heading", "other"))
    assert dates(dashes, "2-1-2026", "13-1-2026").first_on == date(2026, 1, 2)
    above = "Report Time: 2/1/2026 - 2/28/2026\n"
    assert dates(heading, "2/1/2026", above=above).first_on == date(2026, 2, 1)
    above = '"1. Januar 2026 - 3. Januar 2026"\n'
    assert dates(other, "2/1/2026", above=above).first_on == date(2026, 1, 2)
    assert dates(other, "2/1/2026", above=above, day_order="month-first").first_on == date(2026, 1, 2)
    with pytest.raises(BadInput, match="with the day first and with the month first"):
        dates(desk, "13/1/2026", "1/13/2026")
