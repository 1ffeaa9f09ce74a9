"""What the Quality page shows: verdicts, expectations, their history, and the watched figures by day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import psycopg
from pydantic import BaseModel, Field

from lake.analytics.marts import read_rows
from lake.gate import find_objection
from lake.quality.due import read_states
from lake.quality.freshness import OLDEST
from lake.quality.store import read_verdicts

# The results of each table's last check, whichever run made it; freshness is told by the gate.
EXPECTATIONS = """
    WITH last AS (
        SELECT DISTINCT ON (table_name) table_name, run_id FROM lake.quality_result
        WHERE kind = 'expectation' ORDER BY table_name, seq DESC
    )
    SELECT layer, table_name AS "table", rule, column_name AS column, severity, passed, expected, seen,
        failing, rows, set_aside, examples, run_id, checked_at
    FROM lake.quality_result JOIN last USING (table_name, run_id) WHERE kind = 'expectation'
    ORDER BY passed, severity, table_name, rule
"""
# Of a day's runs the worst counts.
HISTORY = """
    SELECT judged_at::date AS on_day, layer, table_name AS "table", count(*)::int AS runs,
        (array_agg(verdict ORDER BY array_position(ARRAY['stop', 'warn', 'ok'], verdict)))[1] AS verdict
    FROM lake.quality_verdict WHERE judged_at > %(since)s GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
FAILURES = """
    SELECT checked_at, layer, table_name AS "table", rule, kind, severity, expected, seen, failing, rows,
        set_aside, run_id
    FROM lake.quality_result WHERE NOT passed AND checked_at > %(since)s
    ORDER BY seq DESC LIMIT 500
"""
ANOMALIES = """
    SELECT table_name AS "table", measure, channel, account_id, day_on, seen, low, expected, high, severity
    FROM lake.quality_day WHERE severity IS NOT NULL AND day_on > %(first)s
    ORDER BY day_on DESC, severity, table_name, measure, channel, account_id
"""
FIGURES = """
    SELECT table_name AS "table", measure, channel, account_id,
        json_agg(json_build_object('day_on', day_on, 'seen', seen, 'low', low, 'expected', expected,
            'high', high, 'severity', severity) ORDER BY day_on) AS days
    FROM lake.quality_day WHERE day_on > %(first)s GROUP BY 1, 2, 3, 4
    ORDER BY count(severity) DESC, 1, 2, 3, 4
"""
LATEST_DAY = "SELECT max(day_on) AS last FROM lake.quality_day"


class TableVerdict(BaseModel):
    """Whether a table may be relied on."""

    table: str = Field(description="Name of the table.")
    layer: str = Field(description="silver, mart or gold.")
    verdict: str = Field(description="ok, warn or stop.")
    is_stale: bool = Field(description="A load that feeds it is older than 26 hours, or there was none.")
    may_act: bool = Field(description="The gate lets decisions through that allow 26 hours.")
    reasons: list[str] = Field(description="What does not hold, and what keeps decisions back.")
    fresh_at: datetime | None = Field(description="The oldest of the last loads that feed it, UTC.")


class Expectation(BaseModel):
    """A rule as a table's last check found it."""

    table: str = Field(description="Name of the table.")
    layer: str = Field(description="silver, mart or gold.")
    rule: str = Field(description="Name of the rule.")
    column: str = Field(description="Column, or columns, it is about.")
    severity: str = Field(description="critical or warning.")
    passed: bool = Field(description="Whether it holds.")
    expected: str = Field(description="What should hold.")
    seen: str = Field(description="What was found.")
    failing: int = Field(description="Rows that break it.")
    rows: int = Field(description="Rows read.")
    set_aside: int = Field(description="Of the failing rows, those that went to quarantine.")
    examples: list[str] = Field(description="A few of the offending values.")
    run_id: str = Field(description="The run that checked it.")
    checked_at: datetime = Field(description="When, UTC.")


