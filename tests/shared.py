"""The real files that lie beside the project and are never committed with it.

Tests that read them are marked `shared`. Without the folder they are skipped; with
SPREADERS_TEST_REQUIRE=all, as the integration server sets it, they fail.
"""

from __future__ import annotations

import csv
import os
from decimal import Decimal
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("SPREADERS_SHARED", Path(__file__).parents[2] / "shared"))
DATA = SHARED / "data"


def real(path: str) -> Path:
    """Return a real file under `data/`; what happens without it says `beside`."""
    return beside(f"data/{path}")


def beside(path: str) -> Path:
    """Return a file of the folder beside the project; without it skip, or fail where it is required."""
    file = SHARED / path
    if not file.exists():
        miss(f"{file} is missing: set SPREADERS_SHARED to the folder of real files")
    return file


def miss(reason: str) -> None:
    """Skip the test, or fail it with SPREADERS_TEST_REQUIRE=all."""
    (pytest.fail if os.environ.get("SPREADERS_TEST_REQUIRE") == "all" else pytest.skip)(reason)


def rows_of(path: str) -> list[dict[str, str]]:
    """Return a real file's rows by lower-case header, read by nothing of the product."""
    with real(path).open(encoding="utf-8-sig", newline="") as file:
        return [{k.strip().lower(): v.strip() for k, v in row.items()} for row in csv.DictReader(file)]


def add_up(path: str, *columns: str) -> Decimal:
    """Return the exact sum of columns over a real file; empty cells are nothing."""
    return sum((Decimal(row[name] or 0) for row in rows_of(path) for name in columns), Decimal(0))
