"""Which tables of the lake the warehouse shows, and their form there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl
import psycopg
from psycopg import sql

from lake.audiences.fields import PROFILE
from lake.audiences.profile import profile_sql
from lake.gold import GOLD
from lake.layout import OPS, Layer
from lake.memory import digest
from lake.schemas import INSTANT, SILVER, TEXT

SQL_TYPES: Mapping[type[pl.DataType], str] = MappingProxyType(
    {
        pl.String: "text",
        pl.Int64: "bigint",
        pl.Float64: "double precision",
        pl.Date: "date",
        pl.Datetime: "timestamptz",
        pl.Boolean: "boolean",
    }
)
DDL_LOCK = 7_350_220
VIEW = f"lake.{PROFILE}"
_PROFILES = profile_sql("postgres", "lake.")
_VIEW_MARK = f"One row a person, worked out from what is stored ({digest([_PROFILES])[:12]})."


@dataclass(frozen=True, slots=True)
class Source:
    """A table of the warehouse's schema `lake`, and the Delta table it copies.

    The one of layer `bronze` has no single table: it gathers the quarantined rows of all of them. `day` names
    the column whose month is a partition, if there is one.
    """

    table: str
    layer: Layer
    name: str
    schema: Mapping[str, pl.DataType]
    index: tuple[str, ...] = ("workspace_id",)
    day: str | None = None

    @property
    def target(self) -> sql.Identifier:
        """The table's quoted name; one of them is called `order`."""
        return sql.Identifier("lake", self.table)


_OWNED = {"workspace_id": TEXT, "channel": TEXT, "stream": TEXT, "account_id": TEXT}
QUARANTINE = Source(
    "quarantine",
    "bronze",
    "",
    {
        **_OWNED,
        "record_key": TEXT,
        "quarantined_because": TEXT,
        "payload": TEXT,
        "load_id": TEXT,
        "loaded_at": INSTANT,
    },
    ("workspace_id", "channel", "stream"),
)
SOURCES: tuple[Source, ...] = (
    *(Source(t.name, "silver", t.name, t.schema, t.partition_by, t.day) for t in SILVER.values()),
    *(Source(t.name, "gold", t.name, t.schema, t.partition_by) for t in GOLD.values()),
    *(Source(f"ops_{name}", "ops", name, columns) for name, columns in OPS.items()),
    QUARANTINE,
)


def ensure_tables(link: psycopg.Connection) -> None:
    """Create the tables that are missing, add columns that are new, and keep the view of the profiles.

    Every table is protected; the view shows what its tables show.

    Takes the owner's connection; does nothing when all is in place.
    """
    present = _columns(link)
    late = [s for s in SOURCES if not set(s.schema) <= present.get(s.table, set())]
    if late:
        with link.transaction():
            link.execute("SELECT pg_advisory_xact_lock(%s)", [DDL_LOCK])
            present = _columns(link)
            for source in late:
                if source.table in present:
                    _extend(link, source, present[source.table])
                else:
                    _create(link, source)
    if not _is_shown(link):
        with link.transaction():
            link.execute("SELECT pg_advisory_xact_lock(%s)", [DDL_LOCK])
            if not _is_shown(link):
                _show_profiles(link)


def _is_shown(link: psycopg.Connection) -> bool:
    """Return whether the view of the profiles is there, as this release makes it."""
    noted = link.execute("SELECT obj_description(to_regclass(%s), 'pg_class')", [VIEW]).fetchone()
    return noted == (_VIEW_MARK,)


def _show_profiles(link: psycopg.Connection) -> None:
    kind = link.execute("SELECT relkind::text FROM pg_class WHERE oid = to_regclass(%s)", [VIEW]).fetchone()
    if kind:
        # Of before, with other columns: what reads it is built again when it is seen to be missing.
        link.execute(f"DROP {'TABLE' if kind == ('r',) else 'VIEW'} {VIEW} CASCADE".encode())
        link.execute("DELETE FROM lake.publication WHERE 'lake.' || table_name = %s", [VIEW])
    link.execute(f"CREATE VIEW {VIEW} WITH (security_invoker = true) AS {_PROFILES}".encode())
    link.execute(f"GRANT SELECT ON {VIEW} TO spreaders_dbt, spreaders_app, spreaders_query".encode())
    link.execute(f"COMMENT ON VIEW {VIEW} IS '{_VIEW_MARK}'".encode())


def _columns(link: psycopg.Connection) -> dict[str, set[str]]:
    rows = link.execute(
        "SELECT table_name::text, array_agg(column_name::text) FROM information_schema.columns"
        " WHERE table_schema = 'lake' GROUP BY table_name"
    )
    return {table: set(columns) for table, columns in rows.fetchall()}


def _column(name: str, kind: pl.DataType) -> sql.Composed:
    return sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(SQL_TYPES[type(kind)]))


def _create(link: psycopg.Connection, source: Source) -> None:
    columns = sql.SQL(", ").join(_column(name, kind) for name, kind in source.schema.items())
    index = sql.SQL(", ").join(map(sql.Identifier, source.index))
    link.execute(sql.SQL("CREATE TABLE {} ({})").format(source.target, columns))
    link.execute(sql.SQL("ALTER TABLE {} ALTER workspace_id SET NOT NULL").format(source.target))
    link.execute(sql.SQL("CREATE INDEX ON {} ({})").format(source.target, index))
    link.execute(sql.SQL("SELECT lake.protect({})").format(source.target.as_string(link)))


def _extend(link: psycopg.Connection, source: Source, present: set[str]) -> None:
    for name, kind in source.schema.items():
        if name not in present:
            column = _column(name, kind)
            link.execute(sql.SQL("ALTER TABLE {} ADD COLUMN {}").format(source.target, column))
