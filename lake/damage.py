"""Tables of the lake whose files are missing, cut or unreadable: found, named, told from other faults."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote

import msgspec
import polars as pl
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from core.errors import SpreadersError
from lake.delta import Lake, refuse_if_disk
from lake.layout import Layer

COMMIT_LINES = msgspec.json.Decoder(dict[str, msgspec.Raw])
log = logging.getLogger(__name__)
Name = tuple[Layer, str]
T = TypeVar("T")


class LakeDamaged(SpreadersError):
    """A table of the lake has lost or broken files; `spreaders repair` makes it again."""

    status = 503


class Unforeseen(SpreadersError):
    """Something failed that nobody foresaw; the log has the details."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A file of a table that is not as the table's log tells, and what is wrong with it."""

    layer: Layer
    name: str
    file: str
    because: str

    def as_error(self) -> LakeDamaged:
        """Return the damage as an error that names table and file and says what to do."""
        return LakeDamaged(
            f"The table {self.layer}.{self.name} is damaged ({self.file} {self.because}); "
            f"run `spreaders repair {self.layer}.{self.name}`.",
            table=f"{self.layer}.{self.name}",
            file=self.file,
        )


def is_grave(error: BaseException) -> bool:
    """Tell whether nobody may contain it: an interrupt, an exit, no memory.

    A panic inside polars or Delta is a `BaseException` as well, and may be contained.
    """
    if type(error).__name__ == "PanicException":
        return False
    return isinstance(error, MemoryError) or not isinstance(error, Exception)


def require_whole(lake: Lake, tables: Iterable[Name]) -> None:
    """Raise unless every live file of the tables is there in its full length.

    Raises:
        LakeDamaged: the first that is not, by table and file.
    """
    for layer, name in tables:
        if damage := find_damage(lake, layer, name):
            raise damage.as_error()


def explain(lake: Lake, error: BaseException, tables: Iterable[Name], what: str = "it") -> SpreadersError:
    """Return an error in one sentence for an exception nobody foresaw, and record its traceback.

    A full disk and a damaged table are named as what they are.
    """
    if isinstance(error, SpreadersError):
        return error
    log.error("%s failed", what, exc_info=error)
    try:
        if isinstance(error, Exception):
            refuse_if_disk(error, lake.path)
        if damaged := damage_behind(lake, error, tables):
            return damaged
    except SpreadersError as known:
        return known
    except Exception:
        log.exception("the tables cannot be looked at")
    fault = Unforeseen(
        f"{what} stopped at a fault of the product ({type(error).__name__}); the log has the details.",
        kind=type(error).__name__,
    )
    fault.__cause__ = error
    return fault


def damage_behind(lake: Lake, error: BaseException, tables: Iterable[Name]) -> LakeDamaged | None:
    """Return the damage of one of the tables that were read when an error came; None where all are whole.

    Reads every file of the tables, unless the error names the damage itself.
    """
    if isinstance(error, LakeDamaged):
        return error
    if is_grave(error) or isinstance(error, SpreadersError):
        return None
    damages = (find_damage(lake, layer, name, is_deep=True) for layer, name in tables)
    return next((damage.as_error() for damage in damages if damage), None)


def contain(lake: Lake, tables: Iterable[Name], act: Callable[[], T]) -> tuple[T | None, str]:
    """Return what `act` returns, and ""; None and a sentence where a damaged table makes it fail.

    Args:
        lake: The lake.
        tables: What `act` reads and writes; only these are looked at, and only after an error.
        act: The work; an error that none of the tables explains passes on.
    """
    tables = list(tables)
    try:
        return act(), ""
    except BaseException as error:
        damaged = damage_behind(lake, error, tables)
        if damaged is None:
            raise
        log.info("a damaged table is passed over: %s", damaged.message, exc_info=error)
        return None, damaged.message


def find_damage(lake: Lake, layer: Layer, name: str, *, is_deep: bool = False) -> Damage | None:
    """Return the first file of the table that is not as it should be; None for a whole or absent table.

    Args:
        lake: The lake.
        layer: Layer of the table.
        name: Name of the table.
        is_deep: Read every file instead of comparing lengths only.
    """
    folder = lake.folder(layer, name)
    try:
        table = DeltaTable(folder)
        files = pl.DataFrame(table.get_add_actions(flatten=True))
    except TableNotFoundError:
        if not any(folder.glob("_delta_log/*")):
            return None
        return _find_log_damage(layer, name, folder) or Damage(layer, name, "_delta_log", "has no commit")
    except BaseException as error:
        if is_grave(error):
            raise
        broken = _find_log_damage(layer, name, folder)
        return broken or Damage(layer, name, "_delta_log", "cannot be read")
    if files.is_empty():
        return None
    for path, size in files.select("path", "size_bytes").iter_rows():
        if because := _judge_file(folder / unquote(path), size, is_deep=is_deep):
            return Damage(layer, name, path, because)
    return None


def _find_log_damage(layer: Layer, name: str, folder: Path) -> Damage | None:
    for file in sorted((folder / "_delta_log").glob("*")):
        where = f"_delta_log/{file.name}"
        if file.suffix == ".parquet" and (because := _judge_file(file, None, is_deep=True)):
            return Damage(layer, name, where, because)
        if file.suffix == ".json":
            try:
                for line in file.read_bytes().splitlines():
                    COMMIT_LINES.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                return Damage(layer, name, where, "is cut or overwritten")
    return None


def _judge_file(file: Path, size: int | None, *, is_deep: bool) -> str | None:
    try:
        there = file.stat().st_size
    except FileNotFoundError:
        return "is missing"
    if size is not None and there != size:
        return f"has {there:,} of {size:,} bytes"
    if is_deep:
        try:
            pq.read_table(file, partitioning=None)
        except Exception:  # noqa: BLE001 - whatever Arrow says, the file cannot be read
            return "cannot be read"
    return None
