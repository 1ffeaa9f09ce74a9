"""The three tools by which an agent reaches every operation without reading all of them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from actions.dispatch import dispatch
from core.context import Context
from core.errors import NotFound
from core.operation import Effect, Operation, Registry, operation

Words = Annotated[str, Field(description="What to look for, such as `roi by campaign`.", max_length=200)]
Limit = Annotated[int, Field(description="Most to return.", ge=1, le=50)]
Name = Annotated[str, Field(description="Exact name, such as analytics.getROI.", max_length=128)]
Arguments = Annotated[dict[str, Any], Field(description="The operation's arguments.", default_factory=dict)]


class Found(BaseModel):
    """An operation, in a line."""

    name: str = Field(description="Exact name.")
    effect: Effect = Field(description="read, write, spend or destroy.")
    summary: str = Field(description="What the caller gets.")


class Finding(BaseModel):
    """The answer of `operations.search`."""

    operations: list[Found] = Field(description="Best match first.")


class Description(BaseModel):
    """The answer of `operations.describe`."""

    name: str = Field(description="Exact name.")
    effect: Effect = Field(description="read, write, spend or destroy.")
    documentation: str = Field(description="What it gives, units and errors.")
    arguments: dict[str, Any] = Field(description="JSON schema of the arguments.")
    result: dict[str, Any] = Field(description="JSON schema of the result.")


class Answer(BaseModel):
    """The answer of `operations.call`."""

    result: Any = Field(description="What the operation returned.")


def make_catalogue(registry: Registry) -> Registry:
    """Return the tools search, describe and call over a registry, as a registry of their own."""
    tools = Registry()

    @operation("operations.search", effect="read", registry=tools)
    def search(ctx: Context, *, query: Words, limit: Limit = 10) -> Finding:
        """Find operations by words."""
        del ctx
        words = query.lower().split()
        scored = [(_score(op, words), op) for op in registry]
        best = sorted((pair for pair in scored if pair[0]), key=lambda pair: (-pair[0], pair[1].name))
        return Finding(
            operations=[Found(name=o.name, effect=o.effect, summary=o.summary) for _, o in best[:limit]]
        )

    @operation("operations.describe", effect="read", registry=tools)
    def describe(ctx: Context, *, name: Name) -> Description:
        """Tell one operation's documentation and the JSON schema of its arguments and result.

        Raises:
            NotFound: no operation of that name.
        """
        del ctx
        found = registry.get(name)
        if found is None:
            raise NotFound(f"There is no operation {name!r}; operations.search finds them by words.")
        return Description(
            name=found.name,
            effect=found.effect,
            documentation=found.doc,
            arguments=found.arguments.model_json_schema(),
            result=found.result.json_schema(mode="serialization"),
        )

    @operation("operations.call", effect="destroy", registry=tools)
    def call(ctx: Context, *, name: Name, arguments: Arguments) -> Answer:
        """Call any operation by its exact name with its arguments as one object.

        What it may do is what the named operation may do; the token's scopes decide.
        """
        return Answer(result=dispatch(name, arguments, ctx, registry=registry))

    return tools


def _score(found: Operation, words: list[str]) -> int:
    """Return how well an operation fits: a word in its name counts thrice."""
    name, text = found.name.lower(), found.doc.lower()
    return sum(3 * (word in name) + (word in text) for word in words)
