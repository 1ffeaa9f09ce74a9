"""Who calls, for which workspace, and with what rights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from uuid import UUID

from core.errors import MissingScope, ProviderNotConfigured
from core.time import Clock, SystemClock


def require_scope(actor: str, scopes: frozenset[str], scope: str) -> None:
    """Raise `MissingScope` unless the scope, its namespace (`analytics.*`) or `*` was granted."""
    namespace = scope.split(".", 1)[0]
    if not scopes & {scope, f"{namespace}.*", "*"}:
        raise MissingScope(f"{actor} may not call {scope}; ask for that scope.", scope=scope)


@dataclass(frozen=True, slots=True)
class Context:
    """The first argument of every operation.

    `services` holds the live parts an operation may need (the lake, the warehouse), by name, so
    that declarations stay free of wiring.
    """

    workspace: UUID
    actor: str
    scopes: frozenset[str]
    clock: Clock = field(default_factory=SystemClock)
    services: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def allow(self, scope: str) -> None:
        """Raise `MissingScope` unless the caller was granted the scope."""
        require_scope(self.actor, self.scopes, scope)

    def service(self, name: str) -> Any:
        """Return a live part by name, or say that this process was started without it."""
        try:
            return self.services[name]
        except KeyError:
            raise ProviderNotConfigured(
                f"This process runs without {name}; start it with `spreaders up`."
            ) from None
