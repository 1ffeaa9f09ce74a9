"""The real files that lie beside the project and are never committed with it."""

from __future__ import annotations

import csv
import os
from decimal import Decimal
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("SPREADERS_SHARED", Path(__file__).parents[2] / "shared"))
DATA = SHARED / "data"


def real(path: str) -> Path:
    """Return a real file; without it skip, or fail with SPREADERS_TEST_REQUIRE=all."""
    file = DATA / path
    if not file.exists():
        reason = f"{file} is missing: set SPREADERS_SHARED to the folder that holds data/"
        (pytest.fail if os.environ.get("SPREADERS_TEST_REQUIRE") == "all" else pytest.skip)(reason)
    return file


def rows_of(path: str) -> list[dict[str, str]]:
    """Return a real file's rows by lower-case header, read by nothing of the product."""
    with real(path).open(encoding="utf-8-sig", newline="") as file:
        return [{k.strip().lower(): v.strip() for k, v in row.items()} for row in csv.DictReader(file)]


def add_up(path: str, *columns: str) -> Decimal:
    """Return the exact sum of columns over a real file; empty cells are nothing."""
    return sum((Decimal(row[name] or 0) for row in rows_of(path) for name in columns), Decimal(0))
