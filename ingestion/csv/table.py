"""A CSV file of unknown making as columns of text, or the sentence that says what is wrong."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.csv as pv

from core.errors import BadInput
from ingestion.csv.headers import plain_header
from ingestion.csv.recognise import vocabulary

SEPARATORS = (",", ";", "\t", "|")
BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
# Some exports put a title and a range of days above the header, and a line of their own below the rows.
MOST_LINES_ABOVE = 10
MOST_LINES_BELOW = 5
FEWEST_KNOWN = 3
LARGEST_BYTES = 1024**3


@dataclass(frozen=True, slots=True)
class Table:
    """A file's rows as columns of text by header; `lines` holds the line number each row begins on."""

    path: Path
    frame: pl.DataFrame
    lines: pl.Series
    notes: list[str] = field(default_factory=list)

    @property
    def headers(self) -> list[str]:
        """The headers as the file spells them."""
        return self.frame.columns


def read_table(path: Path) -> Table:
    """Read a CSV file whatever its separator and encoding.

    Raises:
        BadInput: no such file, empty, no text, no header we understand, or broken at some line.
    """
    text = _read_text(path)
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise BadInput(f"{path.name}, line {line}: this is no text file; export the report as CSV.")
    if not text.strip():
        raise BadInput(f"{path.name} is empty; export the report again, with its header line.")
    above, separator = _find_header(path, text)
    return _read_fast(path, text, above, separator) or _read_rows(path, text, above, separator)


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise BadInput(f"{path.name} is larger than 1 GiB; split the report by months.")
        raw = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}); check the name and the rights.") from None
    for mark, encoding in BYTE_ORDER_MARKS:
        if raw.startswith(mark):
            return _decode(path, raw, encoding)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return _decode(path, raw, "cp1252")  # what spreadsheets save when they do not save UTF-8


def _decode(path: Path, raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise BadInput(
            f"{path.name}, line {line}: these bytes are no text; save the report as UTF-8."
        ) from None


def _find_header(path: Path, text: str) -> tuple[int, str]:
    """Return how many lines stand above the header, and the separator that makes most sense of it."""
    best = (0, 0, ",")
    lines = io.StringIO(text)
    for above in range(MOST_LINES_ABOVE + 1):
        line = lines.readline()
        for separator in SEPARATORS:
            headers = next(csv.reader([line], delimiter=separator), [])
            known = len({plain_header(header) for header in headers} & vocabulary())
            best = max(best, (known, -above, separator), key=lambda seen: seen[:2])
    known, above, separator = best
    if known < FEWEST_KNOWN:
        first = next(line for line in text.splitlines() if line.strip())[:80]
        raise BadInput(
            f"{path.name}, line 1, column 1: this is no header of a report ({first!r}); "
            "the first line must name columns such as date, campaign, impressions, clicks and spend."
        )
    return -above, separator


def _read_fast(path: Path, text: str, above: int, separator: str) -> Table | None:
    """Return the table by Arrow's reader; None where a line is not a row, which wants a closer look."""
    start = 0
    for _ in range(above):
        start = text.index("\n", start) + 1
    end = text.find("\n", start)
    if end < 0 or '""' in text:
        return None
    headers = next(csv.reader([text[start:end]], delimiter=separator))
    names = _unique(path, above + 1, headers)
    body = text[end + 1 :].rstrip("\r\n")
    try:
        table = pv.read_csv(
            pa.BufferReader(body.encode()),
            read_options=pv.ReadOptions(column_names=names, block_size=1 << 24),
            parse_options=pv.ParseOptions(delimiter=separator, newlines_in_values=False),
            convert_options=pv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != body.count("\n") + 1:
        return None
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a table is always a frame
    lines = pl.Series("line", range(above + 2, above + 2 + frame.height), pl.Int64)
    return _drop_empty(Table(path, frame, lines))


def _drop_empty(table: Table) -> Table:
    """Return the table with its cells stripped and without rows that hold nothing."""
    frame = table.frame.with_columns(pl.all().str.strip_chars())
    is_told = frame.select(pl.any_horizontal(pl.all() != "")).to_series()
    if is_told.all():
        return Table(table.path, frame, table.lines, table.notes)
    return Table(table.path, frame.filter(is_told), table.lines.filter(is_told), table.notes)


def _read_rows(path: Path, text: str, above: int, separator: str) -> Table:
    lines = list(io.StringIO(text, newline=""))[above:]
    reader = csv.reader(lines, delimiter=separator, strict=True)
    rows: list[list[str]] = []
    starts: list[int] = []
    headers: list[str] = []
    notes: list[str] = []
    begin = 1 + above
    try:
        for row in reader:
            if not headers:
                headers = _unique(path, begin, row)
            elif any(cell.strip() for cell in row):
                if len(row) != len(headers):
                    if _is_footer(row, rows, len(lines) - reader.line_num):
                        notes.append(f"Line {begin} below the rows was passed over: {row[0][:60]!r}.")
                        continue
                    raise _ragged(path, begin, row, headers)
                rows.append(row)
                starts.append(begin)
            begin = 1 + above + reader.line_num
    except csv.Error as error:
        column = _column_of_open_quote(lines[begin - above - 1], separator)
        raise BadInput(
            f"{path.name}, line {begin}, column {column}: the quotes are broken ({error}); "
            'write a quote inside a cell twice ("") and close every cell.'
        ) from None
    if not rows:
        raise BadInput(f"{path.name} has a header and no rows; export the report for days with delivery.")
    frame = pl.DataFrame(rows, schema=dict.fromkeys(headers, pl.String), orient="row")
    return _drop_empty(Table(path, frame, pl.Series("line", starts, pl.Int64), notes))


def _is_footer(row: Sequence[str], rows: Sequence[Sequence[str]], lines_left: int) -> bool:
    """Say whether a row of one cell stands below the rows: a copyright, a date of export."""
    is_single = len([cell for cell in row if cell.strip()]) == 1
    return is_single and len(row) == 1 and bool(rows) and lines_left < MOST_LINES_BELOW


def _unique(path: Path, line: int, headers: Sequence[str]) -> list[str]:
    names = [header.strip() for header in headers]
    twice = next((i for i, name in enumerate(names) if name in names[:i]), None)
    if twice is not None:
        raise BadInput(
            f"{path.name}, line {line}, column {twice + 1}: the header {names[twice]!r} stands there twice; "
            "rename or remove one of the columns."
        )
    return names


def _ragged(path: Path, line: int, row: Sequence[str], headers: Sequence[str]) -> BadInput:
    return BadInput(
        f"{path.name}, line {line}, column {min(len(row), len(headers)) + 1}: the row has {len(row)} cells "
        f"and the header {len(headers)}; put quotes around cells that hold the separator, or export again.",
        line=line,
    )


def _column_of_open_quote(line: str, separator: str) -> int:
    return line[: line.find('"') + 1].count(separator) + 1
