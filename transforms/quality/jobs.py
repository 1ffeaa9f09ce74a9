"""What there is to check: published partitions, marts and gold tables, each with its rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

import polars as pl
import psycopg

from lake.damage import contain
from lake.delta import Lake
from lake.quality.due import Due
from lake.quality.gold import GOLD_SUITES
from lake.quality.marts import MARTS
from lake.quality.result import Result
from lake.quality.rule import Rule
from lake.quality.silver import RULES
from transforms.quality.checker import Job

# What names a record, in this order.
KEYS = ("channel", "stream", "account_id", "record_key")
COLUMNS = """
    SELECT table_name::text, array_agg(column_name::text) FROM information_schema.columns
    WHERE table_schema = 'marts' GROUP BY table_name
"""


def silver_jobs(due: Due) -> list[Job]:
    """Return the jobs of a published table: its due partitions, and its key over the whole table.

    Where the key holds the day, no row of another month can have the same one.
    """
    if not due.partitions:
        return []
    table, rules = due.table, RULES[due.table.name]
    apart = table.day is not None and table.day not in table.key
    by_part = tuple(rule for rule in rules if not (apart and rule.kind == "unique"))
    jobs = [Job("silver", table.name, by_part, due.query(), keys=KEYS)]
    if apart:
        whole = tuple(rule for rule in rules if rule not in by_part)
        columns = ", ".join(f'"{name}"' for name in table.full_key)
        jobs.append(Job("silver", table.name, whole, f'SELECT {columns} FROM lake."{table.name}"'))
    return jobs


def mart_jobs(link: psycopg.Connection) -> tuple[list[Job], list[Result]]:
    """Return the jobs of the marts that are built, and what fails without a look: columns that are gone."""
    present = {name: set(columns) for name, columns in link.execute(COLUMNS).fetchall()}
    jobs, gone = [], []
    for name, rules in MARTS.items():
        if name not in present:
            continue
        fit = tuple(rule for rule in rules if set(rule.columns) <= present[name])
        jobs.append(Job("mart", name, fit, f'SELECT * FROM marts."{name}"'))
        gone += [_without_column(name, rule) for rule in rules if rule not in fit]
    return jobs, gone


def gold_jobs(lake: Lake, workspace: str, tables: Iterable[str] | None = None) -> list[Job]:
    """Return the jobs of the gold tables that exist, their measures taken; `tables` keeps some of them.

    A damaged table has no job: publishing names it.
    """
    wanted: Sequence[str] = lake.tables("gold") if tables is None else list(tables)
    jobs = []
    for name in wanted:
        if name in GOLD_SUITES:
            measured, _ = contain(lake, [("gold", name)], partial(_measure, lake, name, workspace))
            if measured is not None and measured.height:
                jobs.append(Job("gold", name, GOLD_SUITES[name].rules, rows=tuple(measured.to_dicts())))
    return jobs


def _measure(lake: Lake, name: str, workspace: str) -> pl.DataFrame | None:
    if lake.open("gold", name) is None:
        return None
    return GOLD_SUITES[name].measure(lake.scan("gold", name, workspace)).collect()


def _without_column(table: str, rule: Rule) -> Result:
    return Result(
        "mart",
        table,
        rule.name,
        ", ".join(rule.columns),
        "critical",
        passed=False,
        expected=rule.expected(),
        seen="the mart has no such column",
        failing=1,
    )
