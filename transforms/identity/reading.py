"""Person records from a CSV file whose columns are recognised or named."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from core.errors import BadInput
from transforms.identity.records import KIND_OF, plain_name

SEPARATORS = ",;\t|"
LARGEST_BYTES = 1024**3


def read_records(file: Path, columns: Mapping[str, str]) -> tuple[pl.DataFrame, dict[str, str]]:
    """Return the file's rows as text, empty cells null, and the field of each column that tells of a person.

    `columns` are fields by column, such as surname by "Name 2"; an empty field leaves the column out, and
    columns it does not name are known by their own names.

    Raises:
        BadInput: the file cannot be read or is no table, or the columns do not say who a person is.
    """
    header, *rows = _read_rows(file)
    names = [name.strip() for name in header]
    if len(set(names)) < len(names) or not all(names):
        raise BadInput(f"{file.name} has a column without a name or two of one name; name each column once.")
    for number, row in enumerate(rows, 2):
        if len(row) != len(names):
            raise BadInput(
                f"{file.name}, row {number} has {len(row)} cells, not {len(names)}; "
                "put cells that hold a separator in quotes."
            )
    if not rows:
        raise BadInput(f"{file.name} has a header and no rows; give a file with records.")
    for column, field in columns.items():
        if column not in names:
            raise BadInput(f"{file.name} has no column {column!r}; its columns are {', '.join(names)}.")
        if field and field not in KIND_OF:
            raise BadInput(f"{field!r} is no field; the fields are {', '.join(sorted(KIND_OF))}.")
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    cells = pl.all().str.strip_chars()
    frame = frame.select(pl.when(cells != "").then(cells).name.keep())
    fields = {name: columns.get(name, plain_name(name)) for name in names}
    known = {name: field for name, field in fields.items() if field in KIND_OF}
    if len(known) < 2:
        raise BadInput(
            f"{file.name} has no two columns that say who a person is; name them by --map COLUMN=FIELD, "
            "with fields such as first_name, surname, dob, email, phone, street, postcode, city."
        )
    return frame, known


def _read_rows(file: Path) -> list[list[str]]:
    try:
        if file.stat().st_size > LARGEST_BYTES:
            raise BadInput(f"{file.name} is larger than 1 GiB; split it.")
        raw = file.read_bytes()
    except OSError as error:
        raise BadInput(f"{file} cannot be read ({error.strerror}); check the name and the rights.") from None
    if b"\0" in raw:
        raise BadInput(f"{file.name} is no text file; save it as CSV.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")  # what spreadsheets save when they do not save UTF-8
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(SEPARATORS, key=first.count)
    try:
        rows = [
            row
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
            if any(cell.strip() for cell in row)
        ]
    except csv.Error as error:
        raise BadInput(f"{file.name} has broken quotes ({error}); close every quoted cell.") from None
    if not rows:
        raise BadInput(f"{file.name} is empty; give a file with a header and records.")
    return rows
