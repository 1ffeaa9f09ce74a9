"""The Delta tables on disk: read for one workspace; commit with retries or say why not."""

from __future__ import annotations

import errno
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import polars as pl
from deltalake import (
    ColumnProperties,
    CommitProperties,
    DeltaTable,
    Schema,
    Transaction,
    WriterProperties,
    write_deltalake,
)
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from core.disk import DiskFull, is_disk_full
from core.errors import Conflict, SpreadersError
from lake.layout import Layer, Layout, is_declared, layout_of
from lake.locks import hold
from lake.paths import is_plain, plain_path, settle_lake

T = TypeVar("T")
Marks = Mapping[str, int]
TRIES = 12
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 2.0
CHECKPOINT_EVERY = 20
KEEP = "interval 7 days"
# What the disk says when it is full, over quota or not ours to write.
DISK_SIGNS = (
    "No space left",
    "StorageFull",
    "os error 28",
    "Disk quota",
    "File too large",
    "os error 27",
    "Permission denied",
    "PermissionDenied",
    "Read-only file system",
    "os error 30",
)
DISK_ERRNOS = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOTDIR,
    errno.EEXIST,
}
# Values that never repeat: a dictionary of them would be built only to be thrown away.
UNIQUE = ("record_key", "payload", "payload_hash")
WRITER = WriterProperties(
    compression="ZSTD",
    compression_level=1,
    column_properties=dict.fromkeys(UNIQUE, ColumnProperties(dictionary_enabled=False)),
)


class LakeUnwritable(SpreadersError):
    """The lake's folder cannot be written; make room or give the right to write, then run again."""

    status = 507


class Table(DeltaTable):
    """A Delta table whose files polars finds under any path: Delta itself names them as encoded addresses."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._folder = folder

    def file_uris(self, partition_filters: Any = None, *, file_pruning_predicate: Any = None) -> list[str]:
        """Return the paths of the table's files."""
        uris = super().file_uris(file_pruning_predicate=file_pruning_predicate or partition_filters)
        if is_plain(self._folder.absolute()):
            return uris
        root = len(self.table_uri.removeprefix("file://").rstrip("/"))
        plain = plain_path(self._folder)
        return [f"{plain}{uri.removeprefix('file://')[root:]}" for uri in uris]


class Lake:
    """The Delta tables under one folder: `bronze/…`, `silver/…`, `gold/…`, `ops/…`."""

    def __init__(self, path: Path) -> None:
        self.path = settle_lake(path)

    def folder(self, layer: Layer, name: str) -> Path:
        """Return the table's folder, whether or not it exists."""
        return self.path / layer / layout_of(layer, name).name

    def address(self, layer: Layer, name: str) -> str:
        """Return the table's folder as engines that read addresses take it."""
        return str(plain_path(self.folder(layer, name)))

    def tables(self, layer: Layer) -> list[str]:
        """Return the names of the layer's tables that exist, sorted; one of an earlier release is none."""
        folders = (self.path / layer).glob("*/_delta_log")
        return sorted(folder.parent.name for folder in folders if is_declared(layer, folder.parent.name))

    def open(self, layer: Layer, name: str) -> DeltaTable | None:
        """Return the table at its latest version, or None if nothing was ever written."""
        try:
            return Table(self.folder(layer, name))
        except TableNotFoundError:
            return None

    def version(self, layer: Layer, name: str) -> int | None:
        """Return the table's latest version number, or None if it does not exist."""
        table = self.open(layer, name)
        return table.version() if table else None

    def mark(self, layer: Layer, name: str, app_id: str) -> int | None:
        """Return the number last committed under `app_id` together with data, or None."""
        table = self.open(layer, name)
        return table.transaction_version(app_id) if table else None

    def scan(self, layer: Layer, name: str, workspace: str | UUID) -> pl.LazyFrame:
        """Return the rows of one workspace, lazily and in no order; no rows if the table does not exist."""
        table = self.open(layer, name)
        rows = pl.scan_delta(table) if table else layout_of(layer, name).empty().lazy()
        return rows.filter(pl.col("workspace_id") == str(workspace))

    def read(
        self,
        layer: Layer,
        name: str,
        workspace: str | UUID,
        *where: pl.Expr,
        columns: list[str] | None = None,
    ) -> pl.DataFrame:
        """Return the rows of one workspace that meet every condition, in no order."""
        rows = (
            self.scan(layer, name, workspace).filter(*where) if where else self.scan(layer, name, workspace)
        )
        return (rows.select(columns) if columns else rows).collect()

    def count(self, layer: Layer, name: str, workspace: str | UUID) -> int:
        """Return how many rows of one workspace the table has."""
        counted = self.scan(layer, name, workspace).select(pl.len()).collect()
        return int(counted.item())

    def append(self, layer: Layer, name: str, rows: pl.DataFrame, marks: Marks | None = None) -> None:
        """Add rows and marks in one commit; marks alone make a commit without data."""
        layout = layout_of(layer, name)
        tidy = conform(layout, rows)
        self.commit(layer, name, lambda table: append_to(table, tidy, marks or {}))

    def commit(self, layer: Layer, name: str, act: Callable[[DeltaTable], T], *, alone: bool = False) -> T:
        """Run a change on the latest version, again on the newest after a conflict, until it holds.

        The first try shares the table with other writers; after a conflict the rest wait their turn.

        Raises:
            Conflict: writers elsewhere won every one of the tries.
            LakeUnwritable: the disk is full or not writable; nothing of the change is visible.
        """
        layout = layout_of(layer, name)
        for attempt in range(TRIES):
            try:
                with self.lock(layer, name, alone=alone or attempt > 0):
                    return act(self._open_or_create(layout))
            except CommitFailedError as error:
                refuse_if_disk(error, self.path)
                pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt)
                time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads writers, guards nothing
            except (OSError, DeltaError) as error:
                refuse_if_disk(error, self.path)
                raise
        raise Conflict(f"Other writers kept changing {layer} {name}; run it again when they are done.")

    @contextmanager
    def lock(self, layer: Layer, name: str, *, alone: bool) -> Iterator[None]:
        """Hold the table's lock: writers share it, maintenance holds it alone."""
        with self.hold(f"{layer}.{name}", alone=alone):
            yield

    @contextmanager
    def hold(self, what: str, *, alone: bool = True) -> Iterator[None]:
        """Hold the lock of that name between threads and processes of this machine."""
        try:
            (self.path / ".locks").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            refuse_if_disk(error, self.path)
            raise
        with hold(self.path / ".locks" / f"{what}.lock", alone=alone):
            yield

    def create(self, layer: Layer, name: str) -> DeltaTable:
        """Return the table, made with the lake's own properties if nothing was ever written."""
        return self._open_or_create(layout_of(layer, name))

    def _open_or_create(self, layout: Layout) -> DeltaTable:
        folder = self.folder(layout.layer, layout.name)
        try:
            return narrow(widen(Table(folder), layout), layout)
        except TableNotFoundError:
            folder.mkdir(parents=True, exist_ok=True)
        DeltaTable.create(
            folder,
            schema=layout.empty().to_arrow(compat_level=pl.CompatLevel.oldest()).schema,
            partition_by=list(layout.partition_by),
            mode="ignore",
            configuration={
                "delta.dataSkippingStatsColumns": layout.statistics,
                "delta.checkpointInterval": str(CHECKPOINT_EVERY),
                "delta.logRetentionDuration": KEEP,
                "delta.deletedFileRetentionDuration": KEEP,
            },
        )
        return Table(folder)


