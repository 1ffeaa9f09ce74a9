"""The live parts a process hands to operations: the lake, the warehouse, the vendors."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import lake.analytics
import lake.db
from actions.audit import audit_written_to
from channels.catalog import discover
from channels.connection import Connection, connect
from core.context import Context
from core.errors import NotFound
from core.settings import Settings
from core.time import Clock, SystemClock
from lake.delta import Lake
from lake.warehouse import Warehouse


@dataclass
class Services:
    """Everything one process needs to answer operations, opened once.

    `more` are parts of rooms this one does not know, such as the collector's events.
    """

    settings: Settings
    warehouse: Warehouse
    clock: Clock
    more: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def lake(self) -> Lake:
        """The Delta lake under the home folder."""
        return Lake(self.settings.lake_path)

    def connect(self, channel: str) -> Connection:
        """Return a connection to a vendor, or say what to set."""
        known = discover()
        if channel not in known:
            raise NotFound(f"There is no channel {channel!r}; the channels are {', '.join(sorted(known))}.")
        return connect(known[channel], self.settings, self.clock)

    def context(self, actor: str, scopes: frozenset[str]) -> Context:
        """Return the context of one call."""
        parts: dict[str, Any] = {"warehouse": self.warehouse, "lake": self.lake, "connect": self.connect}
        parts |= {"files": self.settings.files_path, **self.more}
        return Context(
            self.settings.workspace,
            actor,
            scopes,
            self.clock,
            MappingProxyType(parts),
            may_destroy=self.settings.allow_destroy,
        )


@contextmanager
def open_services(
    settings: Settings, clock: Clock | None = None, more: Mapping[str, Any] | None = None
) -> Iterator[Services]:
    """Open the warehouse for the length of a process and declare every operation."""
    declare_operations()
    with audit_written_to(settings.logs_path):
        warehouse = Warehouse.open(settings)
        try:
            yield Services(settings, warehouse, clock or SystemClock(), more or {})
        finally:
            warehouse.close()


def declare_operations() -> None:
    """Import every module that declares operations, so that the registry is whole."""
    discover()
    _import_all(lake.analytics)
    _import_all(lake.db)


def _import_all(package: Any) -> None:
    walk: Callable[..., Any] = pkgutil.walk_packages
    for module in walk(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
