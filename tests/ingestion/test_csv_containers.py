"""Workbooks, archives, encodings and line ends: what is in them is read, what could harm is refused."""

# ruff: noqa: DTZ001, E501 - a workbook's days have no zone, and a file is as wide as it is

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from core.errors import BadInput
from ingestion.csv.source import Choice
from ingestion.csv.table import read_table
from lake.tabular import files
from tests.ingestion.csv_desk import Desk

TEXT = "Date,Campaign,Impressions,Clicks,Spend\n2026-07-01,Größe,10,1,12.50\n2026-07-02,Größe,10,1,1.00\n"
CASES = Path(__file__).parent / "cases"


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def bring(desk, content, name="f.csv"):
    file = desk.write(name, content)
    return desk.bring(file, choice=Choice("pinterest_ads"), currency="EUR")[0]


def zipped(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "."), text)
    return out.getvalue()


def workbook(**sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


ROWS = [
    ["Campaign report"],
    ["Date", "Campaign", "Impressions", "Clicks", "Spend"],
    [date(2026, 7, 1), "A", 1234, 5, 1.625],
    [datetime(2026, 7, 2), "B", 2000, 7, 1200.125],
]


@pytest.mark.case("files/12")
def test_lines_that_end_in_cr_alone_are_read(desk):
    result = bring(desk, (CASES / "12-f_cr.csv").read_bytes())
    assert (result.spend_minor, result.rows) == (1350, 2)


@pytest.mark.parametrize(
    "content",
    [
        *(TEXT.encode("cp1252"), TEXT.encode("utf-16"), TEXT.encode("utf-16-le"), TEXT.encode("utf-16-be")),
        *(TEXT.encode("utf-8-sig"), TEXT.replace("\n", "\r\n").encode(), TEXT.replace("\n", "\r").encode("utf-16")),
        *(gzip.compress(TEXT.encode()), zipped(report__csv=TEXT), zipped(report__tsv=TEXT.replace(",", "\t"))),
        gzip.compress(TEXT.encode("utf-16")),
        zipped(**{"__MACOSX/report__csv": "x", "report__csv": TEXT}).replace(b".MACOSX", b".MACOSX"),
    ],
)  # fmt: skip
def test_any_encoding_and_packing_is_read(desk, content):
    result = bring(desk, content)
    assert (result.spend_minor, result.rows) == (1350, 2)
    assert desk.silver("ad_daily")["campaign_id"].unique().to_list() == ["Größe"]


def test_a_workbook_is_read_by_its_typed_cells(desk):
    result = bring(desk, workbook(Report=ROWS, Notes=[["made by me"]]), "r.xlsx")
    assert (result.spend_minor, result.impressions) == (120_175, 3234)
    assert (result.first_on, result.last_on) == (date(2026, 7, 1), date(2026, 7, 2))
    assert (result.quarantined, result.bad_rows) == (0, [])


def test_the_currency_of_a_number_format_counts(desk):
    book = openpyxl.Workbook()
    for row in ROWS[1:]:
        book.active.append(row)
    for cell in book.active["E"][1:]:
        cell.number_format = "[$£-809]#,##0.00"
    out = io.BytesIO()
    book.save(out)
    file = desk.write("r.xlsx", out.getvalue())
    assert desk.bring(file, choice=Choice("pinterest_ads"))[0].currency == "GBP"


def test_a_bad_row_of_a_workbook_is_named_by_its_number(desk):
    result = bring(desk, workbook(Report=[*ROWS, [date(2026, 7, 3), "C", "many", 1, 1]]), "r.xlsx")
    assert [row.line for row in result.bad_rows] == [5]


def test_several_sheets_or_files_ask_for_a_name(desk):
    book = desk.write("b.xlsx", workbook(July=ROWS, June=ROWS))
    with pytest.raises(BadInput, match="several sheets: July, June; say which with --sheet NAME"):
        read_table(book)
    assert read_table(book, part="June").frame.height == 2
    with pytest.raises(BadInput, match="no sheet 'May'"):
        read_table(book, part="May")
    archive = desk.write("z.zip", zipped(a__csv=TEXT, b__csv=TEXT, readme__md="hello"))
    with pytest.raises(BadInput, match="several tables: a.csv, b.csv; say which with --sheet NAME"):
        read_table(archive)
    assert read_table(archive, part="b.csv").frame.height == 2
    with pytest.raises(BadInput, match="holds no 'c.csv'"):
        read_table(archive, part="c.csv")


def test_formulas_without_results_are_refused(desk):
    rows = [*ROWS, [date(2026, 7, 3), "C", 1, 1, "=1+1"]]
    with pytest.raises(BadInput, match="formulas without results"):
        bring(desk, workbook(Report=rows), "r.xlsx")


@pytest.mark.parametrize(
    "pack", [gzip.compress, lambda raw: zipped(a__csv=raw), lambda raw: zipped(**{"xl/workbook__xml": raw})]
)
def test_a_bomb_is_refused_before_it_is_unpacked(desk, monkeypatch, pack):
    monkeypatch.setattr(files, "SMALL_BYTES", 1 << 20)
    with pytest.raises(BadInput, match="unpacks to more than a report can be"):
        bring(desk, pack(b"0" * (8 << 20)))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old .xls form; save it as .xlsx or as CSV"),
        (zipped(mimetype="application/vnd.oasis.opendocument.spreadsheet"), "another form than .xlsx"),
        (gzip.compress(TEXT.encode())[:-20], "damaged archive"),
        (zipped(a__csv=TEXT)[:-30], "damaged archive"),
        (zipped(), "empty archive|damaged archive|no text file"),
        (gzip.compress(gzip.compress(gzip.compress(TEXT.encode()))), "archives in archives"),
        (zipped(**{"xl/workbook__xml": "<broken"}), "broken workbook"),
        (workbook(Empty=[]), "no sheet holds a table"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_in_one_sentence(desk, content, sentence):
    with pytest.raises(BadInput, match=sentence) as refused:
        bring(desk, content, "f.bin")
    assert "\n" not in refused.value.message
