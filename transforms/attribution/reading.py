"""A path table from a CSV file: whatever its marks and words, or one sentence on what is wrong where."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from core.errors import BadInput
from lake.tabular.totals import Rows, find_totals, is_bare
from transforms.attribution.amounts import BadCell, read_amounts
from transforms.attribution.cells import Cells, read_cells
from transforms.attribution.paths import Paths
from transforms.attribution.separator import BETWEEN_ITEMS, find_separator, take_lists
from transforms.attribution.splitting import paths_of_texts

AMOUNTS = ("conversions", "value", "nulls")
# Equal paths are put together first where a sample says that most are: it costs more than taking one apart.
SAMPLE = 10_000
WORTH_GROUPING = 0.25


@dataclass(frozen=True, slots=True)
class PathTable:
    """A file's paths, how many rows it had, what separates channels, and what had to be assumed."""

    paths: Paths
    rows: int
    separator: str | None
    has_nulls: bool = True
    notes: list[str] = field(default_factory=list)


def read_paths(path: Path, separator: str | None = None, sheet: str | None = None) -> PathTable:
    """Return the path table of a file.

    Args:
        path: A CSV file, a workbook or an archive; columns, delimiter, decimal mark and separator of channels
            are found out, and rows of totals are left out and noted.
        separator: What stands between channels, when it shall not be found out.
        sheet: The sheet of the workbook or the file of the archive, where there are several.

    Raises:
        BadInput: the file cannot be used; the sentence names file, line and column.
    """
    cells = read_cells(path, sheet)
    notes = _notes(cells)
    frame = _without_totals(cells, cells.frame.select("path", *_amounts(cells)), notes)
    table = take_frame(frame, separator)
    return replace(table, has_nulls="nulls" in cells.columns.places, notes=notes)


def _without_totals(cells: Cells, frame: pl.DataFrame, notes: list[str]) -> pl.DataFrame:
    """Return the rows without those that add up the others; each is noted with its line."""
    path = frame["path"].fill_null("").str.strip_chars()
    is_blank = path == ""
    # A nameless row is a total only beside two others: of two equal rows one may be of people without touch.
    is_blank &= pl.Series([frame.height > 2]).new_from_index(0, frame.height)
    if not (is_bare(path) | is_blank).any():
        return frame
    told = [name for name in AMOUNTS if name in cells.columns.places]
    numbers = frame.select(
        pl.when(pl.lit(cells.frame[name].str.strip_chars() != "")).then(name).alias(name) for name in told
    )
    names = pl.DataFrame({"path": path if is_blank.any() else path.replace("", "(none)")})
    is_total = find_totals(Rows([path], names, numbers, told))
    if not is_total.any() or is_total.all():
        return frame
    rows = [at for at, is_one in enumerate(is_total) if is_one]
    lines = ", ".join(str(cells.line_of(row)) for row in rows[:5])
    notes.append(f"Line {lines} holds totals of the other rows and was left out.")
    return frame.filter(~is_total)


def take_frame(frame: pl.DataFrame, separator: str | None = None) -> PathTable:
    """Return the path table of a frame in memory: `path` as text, and doubles for each of `AMOUNTS`."""
    frame = frame.with_columns(pl.col("path").fill_null(""))
    lists = take_lists(frame["path"]) if separator is None else None
    if lists is not None:
        frame, separator = frame.with_columns(lists), BETWEEN_ITEMS
    between = separator or find_separator(frame["path"])
    grouped = _group(frame)
    arrays = {name: grouped[name].to_numpy() for name in AMOUNTS}
    return PathTable(paths_of_texts(grouped["path"], between, **arrays), frame.height, between)


def _group(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with equal paths put together, their amounts added; all rows if few are equal."""
    sample = frame["path"].gather_every(max(frame.height // SAMPLE, 1))
    if sample.n_unique() > WORTH_GROUPING * len(sample):
        return frame
    return frame.group_by("path", maintain_order=True).agg(pl.col(AMOUNTS).sum())


def _amounts(cells: Cells) -> list[pl.Series]:
    """Return the columns of numbers; one the file does not have is 0."""
    given = {name: cells.frame[name] for name in AMOUNTS if name in cells.columns.places}
    read = read_amounts(given)
    if isinstance(read, BadCell):
        place = f"line {cells.line_of(read.row)}, column {cells.columns.header(read.column)}"
        raise BadInput(f"{cells.path.name}, {place}: {read.because}.")
    nothing = pl.zeros(cells.frame.height, pl.Float64, eager=True)
    return [read.get(name, nothing).alias(name) for name in AMOUNTS]


def _notes(cells: Cells) -> list[str]:
    notes = []
    for name in AMOUNTS:
        if name not in cells.columns.places:
            continue
        empty = int((cells.frame[name].str.strip_chars() == "").sum())
        if empty:
            header = cells.columns.header(name)
            notes.append(f"{empty:,} empty cells of {header} were read as 0.")
    return notes
