"""A report as a workbook: a sheet a section, numbers as numbers, charts the workbook draws itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from core.money import Money, minor_digits
from lake.analytics.reports.content import Cell, Chart, Quantity, Report, Section, tell_day, told

FORMATS: Mapping[str, str] = {"share": "0.00%", "factor": "#,##0.00", "count": "#,##0.##", "text": "General"}
WIDEST, NARROWEST = 48, 10
# Text is text: a name that begins with = is no formula, one that looks like an address no link.
OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def write_xlsx(report: Report, path: Path) -> None:
    """Write the workbook; its first sheet tells title, days and currency."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), OPTIONS) as book:
        book.set_properties({"title": report.title, "author": "Spreaders", "created": report.made_at})
        _write_about(book, report)
        for section in report.sections:
            _write_section(book, section)


def _write_about(book: Any, report: Report) -> None:
    sheet = book.add_worksheet("About")
    sheet.set_column(0, 0, 16)
    facts = (
        ("Report", report.title),
        ("From", tell_day(report.period.first_on)),
        ("To", tell_day(report.period.last_on)),
        ("Against from", tell_day(report.previous.first_on)),
        ("Against to", tell_day(report.previous.last_on)),
        ("Currency", report.currency),
        ("Made at, UTC", told(report.made_at, "text")),
    )
    for n, (name, value) in enumerate(facts):
        sheet.write_string(n, 0, name)
        sheet.write_string(n, 1, value)


def _write_section(book: Any, section: Section) -> None:
    sheet = book.add_worksheet(section.title[:31])
    bold = book.add_format({"bold": True, "bottom": 1})
    columns, rows = section.table.columns, section.table.rows
    sheet.write_string(0, 0, section.note)
    for n, column in enumerate(columns):
        sheet.write_string(1, n, column.title, bold)
        shown = [column.title, *(told(row[n], column.unit) for row in rows)]
        sheet.set_column(n, n, min(WIDEST, max(NARROWEST, *map(len, shown))))
    for at, row in enumerate(rows, start=2):
        for n, cell in enumerate(row):
            _write_cell(book, sheet, (at, n), cell, columns[n].unit)
    sheet.freeze_panes(2, 1)
    for n, chart in enumerate(section.charts):
        if rows:
            sheet.insert_chart(1 + 20 * n, len(columns) + 1, _chart(book, section, chart))


def _write_cell(book: Any, sheet: Any, place: tuple[int, int], cell: Cell, unit: str) -> None:
    if cell is None:
        return
    if isinstance(cell, Money):
        digits = minor_digits(cell.currency)
        shape = "#,##0" + ("." + "0" * digits if digits else "") + f' "{cell.currency}"'
        sheet.write_number(*place, float(cell.amount), _format(book, shape))
    elif isinstance(cell, Quantity):
        sheet.write_number(*place, cell.value, _format(book, FORMATS.get(cell.unit, "General")))
    elif isinstance(cell, datetime):
        sheet.write_datetime(
            *place, cell.astimezone(UTC).replace(tzinfo=None), _format(book, "d mmm yyyy, hh:mm")
        )
    elif isinstance(cell, date):
        moment = datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 - a day has no zone
        sheet.write_datetime(*place, moment, _format(book, "d mmm yyyy"))
    elif isinstance(cell, str):
        sheet.write_string(*place, cell)
    else:
        sheet.write_number(*place, cell, _format(book, FORMATS.get(unit, "General")))


def _format(book: Any, shape: str) -> Any:
    """Return the workbook's one format of that shape."""
    known = book.__dict__.setdefault("spreaders_formats", {})
    if shape not in known:
        known[shape] = book.add_format({"num_format": shape})
    return known[shape]


def _chart(book: Any, section: Section, chart: Chart) -> Any:
    sheet, last = section.title[:31], len(section.table.rows) + 1
    drawn = book.add_chart({"type": "line" if chart.kind == "line" else "column"})
    for column in chart.columns:
        drawn.add_series(
            {
                "name": [sheet, 1, column],
                "categories": [sheet, 2, 0, last, 0],
                "values": [sheet, 2, column, last, column],
            }
        )
    drawn.set_title({"name": chart.title, "name_font": {"size": 11}})
    drawn.set_legend({"position": "bottom"})
    drawn.set_size({"width": 720, "height": 360})
    return drawn
