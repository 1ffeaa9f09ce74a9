"""A lake to import into, and short ways to write a file and bring it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

import polars as pl

from core.time import FixedClock
from ingestion.csv.importing import describe, make_asked, store
from ingestion.csv.plan import Planned, plan_import
from ingestion.csv.result import ImportResult
from ingestion.csv.source import Choice, open_source
from lake.delta import Lake

AT = FixedClock(datetime(2026, 8, 1, tzinfo=UTC))
KEY = b"a key of the test"


class Desk:
    """One workspace's lake and a folder of files."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.lake = Lake(folder / "lake")
        self.workspace = str(uuid4())

    def write(self, name: str, content: str | bytes) -> Path:
        file = self.folder / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    def plan(
        self,
        *files: Path,
        day: date | None = None,
        currency: str | None = None,
        account: str | None = None,
        choice: Choice | None = None,
        timezone: str = "UTC",
    ) -> list[Planned]:
        sources = [open_source(file, choice or Choice(), KEY) for file in files]
        today = AT.now().date()
        asked = make_asked(day, currency, "EUR", timezone, today)
        return plan_import(
            sources, asked, account=account, lake=self.lake, workspace=self.workspace, today=today
        )

    def bring(self, *files: Path, **more: object) -> list[ImportResult]:
        """Import files as one call does."""
        planned = self.plan(*files, **more)  # type: ignore[arg-type]
        return store(planned, lake=self.lake, workspace=self.workspace, clock=AT)

    def preview(self, *files: Path, **more: object) -> list[ImportResult]:
        return describe(self.plan(*files, **more))  # type: ignore[arg-type]

    def silver(self, table: str) -> pl.DataFrame:
        return self.lake.read("silver", table, self.workspace)

    def stored(self) -> bytes:
        """Every byte of the lake."""
        files = [file for file in self.lake.path.rglob("*") if file.is_file()]
        return b"\n".join(file.read_bytes() for file in files)

    def texts(self) -> str:
        """Every text of every table, as stored."""
        frames = [self.lake.read(layer, name, self.workspace) for layer in ("bronze", "silver", "ops")
                  for name in self.lake.tables(layer)]  # fmt: skip
        return "\n".join(
            str(value) for frame in frames for column in frame.get_columns() if column.dtype == pl.String
            for value in column.drop_nulls().to_list()
        )  # fmt: skip
