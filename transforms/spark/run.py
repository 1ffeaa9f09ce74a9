"""Runs the Spark jobs that are due, one after the other, each on what the ones before it wrote."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import cast

from core.settings import Settings
from lake.changes import Changed
from lake.damage import Name, contain, require_whole
from lake.delta import Lake
from lake.layout import Layer
from lake.memory import count_rows, digest, fingerprint, hash_files, recall, remember
from transforms.spark.job import Job, Work
from transforms.spark.jobs import JOBS
from transforms.spark.session import open_session
from transforms.spark.tables import Tables

ROOT = Path(__file__).parents[2]
# What the rows of the gold tables follow from besides the tables that are read.
CODE = ("transforms", "lake/audiences", "lake/gold.py", "lake/changes.py")
SUFFIXES = {".py", ".csv"}


@dataclass(frozen=True, slots=True)
class Done:
    """What one job did: seconds, rows it read, rows of its tables that it wrote or removed.

    `rows` are those its tables now have for the workspace. A job that was not due changed nothing, nor did
    one with an `error`: a table that it reads or writes is damaged.
    """

    name: str
    seconds: float
    rows: Mapping[str, int]
    changed: Mapping[str, Changed]
    rows_read: int = 0
    was_due: bool = True
    error: str = ""


def run_jobs(
    settings: Settings, lake: Lake, now_at: datetime, jobs: Sequence[Job] = JOBS, *, anew: bool = False
) -> Iterator[Done]:
    """Run the jobs in their order for the settings' workspace; yield one after each.

    A job is due when a table it reads, one it writes, its code or its settings are not as they were when it
    last ended well; `anew` runs all. Without a due job no engine is started. A job that meets a damaged table
    stops alone.

    Raises:
        ProviderNotConfigured: the Spark engine cannot start or be reached.
    """
    with ExitStack() as stack:

        @cache
        def open_tables() -> Tables:
            return Tables(stack.enter_context(open_session(settings)), lake, settings.workspace)

        for job in jobs:
            started = time.perf_counter()
            places: list[Name] = [*_tables(job), *(("gold", name) for name in job.writes)]
            act = partial(_run_if_due, settings, lake, now_at, job, open_tables, anew=anew)
            done, damage = contain(lake, places, act)
            seconds = round(time.perf_counter() - started, 3)
            yield done or Done(job.name, seconds, {}, {}, error=f"{job.name}: {damage}")


def _run_if_due(
    settings: Settings,
    lake: Lake,
    now_at: datetime,
    job: Job,
    open_tables: Callable[[], Tables],
    *,
    anew: bool,
) -> Done:
    started = time.perf_counter()
    inputs = read_inputs(settings, lake, job)
    mark = _mark(settings, lake, job, inputs)
    is_due = anew or recall(lake, settings.workspace).get(_name(job)) != mark
    changed: dict[str, Changed] = {}
    if is_due:
        require_whole(lake, _tables(job))
        tables = open_tables()
        tables.changed.clear()
        job.run(make_work(settings, tables, now_at))
        remember(lake, settings.workspace, **{_name(job): _mark(settings, lake, job, inputs)})
        changed = dict(tables.changed)
    return Done(
        job.name,
        round(time.perf_counter() - started, 3),
        {name: count_rows(lake, "gold", name, settings.workspace) for name in job.writes},
        changed,
        sum(count_rows(lake, *table, settings.workspace) for table in _tables(job)) if is_due else 0,
        is_due,
    )


def make_work(settings: Settings, tables: Tables, now_at: datetime) -> Work:
    """Return what a job works on."""
    return Work(
        tables,
        now_at,
        tuple(settings.attribution_windows),
        settings.attribution_half_life_days,
        settings.markov_order,
    )


def read_inputs(settings: Settings, lake: Lake, job: Job) -> str:
    """Return what a job's rows follow from: its tables, its settings and the code."""
    tables = [fingerprint(lake, *table, settings.workspace) for table in _tables(job)]
    choices = (settings.attribution_windows, settings.attribution_half_life_days, settings.markov_order)
    return digest([hash_code(), *map(str, choices), *tables])


@cache
def hash_code() -> str:
    """Return a hash of the files that say how the gold tables are made."""
    places = [ROOT / place for place in CODE]
    files = [file for place in places for file in ([place] if place.is_file() else place.rglob("*"))]
    return hash_files(file for file in files if file.suffix in SUFFIXES)


def _mark(settings: Settings, lake: Lake, job: Job, inputs: str) -> str:
    return digest([inputs, *(fingerprint(lake, "gold", name, settings.workspace) for name in job.writes)])


def _name(job: Job) -> str:
    return f"job.{job.name}"


def _tables(job: Job) -> list[Name]:
    return [(cast(Layer, layer), name) for layer, _, name in (table.partition(".") for table in job.reads)]
