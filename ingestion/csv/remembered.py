"""What was confirmed about files of the same columns, kept per workspace in the warehouse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from ingestion.csv.source import Choice
from lake.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class Remembered:
    """A choice confirmed earlier, and when."""

    choice: Choice
    confirmed_at: datetime


def recall(warehouse: Warehouse, workspace: UUID | str, fingerprint: str) -> Remembered | None:
    """Return what was confirmed for files of these columns, None where nothing was."""
    with warehouse.publishing(workspace) as link:
        row = link.execute(
            "SELECT channel, layout, columns, day_order, decimal_sign, confirmed_at FROM lake.import_mapping"
            " WHERE workspace_id = %s AND fingerprint = %s",
            [str(workspace), fingerprint],
        ).fetchone()
    return Remembered(Choice(*row[:5]), row[5]) if row else None


def fingerprints(warehouse: Warehouse, workspace: UUID | str) -> frozenset[str]:
    """Return what files that were confirmed have in common, a text for the columns of each."""
    with warehouse.publishing(workspace) as link:
        rows = link.execute(
            "SELECT fingerprint FROM lake.import_mapping WHERE workspace_id = %s", [str(workspace)]
        ).fetchall()
    return frozenset(row[0] for row in rows)


def remember(
    warehouse: Warehouse, workspace: UUID | str, fingerprint: str, choice: Choice, at: datetime
) -> None:
    """Keep what was confirmed for files of these columns; the last word counts."""
    with warehouse.publishing(workspace) as link:
        link.execute(
            "INSERT INTO lake.import_mapping"
            " (workspace_id, fingerprint, channel, layout, columns, day_order, decimal_sign, confirmed_at) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (workspace_id, fingerprint) DO UPDATE SET"
            " channel = excluded.channel, layout = excluded.layout, columns = excluded.columns,"
            " day_order = excluded.day_order, decimal_sign = excluded.decimal_sign,"
            " confirmed_at = excluded.confirmed_at",
            [
                str(workspace),
                fingerprint,
                choice.channel,
                choice.layout,
                Jsonb(dict(choice.columns or {})),
                choice.day_order,
                choice.decimal,
                at,
            ],
        )
