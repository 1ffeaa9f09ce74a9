"""What the lake's builders remember between runs: what each step was made from when it last ended well."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

import polars as pl

from lake.delta import Lake
from lake.layout import Layer

FOLDER = ".memory"


def fingerprint(lake: Lake, layer: Layer, name: str, workspace: UUID | str) -> str:
    """Return what a table's rows of one workspace are known by: the names of the files that hold them.

    A Delta file never changes, and a commit without data changes nothing.
    """
    table = lake.open(layer, name)
    if table is None:
        return "none"
    files = pl.DataFrame(table.get_add_actions(flatten=True))
    if files.is_empty():
        return "empty"
    own = files.filter(pl.col("partition.workspace_id") == str(workspace))
    return digest(own["path"].sort().to_list())


def count_rows(lake: Lake, layer: Layer, name: str, workspace: UUID | str) -> int:
    """Return how many rows of one workspace a table has, by its log alone."""
    table = lake.open(layer, name)
    if table is None:
        return 0
    files = pl.DataFrame(table.get_add_actions(flatten=True))
    if files.is_empty():
        return 0
    return int(files.filter(pl.col("partition.workspace_id") == str(workspace))["num_records"].sum())


def digest(parts: Iterable[str]) -> str:
    """Return one hash of texts in their order."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def hash_files(files: Iterable[Path]) -> str:
    """Return one hash of what these files say, in the order of their names."""
    return digest(hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(files))


def recall(lake: Lake, workspace: UUID | str) -> dict[str, str]:
    """Return the marks of one workspace by the step's name; empty where none is kept or the file is torn."""
    try:
        marks = json.loads(_file(lake, workspace).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return marks if isinstance(marks, dict) else {}


def remember(lake: Lake, workspace: UUID | str, **marks: str) -> None:
    """Keep the marks of steps; a reader sees the old file or the new one."""
    with lake.hold("memory"):
        file = _file(lake, workspace)
        known = recall(lake, workspace)
        if known == (kept := known | marks):
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(kept, sort_keys=True), encoding="utf-8")
        draft.replace(file)


def _file(lake: Lake, workspace: UUID | str) -> Path:
    return lake.path / FOLDER / f"{workspace}.json"
