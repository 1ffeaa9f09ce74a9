"""Which models and checks a build must run: those that read something that changed since they last ran."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from transforms.build_state import State

Nodes = Mapping[str, Mapping[str, Any]]


def hash_project(folder: Path, *settings: str) -> str:
    """Return a hash of dbt's versions, the project's files and the settings it is built with."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    parts = [version("dbt-core"), version("dbt-postgres"), *settings]
    parts += [f"{file.relative_to(folder)} {hashlib.sha256(file.read_bytes()).hexdigest()}" for file in files]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def find_stale(nodes: Nodes, state: State, project: str) -> list[str] | None:
    """Return the names of the manifest's nodes to run, in order of name; none when everything must run.

    A model is stale when a table of the lake it reads changed since it was built, or when it reads a stale
    model; dbt runs the checks of stale models by itself. A check of the lake's own rows is stale when these
    changed. Everything runs when the last build of everything did not end well or was of another project
    (`project` is its hash), and when a table is missing.
    """
    kept = {node["name"] for node in nodes.values() if node["resource_type"] in {"model", "seed"}}
    if state.project != project or not kept <= state.relations:
        return None
    changed = {key for key in nodes if not _is_view(key, nodes) and _is_changed(key, nodes, state)}
    models = {key for key in changed if nodes[key]["resource_type"] == "model"}
    readers = [key for key, node in nodes.items() if node["resource_type"] == "model"]
    while more := {key for key in readers if models & _parents(nodes[key])} - models:
        models |= more
    found = {key for key in models | changed if not _is_view(key, nodes)}
    return sorted(nodes[key]["name"] for key in found)


def _parents(node: Mapping[str, Any]) -> set[str]:
    return set(node.get("depends_on", {}).get("nodes", ()))


def _is_view(key: str, nodes: Nodes) -> bool:
    return bool(nodes[key]["config"].get("materialized") == "view")


def _is_changed(key: str, nodes: Nodes, state: State) -> bool:
    tables = set(_lake_tables(key, nodes))
    now = {part: fingerprint for part, fingerprint in state.published.items() if part[0] in tables}
    return now != state.consumed.get(nodes[key]["name"], {})


def _lake_tables(key: str, nodes: Nodes) -> Iterator[str]:
    """Yield the lake's tables a node reads itself or through views."""
    for up in _parents(nodes[key]):
        if up.startswith("source."):
            yield f"lake.{up.rsplit('.', 1)[-1]}"
        elif up in nodes and _is_view(up, nodes):
            yield from _lake_tables(up, nodes)
