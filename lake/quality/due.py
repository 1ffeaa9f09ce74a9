"""What has to be checked: published partitions that changed since they were last found sound."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import sql

from lake.quality.result import Verdict
from lake.quality.rule import KNOWN_BY_SQL, Rule
from lake.schemas import SilverTable

PUBLISHED = (
    "SELECT partition, fingerprint, rows FROM lake.publication WHERE table_name = %s ORDER BY partition"
)
SOUND = "SELECT partition, fingerprint FROM lake.quality_partition WHERE table_name = %s AND rules = %s"
# The fingerprint of a table is that of all its partitions.
STATE = """
    SELECT table_name, md5(string_agg(partition || fingerprint, ',' ORDER BY partition))
    FROM lake.publication GROUP BY table_name
"""
FRESH = """
    WITH succeeded AS (
        SELECT channel, stream, account_id, max(loaded_at) FILTER (WHERE error IS NULL) AS at
        FROM lake.ops_load GROUP BY 1, 2, 3
    ), feeding AS (SELECT DISTINCT channel, stream, account_id FROM {})
    SELECT f.channel, f.stream, f.account_id, s.at
    FROM feeding AS f JOIN succeeded AS s USING (channel, stream, account_id)
    ORDER BY s.at NULLS FIRST, 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class Due:
    """The partitions of a published table that are to be read, as recorded there, and their rows."""

    table: SilverTable
    partitions: dict[str, str]
    rows: int
    total: int

    def query(self) -> str:
        """Return the SQL that reads these partitions; of all of them, the whole table."""
        everything = f'SELECT *, {KNOWN_BY_SQL} FROM lake."{self.table.name}"'
        if len(self.partitions) == self.total:
            return everything
        return f"{everything} WHERE {' OR '.join(map(_where, self.partitions))}"


@dataclass(frozen=True, slots=True)
class Fed:
    """A stream of an account that feeds a table, and when it was last loaded without error (UTC)."""

    channel: str
    stream: str
    account_id: str
    at: datetime | None

    @property
    def is_by_hand(self) -> bool:
        """A report imported by hand: nobody loads it again, so it is late for nothing."""
        return self.account_id.startswith("import:")


def find_due(link: psycopg.Connection, table: SilverTable, rules: Sequence[Rule]) -> Due:
    """Return the partitions not yet found sound as they are now, under these rules."""
    published = link.execute(PUBLISHED, [table.name]).fetchall()
    sound: dict[str, str] = dict(link.execute(SOUND, [table.name, fingerprint(rules)]).fetchall())
    due = [(name, state, rows) for name, state, rows in published if sound.get(name) != state]
    return Due(table, {name: state for name, state, _ in due}, sum(n for *_, n in due), len(published))


def find_due_gold(names: Sequence[str], judged: Sequence[Verdict], states: Mapping[str, str]) -> list[str]:
    """Return which of these gold tables to check: all but those that held as they are now.

    `states` are the fingerprints of the published tables as they are, `judged` the last verdicts.
    """
    sound = {v.table: v.fingerprint for v in judged if v.verdict == "ok" and v.fingerprint is not None}
    return [name for name in names if name not in sound or sound[name] != states.get(name)]


def note_sound(link: psycopg.Connection, workspace: str, due: Due, rules: Sequence[Rule]) -> None:
    """Record that these partitions hold to the rules."""
    mark = fingerprint(rules)
    with link.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO lake.quality_partition VALUES (%s, %s, %s, %s, %s) ON CONFLICT"
            " (workspace_id, table_name, partition) DO UPDATE SET fingerprint = excluded.fingerprint,"
            " rules = excluded.rules",
            [(workspace, due.table.name, name, state, mark) for name, state in due.partitions.items()],
        )


def read_states(link: psycopg.Connection) -> dict[str, str]:
    """Return the fingerprint of every published table as it is now."""
    return dict(link.execute(STATE).fetchall())


def read_feeds(link: psycopg.Connection, table: str) -> list[Fed]:
    """Return the streams that feed a table, the longest unloaded first."""
    query = sql.SQL(FRESH).format(sql.Identifier("lake", table))
    return [Fed(*row) for row in link.execute(query).fetchall()]


def find_fresh_at(feeds: Sequence[Fed]) -> datetime | None:
    """Return the oldest of the last loads (UTC); imports by hand count where there is nothing else."""
    counted = [fed for fed in feeds if not fed.is_by_hand] or feeds
    return (
        None if any(fed.at is None for fed in counted) else min((f.at for f in counted if f.at), default=None)
    )


def fingerprint(rules: Sequence[Rule]) -> str:
    """Return what the rules are known by; it changes with any of them."""
    text = json.dumps([rule.as_dict() for rule in rules], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _where(partition: str) -> str:
    values: dict[str, str | None] = json.loads(partition)
    same = [f'"{name}" = {_quoted(value)}' for name, value in values.items()]
    return f"({' AND '.join(same)})"


def _quoted(value: str | None) -> str:
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"