class FailedCheck(BaseModel):
    """A check of some run that did not hold."""

    checked_at: datetime = Field(description="When, UTC.")
    layer: str = Field(description="silver, mart or gold.")
    table: str = Field(description="Name of the table.")
    rule: str = Field(description="Name of the rule.")
    kind: str = Field(description="expectation, freshness or anomaly.")
    severity: str = Field(description="critical or warning.")
    expected: str = Field(description="What should have held.")
    seen: str = Field(description="What was found.")
    failing: int = Field(description="Rows, or streams, that broke it.")
    rows: int = Field(description="Rows, or streams, looked at.")
    set_aside: int = Field(description="Of the failing rows, those that went to quarantine.")
    run_id: str = Field(description="The run that found it.")


class DayVerdict(BaseModel):
    """The worst verdict on a table in the runs of one day."""

    on_day: date = Field(description="The day of the runs, UTC.")
    layer: str = Field(description="silver, mart or gold.")
    table: str = Field(description="Name of the table.")
    verdict: str = Field(description="ok, warn or stop.")
    runs: int = Field(description="Runs on that day.")


class DayFigure(BaseModel):
    """A day of a watched figure; the band is null where too little was known to judge."""

    day_on: date = Field(description="The account's day.")
    seen: float = Field(description="What came.")
    low: float | None = Field(description="Below this it is odd.")
    expected: float | None = Field(description="What the days before let expect.")
    high: float | None = Field(description="Above this it is odd.")
    severity: str | None = Field(description="critical: nothing came; warning: outside the band; null: fine.")


class WatchedFigure(BaseModel):
    """A figure of an account, followed by day."""

    table: str = Field(description="Table it is read from.")
    measure: str = Field(description="What is added up.")
    channel: str = Field(description="Channel.")
    account_id: str = Field(description="Account at the vendor.")
    days: list[DayFigure] = Field(description="Its days, oldest first.")


class Anomaly(DayFigure):
    """An odd day of a watched figure."""

    table: str = Field(description="Table it is read from.")
    measure: str = Field(description="What is added up.")
    channel: str = Field(description="Channel.")
    account_id: str = Field(description="Account at the vendor.")


class Soundness(BaseModel):
    """What the checks found, now and over the days asked for."""

    gate: list[TableVerdict] = Field(description="The verdict on every checked table.")
    expectations: list[Expectation] = Field(description="Every table's last check, failures first.")
    history: list[DayVerdict] = Field(description="The worst verdict by day and table.")
    failures: list[FailedCheck] = Field(description="Checks that did not hold, newest first, 500 at most.")
    anomalies: list[Anomaly] = Field(description="Odd days of watched figures, newest first.")
    figures: list[WatchedFigure] = Field(description="All watched figures by day, the oddest first.")


def read_soundness(link: psycopg.Connection, now: datetime, days: int) -> Soundness:
    """Return what the checks found; history and figures reach `days` back."""
    since = {"since": now - timedelta(days=days)}
    last = read_rows(link, LATEST_DAY)[0]["last"] or now.date()
    first = {"first": last - timedelta(days=days)}
    return Soundness(
        gate=_read_gate(link, now),
        expectations=[Expectation.model_validate(row) for row in read_rows(link, EXPECTATIONS)],
        history=[DayVerdict.model_validate(row) for row in read_rows(link, HISTORY, {**since})],
        failures=[FailedCheck.model_validate(row) for row in read_rows(link, FAILURES, {**since})],
        anomalies=[Anomaly.model_validate(row) for row in read_rows(link, ANOMALIES, {**first})],
        figures=[WatchedFigure.model_validate(row) for row in read_rows(link, FIGURES, {**first})],
    )


def _read_gate(link: psycopg.Connection, now: datetime) -> list[TableVerdict]:
    states = read_states(link)
    gate = []
    for name, verdict in read_verdicts(link).items():
        objection = find_objection(verdict, states.get(name), max_age=OLDEST, now=now)
        reasons = list(verdict.reasons)
        if objection and verdict.verdict != "stop":
            reasons.append(f"{name}: {objection}.")
        gate.append(
            TableVerdict(
                table=name,
                layer=verdict.layer,
                verdict=verdict.verdict,
                is_stale=verdict.fresh_at is None or now - verdict.fresh_at > OLDEST,
                may_act=objection is None,
                reasons=reasons,
                fresh_at=verdict.fresh_at,
            )
        )
    return gate
