"""Reports open in other people's programs and hold the operations' own numbers, to the minor unit."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace

import openpyxl
import pypdf
import pytest

from core.errors import BadInput
from core.money import Money
from core.time import Days
from lake.analytics.compare import compare_channels
from lake.analytics.engagement import Reaction
from lake.analytics.naming import channel_title
from lake.analytics.overview import get_overview
from lake.analytics.period import Period
from lake.analytics.reports import sections
from lake.analytics.reports.content import Chart, Column, Report, Section, Table, money, told
from lake.analytics.reports.report import WRITERS, generate_report
from lake.analytics.reports.sections import SECTIONS
from lake.analytics.roi import get_roi
from lake.state.files import find
from tests.transforms.market import LAST

AUGUST = {"first_on": date(2026, 8, 1), "last_on": LAST}
ALL = list(SECTIONS)


def made(ctx, form, sections=ALL, **more):
    answer = generate_report(ctx, format=form, sections=sections, **AUGUST, **more)
    return answer, find(ctx, answer.file.id)[1]


def test_the_workbooks_values_are_the_operations_to_the_minor_unit(ctx):
    _, path = made(ctx, "xlsx")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames[0] == "About"
    kpis = {row[0]: row[1:] for row in book["Overview"].iter_rows(min_row=3, values_only=True)}
    for kpi in get_overview(ctx, **AUGUST).kpis:
        scale = 100 if kpi.unit == "minor" else 1
        value, previous, change = kpis[kpi.title]
        exact = [round(v) if v is not None and kpi.unit == "minor" else v for v in (kpi.value, kpi.previous)]
        assert [_scaled(value, scale), _scaled(previous, scale)] == pytest.approx(exact)
        assert change == pytest.approx(kpi.change)
    days = list(book["By day"].iter_rows(min_row=3, values_only=True))
    for told_day, day in zip(days, get_overview(ctx, **AUGUST).trend, strict=True):
        assert told_day[0].date() == day.day_on
        assert [_scaled(v, 100) for v in told_day[1:4]] == [
            day.spend_minor,
            day.revenue_minor,
            day.margin_minor,
        ]
    channels = list(book["Channels"].iter_rows(min_row=3, values_only=True))
    for row, channel in zip(channels, compare_channels(ctx, **AUGUST).channels, strict=True):
        assert row[0] == channel_title(channel.channel)
        assert [_scaled(v, 100) for v in row[1:3]] == [channel.spend_minor, channel.revenue_minor]
    campaigns = list(book["Campaigns"].iter_rows(min_row=3, values_only=True))
    spend = sum(_scaled(row[2], 100) for row in campaigns)
    assert spend == get_roi(ctx, by="campaign", **AUGUST).totals.spend_minor
    assert book["Channels"]["B3"].number_format == '#,##0.00 "EUR"'
    assert len(book["By day"]._charts) == 2


def _scaled(value, scale):
    return value if value is None or scale == 1 else int((Decimal(repr(value)) * scale).quantize(Decimal(1)))


def test_the_pdf_opens_and_says_the_same(ctx):
    _, path = made(ctx, "pdf", title="August & <friends>")
    document = pypdf.PdfReader(path)
    text = "\n".join(page.extract_text() for page in document.pages)
    assert len(document.pages) > 1
    heads = [f"{line}\n" for line in ("Overview", "By day", "Channels", "Campaigns", "Organic", "Mail")]
    assert all(head in text for head in heads)
    assert "August & <friends>" in text
    assert "1 Aug 2026 to 31 Aug 2026, against 1 Jul 2026 to 31 Jul 2026" in text
    overview = get_overview(ctx, **AUGUST)
    for kpi in overview.kpis:
        assert kpi.title in text
    for channel in overview.channels:
        assert told(money(channel.revenue_minor, "EUR"), "minor") in text
    assert sum(len(page.images) for page in document.pages) >= 3


@pytest.mark.case("app/report-for-a-boss")
def test_the_report_reads_as_people_write(ctx):
    """Counts as counts, shares in percent, money with its currency; names and days as in any letter."""
    _, path = made(ctx, "pdf", ["overview", "channels", "campaigns", "organic"])
    pages = [page.extract_text() for page in pypdf.PdfReader(path).pages]
    text = "\n".join(pages)
    overview = text[text.index("Overview") : text.index("Channels")]
    kpis = {kpi.name: kpi for kpi in get_overview(ctx, **AUGUST).kpis}
    assert "Orders\n32\n31\n" in overview
    assert f"Blended ROI\n{100 * kpis['blended_roi'].value:,.2f} %" in overview
    assert f"Paid ROI\n{100 * kpis['roi'].value:,.2f} %" in overview
    assert "Revenue\n3,748.50 EUR" in overview
    assert "not what the spend adds" in " ".join(overview.split())
    assert ("Google Ads" in text, "google_ads" in text, "margin_minor" in text) == (True, False, False)
    assert not re.search(r"\d{4}-\d{2}-\d{2}", text)
    assert all(len(page.split()) > 20 for page in pages), "a page with a heading alone"
    sheet = openpyxl.load_workbook(made(ctx, "xlsx")[1])["Overview"]
    formats = {row[0].value: row[1].number_format for row in sheet.iter_rows(min_row=3)}
    assert (formats["Orders"], formats["Paid ROI"], formats["Spend"]) == (
        "#,##0.##",
        "0.00%",
        '#,##0.00 "EUR"',
    )


@pytest.mark.case("app/report-for-a-boss")
def test_the_posts_of_every_channel_are_told(ctx, monkeypatch):
    posts = [
        Reaction(channel=name, id=str(n), name=f"{name} {n}", views=n, engagements=1000 * rank + n)
        for rank, name in enumerate(("facebook", "instagram", "youtube"))
        for n in range(30)
    ]
    answer = SimpleNamespace(rows=sorted(posts, key=lambda post: -post.engagements))
    monkeypatch.setattr(sections, "get_engagement", lambda *_, **__: answer)
    rows = sections.organic(sections.Asked(ctx, Days(AUGUST["first_on"], LAST), "EUR")).table.rows
    assert [row[1] for row in rows] == ["Facebook"] * 10 + ["Instagram"] * 10 + ["YouTube"] * 10
    assert rows[0][0] == "facebook 29"


def test_the_page_needs_nothing_else_and_runs_nothing(ctx):
    _, path = made(ctx, "html", title="<script>alert(1)</script>")
    page = path.read_text(encoding="utf-8")
    assert "<script" not in page
    assert page.count("<svg") >= 3
    links = re.findall(r"""(?:src|href)=["']([^"'#][^"']*)""", page)
    assert [link for link in links if not link.startswith("#")] == []
    assert "url(http" not in page
    overview = get_overview(ctx, **AUGUST)
    assert all(told(money(c.revenue_minor, "EUR"), "minor") in page for c in overview.channels)


@pytest.mark.parametrize("form", ["pdf", "html", "xlsx"])
def test_chosen_sections_come_in_their_order(ctx, form):
    answer, _ = made(ctx, form, ["mail", "overview", "mail"])
    assert answer.sections == ["mail", "overview"]
    assert (answer.period.days, answer.previous.last_on) == (31, date(2026, 7, 31))
    assert answer.file.name == f"report-2026-08-01-2026-08-31.{form}"


@pytest.mark.parametrize("form", ["pdf", "html", "xlsx"])
def test_a_workspace_without_numbers_gets_an_empty_report(theirs, form):
    answer, path = made(theirs, form)
    assert path.stat().st_size == answer.file.bytes > 500


@pytest.mark.parametrize("form", ["pdf", "html", "xlsx"])
def test_odd_names_long_tables_and_other_currencies_are_drawn(tmp_path, form):
    rows = [
        [
            f'=HYPERLINK("x") {n} <b>Übergröße</b> & "так"' + "x" * (n % 90),
            Money(n, "JPY"),
            Money(-n, "KWD"),
            None,
        ]
        for n in range(300)
    ]
    table = Table(
        [Column("Name"), Column("Yen", "minor"), Column("Dinar", "minor"), Column("None", "share")], rows
    )
    section = Section("Odd", "Note & <note>", table, [Chart("line", "<t>", (1,)), Chart("bar", "b", (1, 3))])
    period = Period(first_on=LAST, last_on=LAST, days=1)
    report = Report("t", period, period, "JPY", datetime(2026, 9, 1, tzinfo=UTC), [section])
    path = tmp_path / f"x.{form}"
    WRITERS[form](report, path)
    if form == "xlsx":
        sheet = openpyxl.load_workbook(path)["Odd"]
        assert sheet["A4"].data_type == "s"
        assert (sheet["B4"].value, sheet["C4"].value, sheet["D4"].value) == (1, -0.001, None)
        assert sheet["C4"].number_format == '#,##0.000 "KWD"'
    if form == "pdf":
        assert len(pypdf.PdfReader(path).pages) > 5


def test_unfit_days_are_refused(ctx):
    with pytest.raises(BadInput, match="ends"):
        generate_report(ctx, first_on=LAST, last_on=date(2026, 1, 1))


def test_the_file_lies_in_the_workspaces_own_folder(ctx, theirs):
    _, path = made(ctx, "html", ["overview"])
    assert path.parent.name == str(ctx.workspace)
    assert replace(ctx).service("files") in path.parents
