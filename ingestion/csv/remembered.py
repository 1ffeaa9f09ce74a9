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
            "SELECT channel, layout, columns, confirmed_at FROM lake.import_mapping"
            " WHERE workspace_id = %s AND fingerprint = %s",
            [str(workspace), fingerprint],
        ).fetchone()
    return Remembered(Choice(row[0], row[1], row[2]), row[3]) if row else None


def remember(
    warehouse: Warehouse, workspace: UUID | str, fingerprint: str, choice: Choice, at: datetime
) -> None:
    """Keep what was confirmed for files of these columns; the last word counts."""
    with warehouse.publishing(workspace) as link:
        link.execute(
            "INSERT INTO lake.import_mapping"
            " (workspace_id, fingerprint, channel, layout, columns, confirmed_at) "
            "VALUES (%s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (workspace_id, fingerprint) DO UPDATE SET"
            " channel = excluded.channel, layout = excluded.layout, columns = excluded.columns,"
            " confirmed_at = excluded.confirmed_at",
            [
                str(workspace),
                fingerprint,
                choice.channel,
                choice.layout,
                Jsonb(dict(choice.columns or {})),
                at,
            ],
        )
