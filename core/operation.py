"""One typed function, declared once, is the operation every face offers."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict, TypeAdapter, create_model

Effect = Literal["read", "write", "spend", "destroy"]
# Where an effect ends: in what the workspace keeps here, or at a vendor and so before other people.
Reach = Literal["workspace", "vendor"]
F = TypeVar("F", bound=Callable[..., Any])
NAME = re.compile(r"[a-z][a-zA-Z0-9]*\.[a-z][a-zA-Z0-9]*")


@dataclass(frozen=True, slots=True)
class Operation:
    """A public operation: its name, its effect, and what its arguments and result look like."""

    name: str
    effect: Effect
    reach: Reach
    undo: str | None
    is_offered: bool
    fn: Callable[..., Any]
    arguments: type[BaseModel]
    result: TypeAdapter[Any]
    returns: Any

    @property
    def namespace(self) -> str:
        """The part before the dot, which is also the service."""
        return self.name.split(".")[0]

    @property
    def verb(self) -> str:
        """The part after the dot."""
        return self.name.split(".")[1]

    @property
    def doc(self) -> str:
        """The whole docstring: first line what the caller gets, then shapes, units, errors."""
        return inspect.getdoc(self.fn) or ""

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return self.doc.split("\n", 1)[0]


class Registry:
    """All operations by name; the faces walk it, nothing else lists operations."""

    def __init__(self) -> None:
        self._operations: dict[str, Operation] = {}

    def __iter__(self) -> Iterator[Operation]:
        return iter(sorted(self._operations.values(), key=lambda op: op.name))

    def __len__(self) -> int:
        return len(self._operations)

    def get(self, name: str) -> Operation | None:
        """Return the operation of that exact name, or None."""
        return self._operations.get(name)

    def add(self, operation: Operation) -> None:
        """Register one; the same name twice is a programming error."""
        if operation.name in self._operations:
            raise ValueError(f"{operation.name} is declared twice")
        self._operations[operation.name] = operation


REGISTRY = Registry()


def operation(
    name: str,
    *,
    effect: Effect,
    reach: Reach = "vendor",
    undo: str | None = None,
    is_offered: bool = True,
    registry: Registry = REGISTRY,
) -> Callable[[F], F]:
    """Declare a typed function as the public operation `name`.

    `reach="workspace"` says that the effect stays in what the workspace keeps here.
    `is_offered=False` says that the vendor has no such thing: the function only raises `Unsupported`.
    The function takes `ctx` first and the rest keyword-only, is annotated throughout and has a
    docstring; a declaration that breaks this raises TypeError at import.
    """
    if not NAME.fullmatch(name):
        raise TypeError(f"{name!r} is not spelled namespace.verbNoun")

    def declare(fn: F) -> F:
        hints = get_type_hints(fn, include_extras=True)
        first, *rest = inspect.signature(fn).parameters.values()
        if first.name != "ctx" or any(p.kind is not p.KEYWORD_ONLY for p in rest):
            raise TypeError(f"{name}: take ctx first and every other parameter by keyword only")
        if "return" not in hints or not inspect.getdoc(fn) or any(p.name not in hints for p in rest):
            raise TypeError(f"{name}: annotate every parameter and the result, and write a docstring")
        fields: dict[str, Any] = {
            p.name: (hints[p.name], ... if p.default is p.empty else p.default) for p in rest
        }
        title = "".join(part[0].upper() + part[1:] for part in name.split("."))
        arguments = create_model(f"{title}Arguments", __config__=ConfigDict(extra="forbid"), **fields)
        returns: Any = hints["return"]
        registry.add(
            Operation(name, effect, reach, undo, is_offered, fn, arguments, TypeAdapter(returns), returns)
        )
        return fn

    return declare
