"""Who calls, for which workspace, and with what rights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from uuid import UUID

from core.errors import MissingScope, ProviderNotConfigured
from core.time import Clock, SystemClock


def require_scope(actor: str, scopes: frozenset[str], scope: str, *, is_read: bool = False) -> None:
    """Raise `MissingScope` unless the scope, its namespace (`analytics.*`) or `*` was granted.

    `analytics.*:read` and `*:read` grant what only reads.
    """
    namespaces = {f"{scope.split('.', 1)[0]}.*", "*"}
    granted = {scope, *namespaces, *(f"{name}:read" for name in namespaces if is_read)}
    if not scopes & granted:
        raise MissingScope(f"{actor} may not call {scope}; ask for that scope.", scope=scope)


@dataclass(frozen=True, slots=True)
class Context:
    """The first argument of every operation.

    `services` holds the live parts an operation may need (the lake, the warehouse), by name, so
    that declarations stay free of wiring. `may_destroy` says that the workspace's owner allowed
    what cannot be undone.
    """

    workspace: UUID
    actor: str
    scopes: frozenset[str]
    clock: Clock = field(default_factory=SystemClock)
    services: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    may_destroy: bool = False

    def allow(self, scope: str, *, is_read: bool = False) -> None:
        """Raise `MissingScope` unless the caller was granted the scope."""
        require_scope(self.actor, self.scopes, scope, is_read=is_read)

    def service(self, name: str) -> Any:
        """Return a live part by name, or say that this process was started without it."""
        try:
            return self.services[name]
        except KeyError:
            raise ProviderNotConfigured(
                f"This process runs without {name}; start it with `spreaders up`."
            ) from None
