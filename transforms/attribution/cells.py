"""The cells of a CSV file of unknown making as text, fast when it is sound, and what is wrong when not."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
from pyarrow import csv as arrow_csv

from core.errors import BadInput
from lake.tabular.files import read_text
from transforms.attribution.columns import NEEDED, Columns, find_twice, recognise

DELIMITERS = (",", ";", "\t", "|")
# Some exports put a title and a range of days above the header.
MOST_LINES_ABOVE = 10
HEAD_LETTERS = 1 << 16
# A path of many thousand touches is one long cell.
LONGEST_CELL = 1 << 30
HINT = {"path": "path", "conversions": "total_conversions"}


@dataclass(frozen=True, slots=True)
class Cells:
    """The used columns of a file as text, under our names, and how the file is written."""

    path: Path
    columns: Columns
    delimiter: str
    above: int
    frame: pl.DataFrame
    sheet: str | None = None

    def line_of(self, row: int) -> int:
        """Return the line (from 1) on which a row of the frame begins; reads the file again."""
        text = read_text(self.path, self.sheet)
        rows = _rows(self.path, text, self.columns, self.delimiter, self.above)
        return next(itertools.islice(rows, row, None))[0]


def read_cells(path: Path, sheet: str | None = None) -> Cells:
    """Return the cells of the columns a path table has; rows of blanks only are left out.

    Args:
        path: A CSV file, a workbook or an archive, in any usual encoding.
        sheet: The sheet of the workbook or the file of the archive, where there are several.

    Raises:
        BadInput: no such file, empty, no text, a needed column missing, or broken at some line.
    """
    text = read_text(path, sheet)
    if "\0" in text:
        raise BadInput(f"{path.name}, line 1, column 1: this is no text file; save the table as CSV.")
    if not text.strip():
        raise BadInput(f"{path.name} is empty; it needs a header line such as path,total_conversions.")
    columns, delimiter, above = _find_header(path, text[:HEAD_LETTERS])
    frame = _read_fast(text, columns, delimiter, above)
    if frame is None:
        frame = _read_slowly(path, text, columns, delimiter, above)
    if frame.is_empty():
        raise BadInput(f"{path.name} has a header and no rows; export the paths again.")
    return Cells(path, columns, delimiter, above, frame, sheet)


def _find_header(path: Path, head: str) -> tuple[Columns, str, int]:
    """Return the columns, the delimiter that finds most of them, and the number of lines above them."""
    best: tuple[int, int, int] = (-1, 0, 0)
    found = (recognise([]), ",", 0)
    for above, line in enumerate(io.StringIO(head, newline=None)):
        for delimiter in DELIMITERS:
            columns = recognise(next(csv.reader([line.rstrip("\n")], delimiter=delimiter), []))
            needed = sum(name in columns.places for name in NEEDED)
            rank = (needed * 10 + len(columns.places), -above, len(columns.headers))
            if rank > best:
                best, found = rank, (columns, delimiter, above)
        if above == MOST_LINES_ABOVE:
            break
    columns, _, above = found
    if columns.missing:
        words = " and ".join(HINT[name] for name in columns.missing)
        raise BadInput(
            f"{path.name}, line {above + 1}: no column {words} among the columns found: "
            f"{', '.join(columns.headers)[:400]}; add or rename it."
        )
    twice = find_twice(columns)
    if twice is not None:
        raise BadInput(
            f"{path.name}, line {above + 1}: the column {twice} stands there twice; rename or remove one."
        )
    return found


def _read_fast(text: str, columns: Columns, delimiter: str, above: int) -> pl.DataFrame | None:
    """Return the cells by Arrow's reader; None where it stumbles and a slower look must tell."""
    raw = text.encode()
    wanted = {str(place): name for name, place in columns.places.items()}
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(raw),
            read_options=arrow_csv.ReadOptions(
                skip_rows=above + 1, column_names=[str(n) for n in range(len(columns.headers))]
            ),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=b'"' in raw),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(wanted, pa.string()),
                include_columns=list(wanted),
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    frame = pl.DataFrame(table).rename(wanted)
    return None if frame.is_empty() else frame


def _read_slowly(path: Path, text: str, columns: Columns, delimiter: str, above: int) -> pl.DataFrame:
    """Return the cells row by row, or raise the sentence that says what is wrong and where."""
    rows = [row for _, row in _rows(path, text, columns, delimiter, above)]
    texts = {name: [row[place] for row in rows] for name, place in columns.places.items()}
    return pl.DataFrame(texts, schema=dict.fromkeys(texts, pl.String))


def _rows(
    path: Path, text: str, columns: Columns, delimiter: str, above: int
) -> Iterator[tuple[int, list[str]]]:
    """Yield the line each row begins on, and the row."""
    lines = list(io.StringIO(text, newline=""))[above:]
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    begin, width = above + 1, len(columns.headers)
    try:
        for number, row in enumerate(reader):
            if number and any(cell.strip() for cell in row):
                if len(row) != width:
                    raise BadInput(
                        f"{path.name}, line {begin}, column {min(len(row), width) + 1}: the row has "
                        f"{len(row)} cells and the header {width}; "
                        f"put quotes around cells that hold {delimiter!r}."
                    )
                yield begin, row
            begin = above + 1 + reader.line_num
    except csv.Error as error:
        line = lines[begin - above - 1]
        column = line[: line.find('"') + 1].count(delimiter) + 1
        raise BadInput(
            f"{path.name}, line {begin}, column {column}: the quotes are broken ({error}); "
            'write a quote inside a cell twice ("") and close every cell.'
        ) from None
