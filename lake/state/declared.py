"""A declared table: the shape of its rows, who may write them, and what must hold beside their types."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import psycopg
from pydantic import BaseModel, Field, JsonValue, StringConstraints, ValidationError

from core.errors import BadInput

Check = Callable[[psycopg.Connection, Any], None]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
# What every declared table has beside its own columns.
COMMON = ("id", "version", "created_at", "created_by", "updated_at", "updated_by")


def _anything(link: psycopg.Connection, row: Any) -> None:
    del link, row


@dataclass(frozen=True, slots=True)
class Declared:
    """A table of the schema `state` that operations may write.

    `shape` is the model of its own columns, a nested model is kept as JSON; `scope` is the operation whose
    scope a writer needs; `check` raises BadInput where a row fits its types and still cannot be.
    """

    name: str
    shape: type[BaseModel]
    scope: str
    check: Check = _anything

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its own columns."""
        return tuple(self.shape.model_fields)

    def read(self, link: psycopg.Connection, values: dict[str, Any]) -> BaseModel:
        """Return values as a row of this table.

        Raises:
            BadInput: they do not fit; the message names each field and never repeats a value.
        """
        try:
            row = self.shape.model_validate(values)
        except ValidationError as error:
            faults = [
                f"{'.'.join(map(str, fault['loc'])) or 'values'}: {fault['msg']}"
                for fault in error.errors(include_input=False, include_url=False, include_context=False)
            ]
            raise BadInput(f"This is no row of {self.name}: {'; '.join(faults)}.") from None
        self.check(link, row)
        return row


class Row(BaseModel):
    """A row of a declared table as it is now."""

    table: str = Field(description="Name of the table.")
    id: str = Field(description="Its id; the workspace's own.")
    version: int = Field(description="Rises by one with each change; a change names the one it read.")
    created_at: datetime = Field(description="Instant of its making, UTC.")
    created_by: str = Field(description="Who made it.")
    updated_at: datetime = Field(description="Instant of the last change, UTC.")
    updated_by: str = Field(description="Who changed it last.")
    fields: dict[str, JsonValue] = Field(description="The table's own columns.")
