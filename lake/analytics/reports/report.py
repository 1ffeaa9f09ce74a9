"""Making a report of chosen sections and days."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from core.context import Context
from core.operation import operation
from lake.analytics.marts import open_marts
from lake.analytics.period import FirstOn, LastOn, Period, choose_days, reporting_currency
from lake.analytics.reports.content import Report
from lake.analytics.reports.html import write_html
from lake.analytics.reports.pdf import write_pdf
from lake.analytics.reports.sections import SECTIONS, Asked, Name
from lake.analytics.reports.xlsx import write_xlsx
from lake.state.declared import Text
from lake.state.files import File, keep

Form = Literal["pdf", "html", "xlsx"]
WRITERS: Mapping[Form, Callable[[Report, Path], None]] = {
    "pdf": write_pdf,
    "html": write_html,
    "xlsx": write_xlsx,
}
EVERYDAY: list[Name] = ["overview", "trend", "channels", "campaigns", "organic", "mail"]

FormChoice = Annotated[Form, Field(description="pdf, html or xlsx.")]
Sections = Annotated[
    list[Name],
    Field(
        description="In this order: overview, trend, channels, campaigns, attribution, organic, mail.",
        min_length=1,
        max_length=len(SECTIONS),
    ),
]
Title = Annotated[Text, Field(description="What stands at its head.")]


class ReportMade(BaseModel):
    """The answer of `analytics.generateReport`."""

    file: File = Field(description="The file; fetch it by `GET /files/<id>`.")
    period: Period = Field(description="The days it tells.")
    previous: Period = Field(description="The days it compares with.")
    currency: str = Field(description="ISO 4217 reporting currency.")
    sections: list[Name] = Field(description="What it holds, in order.")


@operation("analytics.generateReport", effect="write", reach="workspace")
def generate_report(
    ctx: Context,
    *,
    format: FormChoice = "pdf",  # noqa: A002 - the public name
    sections: Sections = EVERYDAY,
    title: Title = "Marketing report",
    first_on: FirstOn = None,
    last_on: LastOn = None,
) -> ReportMade:
    """Return a report with tables and charts as PDF, HTML or workbook, a period against the one before.

    Each section holds the numbers of the operation that answers the same question. Amounts are whole
    units with the currency's decimals, exact to the minor unit; the HTML needs nothing else. The file
    is stored here and fetched with the caller's own token.

    Raises:
        BadInput: there is no such section, or the range ends before it begins.
        NotFound: the models were never built.
    """
    with open_marts(ctx) as link:
        days = choose_days(link, first_on, last_on)
        currency = reporting_currency(link)
    asked = Asked(ctx, days, currency)
    chosen = list(dict.fromkeys(sections))
    report = Report(
        title=title,
        period=Period.of(days),
        previous=Period.of(days.before()),
        currency=currency,
        made_at=ctx.clock.now(),
        sections=[SECTIONS[name](asked) for name in chosen],
    )
    name = f"report-{days.first}-{days.last}.{format}"
    file = keep(ctx, "report", "analytics.generateReport", name, lambda path: WRITERS[format](report, path))
    return ReportMade(
        file=file, period=report.period, previous=report.previous, currency=currency, sections=chosen
    )
