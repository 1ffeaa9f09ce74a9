"""A report as one HTML page that needs nothing else: style and pictures are inside."""

from __future__ import annotations

from html import escape
from pathlib import Path

from lake.analytics.reports.content import Report, Section, tell_days, told
from lake.analytics.reports.drawing import draw

STYLE = """
body { font: 14px/1.5 system-ui, sans-serif; color: #1F2A37; max-width: 62rem }
body { margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.7rem; margin: 0 } h2 { font-size: 1.2rem; margin: 2.2rem 0 .2rem }
p { margin: .2rem 0 .8rem; color: #4B5563 } svg { max-width: 100%; height: auto; display: block }
.wide { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-size: 12px }
th, td { padding: .3rem .5rem; border-bottom: 1px solid #DDE3E7; text-align: left; white-space: nowrap }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums } th { background: #F5F7F8 }
@media print { section { break-inside: avoid } }
"""


def write_html(report: Report, path: Path) -> None:
    """Write the page."""
    title = escape(report.title)
    days, before = tell_days(report.period), tell_days(report.previous)
    page = (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body>\n<h1>{title}</h1>\n"
        f"<p>{days}, against {before}. Amounts in {escape(report.currency)} unless they say otherwise. "
        f"Made {told(report.made_at, 'text')} UTC.</p>\n"
        f"{''.join(map(_section, report.sections))}</body></html>\n"
    )
    path.write_text(page, encoding="utf-8")


def _section(section: Section) -> str:
    pictures = [draw(section.table, chart, "svg").decode() for chart in section.charts if section.table.rows]
    drawn = "".join(picture[picture.index("<svg") :] for picture in pictures)
    return (
        f"<section><h2>{escape(section.title)}</h2>\n<p>{escape(section.note)}</p>\n{drawn}{_table(section)}"
        "</section>\n"
    )


def _table(section: Section) -> str:
    columns = section.table.columns
    kinds = ["" if column.unit == "text" else ' class="number"' for column in columns]
    head = "".join(f"<th{k}>{escape(c.title)}</th>" for c, k in zip(columns, kinds, strict=True))
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{kind}>{escape(told(cell, column.unit))}</td>"
            for cell, column, kind in zip(row, columns, kinds, strict=True)
        )
        + "</tr>\n"
        for row in section.table.rows
    )
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table></div>'
