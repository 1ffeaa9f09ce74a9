"""What the Data page shows: freshness, checks, quarantine, restatements and drift."""

from __future__ import annotations

from datetime import date, datetime

import psycopg
from pydantic import BaseModel, Field

from lake.analytics.marts import read_rows

FRESHNESS = """
    WITH last_load AS (
        SELECT DISTINCT ON (channel, stream, account_id) * FROM lake.ops_load
        ORDER BY channel, stream, account_id, loaded_at DESC, load_id DESC
    ), ever AS (
        SELECT channel, stream, account_id, count(*)::int AS loads, max(last_on) AS last_on,
            max(loaded_at) FILTER (WHERE error IS NULL) AS succeeded_at
        FROM lake.ops_load GROUP BY 1, 2, 3
    )
    SELECT l.channel, l.stream, l.account_id, l.loaded_at, e.succeeded_at, e.last_on, e.loads,
        l.received, l.loaded, l.new, l.changed, greatest(l.loaded - l.new - l.changed, 0) AS unchanged,
        l.deleted, l.quarantined, l.seconds, l.error
    FROM last_load AS l JOIN ever AS e USING (channel, stream, account_id)
    ORDER BY l.channel, l.stream, l.account_id
"""
CHECKS = """
    SELECT check_name, model_name, status, failures, message, checked_at FROM marts.check_result
    ORDER BY status IN ('pass', 'success'), status, check_name
"""
QUARANTINE = """
    SELECT channel, stream, account_id, record_key, quarantined_because AS because,
        left(payload, 2000) AS payload, load_id, loaded_at
    FROM lake.quarantine ORDER BY loaded_at DESC, record_key LIMIT %(limit)s
"""
RESTATEMENTS = """
    SELECT channel, stream, account_id, load_id, loaded_at, first_on, last_on, changed, deleted
    FROM lake.ops_load WHERE changed > 0 OR deleted > 0
    ORDER BY loaded_at DESC, load_id LIMIT %(limit)s
"""
DRIFT = """
    SELECT channel, stream, field, kind, expected, seen, first_seen_at FROM lake.ops_drift
    ORDER BY first_seen_at DESC, channel, stream, field LIMIT %(limit)s
"""
MOST_ROWS = 500


class StreamFreshness(BaseModel):
    """The last load of one stream of one account."""

    channel: str = Field(description="Channel.")
    stream: str = Field(description="Stream of the channel.")
    account_id: str = Field(description="Account at the vendor.")
    loaded_at: datetime = Field(description="Instant of the last load, UTC.")
    succeeded_at: datetime | None = Field(description="Instant of the last load without error, UTC.")
    last_on: date | None = Field(description="Latest day ever asked for; null for streams without days.")
    loads: int = Field(description="Loads so far.")
    received: int = Field(description="Records received by the last load.")
    loaded: int = Field(description="Of these, stored or as stored already.")
    new: int = Field(description="Of these, new.")
    changed: int = Field(description="Of these, restated.")
    unchanged: int = Field(
        description="Of these, as stored already, or sent twice; received = new + changed + unchanged +"
        " quarantined."
    )
    deleted: int = Field(description="Records the vendor took back.")
    quarantined: int = Field(description="Records set aside; received = loaded + quarantined.")
    seconds: float = Field(description="How long the load took.")
    error: str | None = Field(description="What stopped it; null when it finished.")


class Check(BaseModel):
    """A check of the models at the last build."""

    check_name: str = Field(description="Name of the check.")
    model_name: str = Field(description="The model it is about.")
    status: str = Field(description="pass, warn, fail or error.")
    failures: int = Field(description="Rows that break it.")
    message: str = Field(description="What it is for or what it found.")
    checked_at: datetime = Field(description="Instant of the build, UTC.")


class QuarantinedRecord(BaseModel):
    """A record set aside instead of loaded."""

    channel: str = Field(description="Channel.")
    stream: str = Field(description="Stream of the channel.")
    account_id: str = Field(description="Account at the vendor.")
    record_key: str | None = Field(description="Key of the record, where it has one.")
    because: str = Field(description="Why.")
    payload: str | None = Field(description="The record as it came, at most 2,000 characters.")
    load_id: str = Field(description="The load that met it.")
    loaded_at: datetime = Field(description="When, UTC.")


class Restatement(BaseModel):
    """A load in which the vendor changed or took back what it had said."""

    channel: str = Field(description="Channel.")
    stream: str = Field(description="Stream of the channel.")
    account_id: str = Field(description="Account at the vendor.")
    load_id: str = Field(description="The load that met it.")
    loaded_at: datetime = Field(description="When, UTC.")
    first_on: date | None = Field(description="First day read again.")
    last_on: date | None = Field(description="Last day read again.")
    changed: int = Field(description="Records restated.")
    deleted: int = Field(description="Records taken back.")


class FieldDrift(BaseModel):
    """A field that came otherwise than declared."""

    channel: str = Field(description="Channel.")
    stream: str = Field(description="Stream of the channel.")
    field: str = Field(description="Field of the vendor's record.")
    kind: str = Field(description="new, missing or changed_type.")
    expected: str | None = Field(description="Declared type.")
    seen: str | None = Field(description="Type that came.")
    first_seen_at: datetime = Field(description="When first, UTC.")


def read_freshness(link: psycopg.Connection) -> list[StreamFreshness]:
    """Return the last load of every stream and account."""
    return [StreamFreshness.model_validate(row) for row in read_rows(link, FRESHNESS)]


def read_checks(link: psycopg.Connection) -> list[Check]:
    """Return the checks of the last build, those that do not hold first."""
    return [Check.model_validate(row) for row in read_rows(link, CHECKS)]


def read_quarantine(link: psycopg.Connection, limit: int = MOST_ROWS) -> list[QuarantinedRecord]:
    """Return records set aside, newest first."""
    return [QuarantinedRecord.model_validate(row) for row in read_rows(link, QUARANTINE, {"limit": limit})]


def read_restatements(link: psycopg.Connection, limit: int = MOST_ROWS) -> list[Restatement]:
    """Return loads that changed earlier beliefs, newest first."""
    return [Restatement.model_validate(row) for row in read_rows(link, RESTATEMENTS, {"limit": limit})]


def read_drift(link: psycopg.Connection, limit: int = MOST_ROWS) -> list[FieldDrift]:
    """Return fields that came otherwise than declared, newest first."""
    return [FieldDrift.model_validate(row) for row in read_rows(link, DRIFT, {"limit": limit})]
