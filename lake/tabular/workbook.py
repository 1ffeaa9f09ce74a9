"""A sheet of a workbook as CSV text that says what its typed cells say."""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any
from xml.etree.ElementTree import ParseError

from core.errors import BadInput

# A formula whose result was never written: the cell would be empty, and its money lost.
NO_RESULT = re.compile(rb"</f>\s*(?:<v\s*/>|<v></v>)?\s*</c>")
# The currency in the format of a number: [$€-407], "US$", or a bare sign.
CURRENCY = re.compile(r'\[\$([^\]\-]+)(?:-[0-9A-Fa-f]+)?\]|"([^"\d]{1,4})"|([$€£¥₹₽₩₺₪])')


def sheet_as_csv(file: str, raw: bytes, name: str | None) -> str:
    """Return a sheet as CSV, a line a row; the only sheet that holds a table where none is named.

    Raises:
        BadInput: no such sheet, none or several with a table, formulas without results, a broken workbook.
    """
    import openpyxl

    _refuse_formulas(file, raw)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles the library does not know
            book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
            sheets = {s.title: _rows(s) for s in book.worksheets if name or s.sheet_state == "visible"}
    except (KeyError, ValueError, TypeError, IndexError, AttributeError, ParseError, zipfile.BadZipFile):
        raise BadInput(f"{file} is a broken workbook; save it again, or as CSV.") from None
    if name is not None:
        if name not in sheets:
            raise BadInput(f"{file} has no sheet {name!r}; its sheets are {', '.join(sheets)}.")
        return _write(sheets[name])
    tables = [title for title, rows in sheets.items() if _is_table(rows)]
    if not tables:
        raise BadInput(f"{file} is empty: no sheet holds a table; export the report again.")
    if len(tables) > 1:
        raise BadInput(f"{file} has several sheets: {', '.join(tables)}; say which with --sheet NAME.")
    return _write(sheets[tables[0]])


def _refuse_formulas(file: str, raw: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/") and NO_RESULT.search(archive.read(name)):
                raise BadInput(
                    f"{file} holds formulas without results; open and save it in a spreadsheet program, "
                    "or save it as CSV."
                )


def _rows(sheet: Any) -> list[list[str]]:
    sheet.reset_dimensions()  # some programs write a wrong size
    return [[_text(cell) for cell in row] for row in sheet.iter_rows()]


def _is_table(rows: Iterable[Sequence[str]]) -> bool:
    wide = [row for row in rows if sum(cell != "" for cell in row) > 1]
    return len(wide) > 1


def _write(rows: list[list[str]]) -> str:
    width = max((n + 1 for row in rows for n, cell in enumerate(row) if cell), default=0)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([*row[:width], *[""] * (width - len(row))] for row in rows)
    return out.getvalue()


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _currency(cell.number_format) + _number(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return " ".join(str(value).splitlines())


def _number(value: float) -> str:
    """Return a number so that its point cannot be taken for a mark of thousands: not three digits behind."""
    if value == int(value):
        return str(int(value))
    text = repr(value)
    return text + "0" if re.fullmatch(r"-?\d{1,3}\.\d{3}", text) else text


def _currency(form: str | None) -> str:
    seen = CURRENCY.search(form or "")
    return next((group.strip() for group in seen.groups() if group), "") if seen else ""
