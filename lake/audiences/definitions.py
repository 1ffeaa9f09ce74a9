"""Definitions of audiences: what may be kept, every version that was, and a copy of them in the lake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import polars as pl
import psycopg
from deltalake import write_deltalake
from psycopg.rows import dict_row
from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from core.errors import BadInput, NotFound
from lake.audiences.check import check_types
from lake.audiences.condition import LONGEST, read_condition, render
from lake.audiences.rules import read_rules
from lake.audiences.telling import tell_rules
from lake.delta import WRITER, Lake
from lake.layout import layout_of
from lake.state.declared import Declared, Text

COPY = "audience_definition"
CURRENT = "SELECT * FROM state.audience_definition"
# A row of state.revision holds the whole row as it was.
EARLIER = """
    SELECT fields FROM state.revision WHERE table_name = 'audience_definition' AND id = %(id)s
    ORDER BY version DESC
"""


class AudienceDefinition(BaseModel):
    """An audience as somebody wants it: a name, and rules or SQL, not both."""

    model_config = ConfigDict(extra="forbid")

    name: Text = Field(description="What people call it; another audience may not have the same.")
    description: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = Field(
        "", description="What it is for."
    )
    rules: dict[str, JsonValue] | None = Field(
        None, description='A tree such as {"all": [{"field": "orders", "op": ">=", "value": 2}]}.'
    )
    sql: Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST)] | None = Field(
        None, description="A condition such as orders >= 2 AND days_since_order > 60."
    )
    is_archived: bool = Field(
        default=False, description="Whether it has no members any more; its history stays."
    )


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of an audience; `condition` is what is asked, in Postgres's words; `saved_at` is UTC."""

    audience_id: str
    version: int
    name: str
    description: str
    rules: dict[str, Any] | None
    sql: str | None
    condition: str
    is_archived: bool
    saved_at: datetime
    saved_by: str


def condition_of(rules: Any, sql: str | None) -> str:
    """Return the checked condition of rules or of SQL, as Postgres's words.

    Raises:
        BadInput: neither or both are given, or the one that is is not allowed.
    """
    if (rules is None) == (sql is None):
        raise BadInput("An audience is defined by rules or by sql: give one of the two, the other null.")
    return render(read_condition(sql) if sql is not None else read_rules(rules))


def check_definition(link: psycopg.Connection, row: AudienceDefinition) -> None:
    """Refuse a definition that cannot be asked.

    Raises:
        BadInput: its condition is not allowed or does not fit the columns' types.
    """
    check_types(link, condition_of(row.rules, row.sql))


AUDIENCE_DEFINITION = Declared("audience_definition", AudienceDefinition, "db.insert", check_definition)


def read_audiences(link: psycopg.Connection, *, with_archived: bool = False) -> list[Definition]:
    """Return the present version of every audience of the connection's workspace, by name."""
    with link.cursor(row_factory=dict_row) as cursor:
        found = [_definition(row) for row in cursor.execute(CURRENT).fetchall()]
    kept = [d for d in found if with_archived or not d.is_archived]
    return sorted(kept, key=lambda d: (d.name.casefold(), d.audience_id))


def find_audience(link: psycopg.Connection, wanted: str) -> Definition:
    """Return the audience of that id or that name.

    Raises:
        NotFound: there is none in the workspace.
    """
    found = read_audiences(link, with_archived=True)
    for definition in found:
        if wanted in {definition.audience_id, definition.name}:
            return definition
    names = ", ".join(d.name for d in found if not d.is_archived) or "none yet"
    raise NotFound(f"There is no audience {wanted!r}; there are {names}.")


def read_versions(link: psycopg.Connection, definition: Definition) -> list[Definition]:
    """Return every version of an audience, newest first."""
    rows = link.execute(EARLIER, {"id": definition.audience_id}).fetchall()
    earlier = [
        _definition({**row, "updated_at": datetime.fromisoformat(row["updated_at"])}) for (row,) in rows
    ]
    return [definition, *earlier]


def rules_of(definition: Definition) -> dict[str, Any] | None:
    """Return the rules of a definition, read back from its SQL where need be; None if it says more."""
    return definition.rules or tell_rules(read_condition(definition.condition))


def copy_definitions(lake: Lake, link: psycopg.Connection, workspace: str) -> int:
    """Bring the lake's copy of the definitions up to date, for the job that finds the members.

    Returns how many audiences there are. Nothing changed, nothing written.
    """
    layout = layout_of("gold", COPY)
    rows = [
        {
            "workspace_id": workspace,
            "audience_id": d.audience_id,
            "version": d.version,
            "name": d.name,
            "condition": d.condition,
            "saved_at": d.saved_at,
        }
        for d in read_audiences(link)
    ]
    wanted = pl.DataFrame(rows, schema=dict(layout.columns)).sort("audience_id")
    present = lake.read("gold", COPY, workspace).sort("audience_id")
    if not present.equals(wanted):
        where = f"workspace_id = '{workspace}'"
        lake.commit(
            "gold",
            COPY,
            lambda table: write_deltalake(
                table, wanted, mode="overwrite", predicate=where, writer_properties=WRITER
            ),
        )
    return wanted.height


def _definition(row: dict[str, Any]) -> Definition:
    return Definition(
        audience_id=row["id"],
        version=row["version"],
        name=row["name"],
        description=row["description"],
        rules=row["rules"],
        sql=row["sql"],
        condition=condition_of(row["rules"], row["sql"]),
        is_archived=row["is_archived"],
        saved_at=row["updated_at"],
        saved_by=row["updated_by"],
    )
