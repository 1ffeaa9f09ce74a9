"""What was found, written down: results and verdicts of a run, and the watched figures by day."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from psycopg.rows import dict_row

from lake.quality.result import Result, Verdict
from lake.quality.series import Judged, Series

KEPT = timedelta(days=400)
COLUMNS = (
    "workspace_id run_id checked_at layer table_name suite rule kind column_name severity passed expected "
    "seen failing rows set_aside examples"
).split()
LATEST = """
    SELECT DISTINCT ON (table_name) layer, table_name, verdict, blocks, reasons, fresh_at, fingerprint
    FROM lake.quality_verdict ORDER BY table_name, seq DESC
"""
# Of the last check of every table, what did not hold.
FAILING = """
    WITH last AS (
        SELECT DISTINCT ON (layer, table_name) layer, table_name, run_id FROM lake.quality_result
        ORDER BY layer, table_name, seq DESC
    )
    SELECT layer, table_name AS "table", rule, column_name AS "column", severity, passed, expected, seen,
        failing, rows, set_aside, examples, kind
    FROM lake.quality_result JOIN last USING (layer, table_name, run_id) WHERE NOT passed ORDER BY seq
"""


@dataclass(frozen=True, slots=True)
class RunMark:
    """Whose run it is, its id and its instant (UTC)."""

    workspace: str
    run_id: str
    at: datetime


def record_results(link: psycopg.Connection, run: RunMark, results: Sequence[Result]) -> None:
    """Write the results of a run; what is older than 400 days goes."""
    places = ", ".join(["%s"] * len(COLUMNS))
    rows = [
        (run.workspace, run.run_id, run.at, r.layer, r.table, f"{r.layer}.{r.table}", r.rule, r.kind,
         r.column, r.severity, r.passed, r.expected, r.seen, r.failing, r.rows, r.set_aside,
         json.dumps(r.examples))
        for r in results
    ]  # fmt: skip
    with link.cursor() as cursor:
        cursor.execute("DELETE FROM lake.quality_result WHERE checked_at < %s", [run.at - KEPT])
        cursor.executemany(
            f"INSERT INTO lake.quality_result ({', '.join(COLUMNS)}) VALUES ({places})"
            " ON CONFLICT (workspace_id, run_id, table_name, rule) DO NOTHING",
            rows,
        )


def record_verdicts(link: psycopg.Connection, run: RunMark, verdicts: Sequence[Verdict]) -> None:
    """Write the verdicts of a run; the later one of a table within a run counts."""
    with link.cursor() as cursor:
        cursor.execute("DELETE FROM lake.quality_verdict WHERE judged_at < %s", [run.at - KEPT])
        cursor.executemany(
            "INSERT INTO lake.quality_verdict VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT"
            " (workspace_id, run_id, table_name) DO UPDATE SET verdict = excluded.verdict,"
            " blocks = excluded.blocks, reasons = excluded.reasons, fresh_at = excluded.fresh_at,"
            " fingerprint = excluded.fingerprint",
            [
                (run.workspace, run.run_id, run.at, v.layer, v.table, v.verdict, v.blocks,
                 json.dumps(v.reasons), v.fresh_at, v.fingerprint)
                for v in verdicts
            ],
        )  # fmt: skip


def read_verdicts(link: psycopg.Connection) -> dict[str, Verdict]:
    """Return the newest verdict of every table, by its name."""
    rows = link.execute(LATEST).fetchall()
    return {row[1]: Verdict(row[0], row[1], row[2], row[3], tuple(row[4]), row[5], row[6]) for row in rows}


def read_failing(link: psycopg.Connection) -> list[Result]:
    """Return the results that did not hold when their table was last checked."""
    with link.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(FAILING).fetchall()
    return [Result(**row | {"examples": tuple(row["examples"])}) for row in rows]


def record_days(link: psycopg.Connection, run: RunMark, judged: Sequence[tuple[Series, Judged]]) -> None:
    """Write the watched figures; a day judged otherwise now is replaced, but keeps when it first came."""
    rows = [
        (run.workspace, s.table, s.measure, s.channel, s.account_id, d.day_on, d.seen, d.low, d.expected,
         d.high, d.severity, run.at)
        for s, d in judged
    ]  # fmt: skip
    with link.transaction(), link.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE judged (LIKE lake.quality_day) ON COMMIT DROP")
        with cursor.copy("COPY judged FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(
            "INSERT INTO lake.quality_day AS old SELECT * FROM judged ON CONFLICT"
            " (workspace_id, table_name, measure, channel, account_id, day_on) DO UPDATE SET"
            " seen = excluded.seen, low = excluded.low, expected = excluded.expected, high = excluded.high,"
            " severity = excluded.severity, judged_at ="
            " CASE WHEN old.seen > 0 THEN old.judged_at ELSE excluded.judged_at END"
            " WHERE (old.seen, old.severity) IS DISTINCT FROM (excluded.seen, excluded.severity)"
        )
        cursor.execute("DELETE FROM lake.quality_day WHERE day_on < %s", [(run.at - KEPT).date()])
