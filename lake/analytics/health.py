"""Whether the warehouse answers, and how fresh and sound what it serves is."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import psycopg
from pydantic import BaseModel, Field

from core.context import Context
from core.errors import NotFound
from core.operation import operation
from lake.analytics.marts import open_marts, read_row
from lake.analytics.period import all_days
from lake.analytics.quality import (
    Check,
    FieldDrift,
    QuarantinedRecord,
    Restatement,
    StreamFreshness,
    read_checks,
    read_drift,
    read_freshness,
    read_quarantine,
    read_restatements,
)
from lake.analytics.soundness import Soundness, read_soundness

WithDetail = Annotated[bool, Field(description="Whether to say it stream by stream and check by check.")]
HistoryDays = Annotated[
    int, Field(ge=1, le=400, description="How many days back the history of the checks reaches.")
]

CHECKS = """
    SELECT count(*) FILTER (WHERE status IN ('fail', 'error'))::int AS failed,
        count(*)::int AS checks, max(checked_at) AS checked_at
    FROM marts.check_result
"""


class PublishedTable(BaseModel):
    """A table of the lake as the warehouse has it."""

    table: str = Field(description="Name of the table.")
    rows: int = Field(description="Rows of this workspace.")
    loaded_at: datetime | None = Field(description="Newest load in it, UTC.")
    published_at: datetime = Field(description="When it was last copied, UTC.")


class Detail(BaseModel):
    """What stands behind the figures; the lists end at 500 records."""

    freshness: list[StreamFreshness] = Field(description="The last load of every stream and account.")
    checks: list[Check] = Field(description="The last build's checks, those that do not hold first.")
    quarantine: list[QuarantinedRecord] = Field(description="Records set aside, newest first.")
    restatements: list[Restatement] = Field(description="Loads that changed earlier beliefs, newest first.")
    drift: list[FieldDrift] = Field(description="Fields that came otherwise than declared, newest first.")
    soundness: Soundness = Field(description="Verdicts, expectations, anomalies and their history.")


class DatabaseHealth(BaseModel):
    """The answer of `db.getHealth`."""

    ok: bool = Field(description="The database answers, the models are built and no check fails.")
    version: str = Field(description="Version of the database.")
    latency_ms: float = Field(description="One round trip, milliseconds.")
    size_bytes: int = Field(description="Size on disk.")
    is_embedded: bool = Field(description="Started by us under the home folder.")
    migrations: list[str] = Field(description="Migrations applied, oldest first.")
    tables: list[PublishedTable] = Field(description="What of the lake is published.")
    is_demo: bool = Field(description="The numbers are those of the simulated market of a sandbox.")
    clock_at: datetime = Field(description="The present instant by the clock the product follows, UTC.")
    first_on: date | None = Field(description="First day with numbers; null before the first build.")
    latest_on: date | None = Field(description="Latest day with numbers; null before the first build.")
    built_at: datetime | None = Field(description="When the models were last built, UTC.")
    checks: int = Field(description="Checks of the last build.")
    failed_checks: int = Field(description="Of these, failed.")
    detail: Detail | None = Field(description="Null unless asked for, and before the first build.")


@operation("db.getHealth", effect="read")
def get_health(
    ctx: Context, *, with_detail: WithDetail = False, history_days: HistoryDays = 30
) -> DatabaseHealth:
    """Return whether the warehouse answers, what it holds and whether the last build's checks passed.

    `with_detail` adds the state of every stream, check, record in quarantine, restatement and
    drifted field, and under `soundness` what the expectations found: the gate's verdict on every
    table, each rule, odd days of the watched figures, and the history of `history_days` days.

    Raises:
        VendorDown: the database does not answer.
    """
    seen = ctx.service("warehouse").check(ctx.workspace)
    days, checks, detail = None, None, None
    try:
        with open_marts(ctx) as link:
            days, checks = all_days(link), read_row(link, CHECKS)
            detail = _read_detail(link, ctx.clock.now(), history_days) if with_detail else None
    except NotFound:
        pass  # nothing built yet: said by latest_on and ok
    return DatabaseHealth(
        ok=days is not None and bool(checks) and not (checks or {})["failed"],
        version=seen.version,
        latency_ms=seen.latency_ms,
        size_bytes=seen.size_bytes,
        is_embedded=seen.is_embedded,
        migrations=seen.migrations,
        tables=[
            PublishedTable(table=t.table, rows=t.rows, loaded_at=t.loaded_at, published_at=t.published_at)
            for t in seen.published
        ],
        is_demo=ctx.clock.is_simulated,
        clock_at=ctx.clock.now(),
        first_on=days.first if days else None,
        latest_on=days.last if days else None,
        built_at=checks["checked_at"] if checks else None,
        checks=checks["checks"] if checks else 0,
        failed_checks=checks["failed"] if checks else 0,
        detail=detail,
    )


def _read_detail(link: psycopg.Connection, now: datetime, history_days: int) -> Detail:
    return Detail(
        freshness=read_freshness(link),
        checks=read_checks(link),
        quarantine=read_quarantine(link),
        restatements=read_restatements(link),
        drift=read_drift(link),
        soundness=read_soundness(link, now, history_days),
    )
