"""A path table from a CSV file: whatever its marks and words, or one sentence on what is wrong where."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from core.errors import BadInput
from transforms.attribution.amounts import BadCell, read_amounts
from transforms.attribution.cells import Cells, read_cells
from transforms.attribution.paths import Paths
from transforms.attribution.separator import find_separator
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


def read_paths(path: Path, separator: str | None = None) -> PathTable:
    """Return the path table of a CSV file.

    Args:
        path: The file; columns, delimiter, decimal mark and separator of channels are found out.
        separator: What stands between channels, when it shall not be found out.

    Raises:
        BadInput: the file cannot be used; the sentence names file, line and column.
    """
    cells = read_cells(path)
    table = take_frame(cells.frame.select("path", *_amounts(cells)), separator)
    return replace(table, has_nulls="nulls" in cells.columns.places, notes=_notes(cells))


def take_frame(frame: pl.DataFrame, separator: str | None = None) -> PathTable:
    """Return the path table of a frame in memory: `path` as text, and doubles for each of `AMOUNTS`."""
    frame = frame.with_columns(pl.col("path").fill_null(""))
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
