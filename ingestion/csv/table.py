"""A CSV file of unknown making as columns of text, or the sentence that says what is wrong."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.csv as pv

from core.errors import BadInput
from ingestion.csv.headers import plain_header
from ingestion.csv.recognise import vocabulary
from lake.tabular.files import read_text

SEPARATORS = (",", ";", "\t", "|")
# Some exports put a title and a range of days above the header, and a line of their own below the rows.
MOST_LINES_ABOVE = 40
MOST_LINES_BELOW = 5
FEWEST_KNOWN = 3


@dataclass(frozen=True, slots=True)
class Table:
    """A file's rows as columns of text by header; `lines` holds the line number each row begins on.

    `above` is the text above the header.
    """

    path: Path
    frame: pl.DataFrame
    lines: pl.Series
    notes: list[str] = field(default_factory=list)
    above: str = ""

    @property
    def headers(self) -> list[str]:
        """The headers as the file spells them."""
        return self.frame.columns


def read_table(
    path: Path,
    *,
    named: Sequence[str] = (),
    is_layout_named: bool = False,
    is_known: Callable[[Sequence[str]], bool] | None = None,
    part: str | None = None,
) -> Table:
    """Read a table from a CSV file, a workbook or an archive, whatever its separator and encoding.

    Args:
        path: The file.
        named: Headers the caller names; a line that has them is the header, in whatever language.
        is_layout_named: The caller says what the report is, so that few known words are enough.
        is_known: Says of headers whether a file of them was confirmed before.
        part: The sheet or the file of the archive, where there are several.

    Raises:
        BadInput: no such file, empty, no text, no header we understand, or broken at some line.
    """
    text = read_text(path, part)
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise BadInput(f"{path.name}, line {line}: this is no text file; export the report as CSV.")
    if not text.strip():
        raise BadInput(f"{path.name} is empty; export the report again, with its header line.")
    place = _confirmed_header(text, is_known) if is_known is not None else None
    above, separator = place or _find_header(path, text, named, is_layout_named=is_layout_named)
    table = _read_fast(path, text, above, separator) or _read_rows(path, text, above, separator)
    return replace(table, above=_head(text, above)) if above else table


def _confirmed_header(text: str, is_known: Callable[[Sequence[str]], bool]) -> tuple[int, str] | None:
    """Return where a header stands that was confirmed before, and its separator; None without one."""
    for above, line in enumerate(itertools.islice(io.StringIO(text), MOST_LINES_ABOVE + 1)):
        for separator in SEPARATORS:
            headers = next(csv.reader([line.rstrip("\n")], delimiter=separator), [])
            if len(headers) > 1 and is_known(headers):
                return above, separator
    return None


def _head(text: str, lines: int) -> str:
    """Return the first lines of a text."""
    return "".join(itertools.islice(io.StringIO(text), lines))


def _find_header(path: Path, text: str, named: Sequence[str], *, is_layout_named: bool) -> tuple[int, str]:
    """Return how many lines stand above the header, and the separator that makes most sense of it."""
    best = (0, 0, 0, ",")
    lines = io.StringIO(text)
    wanted = {plain_header(name) for name in named}
    known_words = vocabulary() | wanted
    for above in range(MOST_LINES_ABOVE + 1):
        line = lines.readline()
        for separator in SEPARATORS:
            headers = {plain_header(header) for header in next(csv.reader([line], delimiter=separator), [])}
            rank = (len(headers & wanted), len(headers & known_words), -above, separator)
            best = max(best, rank, key=lambda seen: (seen[0] + seen[1], seen[2]))
    told, known, above, separator = best
    fewest = min(FEWEST_KNOWN, len(wanted)) if wanted and told == len(wanted) else FEWEST_KNOWN
    if known < (min(fewest, 1) if is_layout_named else fewest):
        first = next(line for line in text.splitlines() if line.strip())[:80]
        raise BadInput(
            f"{path.name}, line 1, column 1: this is no header of a report ({first!r}); "
            "the first line must name columns such as date, campaign, impressions, clicks and spend; "
            "columns in other words can be told with --map COLUMN=FIELD."
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
