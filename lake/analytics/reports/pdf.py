"""A report as PDF: A4 across, headings that stay with their table, column heads that repeat, page numbers."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from lake.analytics.reports.content import Report, Section, tell_days, told
from lake.analytics.reports.drawing import INCHES, draw

FONT = "DejaVuSans"
LONGEST_CELL = 44
MARGIN = 40
# Heights in points: of a heading with its sentence, and of a row.
HEADING, ROW = 70, 18


def write_pdf(report: Report, path: Path) -> None:
    """Write the document."""
    from reportlab.lib.pagesizes import A4, landscape
    from reportlab.platypus import CondPageBreak, SimpleDocTemplate

    _ready_font()
    document = SimpleDocTemplate(
        str(path),
        pagesize=landscape(A4),
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=report.title,
        author="Spreaders",
        invariant=1,
    )
    story: list[Any] = _head(report)
    for section in report.sections:
        # A section begins where its heading, its charts and the first rows have room.
        drawn = _pictures(section, document.width)
        room = (
            HEADING
            + sum(picture.drawHeight for picture in drawn[:1])
            + ROW * (min(len(section.table.rows), 4) + 1)
        )
        story += [CondPageBreak(room), *_section(section, drawn)]
    document.build(story, onFirstPage=_number, onLaterPages=_number)


def _ready_font() -> None:
    """Make a font known that has more than Latin letters; it comes with the drawing library."""
    from matplotlib import get_data_path
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(FONT, str(Path(get_data_path(), "fonts", "ttf", f"{FONT}.ttf"))))


def _style(size: int, **more: Any) -> Any:
    from reportlab.lib.styles import ParagraphStyle

    return ParagraphStyle(f"s{size}", fontName=FONT, fontSize=size, leading=size * 1.35, **more)


def _head(report: Report) -> list[Any]:
    from reportlab.platypus import Paragraph, Spacer

    days, before = tell_days(report.period), tell_days(report.previous)
    told_days = f"{days}, against {before}. Amounts in {report.currency} unless they say otherwise."
    made = f"Made {told(report.made_at, 'text')} UTC."
    return [
        Paragraph(escape(report.title), _style(20)),
        Paragraph(escape(f"{told_days} {made}"), _style(9)),
        Spacer(1, 14),
    ]


def _pictures(section: Section, width: float) -> list[Any]:
    """Return the section's charts, as many side by side as there are."""
    from reportlab.platypus import Image

    if not section.table.rows:
        return []
    wide = width * (0.6 if len(section.charts) == 1 else 0.98 / max(len(section.charts), 1))
    return [
        Image(io.BytesIO(draw(section.table, chart, "png")), wide, wide * INCHES[1] / INCHES[0])
        for chart in section.charts
    ]


def _section(section: Section, drawn: list[Any]) -> list[Any]:
    from reportlab.platypus import Paragraph, Spacer
    from reportlab.platypus import Table as Grid

    story: list[Any] = [
        Spacer(1, 14),
        Paragraph(escape(section.title), _style(14)),
        Paragraph(escape(section.note), _style(8)),
        Spacer(1, 6),
    ]
    if drawn:
        story += [Grid([drawn], hAlign="LEFT"), Spacer(1, 6)]
    if section.table.rows:
        return [*story, _table(section)]
    return [*story, Paragraph("Nothing in these days.", _style(9))]


def _table(section: Section) -> Any:
    from reportlab.lib import colors
    from reportlab.platypus import Table as Grid
    from reportlab.platypus import TableStyle

    columns = section.table.columns
    rows = [[column.title for column in columns]] + [
        [_short(told(cell, column.unit)) for cell, column in zip(row, columns, strict=True)]
        for row in section.table.rows
    ]
    grid = Grid(rows, repeatRows=1, hAlign="LEFT")
    numbers = [n for n, column in enumerate(columns) if column.unit != "text"]
    grid.setStyle(
        TableStyle(
            [
                ("FONT", (0, 0), (-1, -1), FONT, 7),
                ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#F5F7F8")),
                ("LINEBELOW", (0, 0), (-1, -1), 0.3, colors.HexColor("#DDE3E7")),
                *(("ALIGN", (n, 0), (n, -1), "RIGHT") for n in numbers),
            ]
        )
    )
    return grid


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_CELL else f"{line[: LONGEST_CELL - 1]}…"


def _number(canvas: Any, document: Any) -> None:
    canvas.setFont(FONT, 7)
    canvas.drawRightString(document.pagesize[0] - MARGIN, MARGIN / 2, str(canvas.getPageNumber()))