def widen(table: Table, layout: Layout) -> Table:
    """Return the table with the columns its layout has gained since it was made, null in stored rows."""
    present = {field.name for field in table.schema().fields}
    if present >= layout.columns.keys():
        return table
    schema = Schema.from_arrow(layout.empty().to_arrow(compat_level=pl.CompatLevel.oldest()).schema)
    table.alter.add_columns([field for field in schema.fields if field.name not in present])
    return table


def narrow(table: Table, layout: Layout) -> Table:
    """Return a gold table without the columns that its layout no longer has; its rows are written again."""
    if layout.layer != "gold" or {field.name for field in table.schema().fields} <= layout.columns.keys():
        return table
    rows = conform(layout, pl.scan_delta(table).collect())
    write_deltalake(table, rows, mode="overwrite", schema_mode="overwrite", writer_properties=WRITER)
    return table


def append_to(table: DeltaTable, rows: pl.DataFrame, marks: Marks) -> None:
    """Append rows with their marks to an open table; meant for use inside `Lake.commit`."""
    write_deltalake(table, rows, mode="append", commit_properties=properties(marks), writer_properties=WRITER)


def properties(marks: Marks) -> CommitProperties:
    """Return commit properties that carry the marks and leave conflicts to `Lake.commit`."""
    transactions = [Transaction(app_id, number) for app_id, number in marks.items()]
    return CommitProperties(app_transactions=transactions or None)


def conform(layout: Layout, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with exactly the layout's columns and types; an absent column becomes null."""
    present = set(rows.columns)
    return rows.select(
        (pl.col(name) if name in present else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in layout.columns.items()
    )


def refuse_if_disk(error: Exception, path: Path) -> None:
    """Raise `DiskFull` or `LakeUnwritable` if the error is the disk's; otherwise do nothing."""
    by_number = isinstance(error, OSError) and error.errno in DISK_ERRNOS
    if is_disk_full(error):
        raise DiskFull(path, reason=str(error).splitlines()[0][:200]) from error
    if by_number or any(sign in str(error) for sign in DISK_SIGNS):
        raise LakeUnwritable(
            f"The lake at {path} cannot be written (disk full or no right to write); "
            "make room or fix the rights and run again, nothing is lost.",
            reason=str(error).splitlines()[0][:200],
        ) from error
