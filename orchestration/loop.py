"""The loop, once: load every channel, publish, build the models, sum up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from actions.services import Services
from channels.catalog import discover
from channels.connection import connect
from channels.contract import Channel
from core.errors import BadInput, ProviderNotConfigured, SpreadersError
from core.settings import Settings
from core.time import Clock
from ingestion.beliefs import belief_tables, write_beliefs
from ingestion.collector.spool import Spool, reading_spool
from ingestion.collector.stream import make_site_channel
from ingestion.ledger import LoadResult
from ingestion.personal import load_hash_key
from ingestion.runner import load_channel
from lake.analytics.alerting import evaluate_alerts
from lake.analytics.summary import summarise
from lake.audiences.definitions import COPY
from lake.damage import contain, explain, is_grave
from lake.delta import Lake
from lake.publish import publish
from orchestration.audiences import copy_audiences
from orchestration.building import builds_alone
from orchestration.calendar import workspace_zone
from orchestration.early import Helpers, open_helpers
from orchestration.progress import Stages
from orchestration.quality import Outcome
from transforms.build import BuildResult, build_models

# Vendors answer while we parse; more than this and two cores only queue.
CHANNELS_AT_ONCE = 3


@dataclass(frozen=True, slots=True)
class Stage:
    """One line of the run's table: rows read, rows written, rows set aside."""

    name: str
    seconds: float
    rows_in: int = 0
    rows_out: int = 0
    quarantined: int = 0
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the stage as the JSON of `--json` spells it."""
        facts = {"name": self.name, "seconds": round(self.seconds, 3), "rows_in": self.rows_in}
        facts |= {"rows_out": self.rows_out, "quarantined": self.quarantined}
        said = {"errors": list(self.errors), "warnings": list(self.warnings)}
        return facts | {name: texts for name, texts in said.items() if texts}


@dataclass
class Run:
    """The stages of a run, as they end."""

    show: Stages
    stages: list[Stage] = field(default_factory=list)

    @property
    def is_ok(self) -> bool:
        """Whether every stage ended without an error."""
        return not any(stage.errors for stage in self.stages)

    @contextmanager
    def stage(self, name: str) -> Iterator[Callable[..., None]]:
        """Time a stage; call what is yielded with its counts before leaving."""
        counts: dict[str, Any] = {}
        task = self.show.begin(name)
        started = time.perf_counter()
        yield lambda **seen: counts.update(seen)
        self.stages.append(Stage(name, time.perf_counter() - started, **counts))
        self.show.finish(task, counts.get("rows_out", 0))


def declared_channels(settings: Settings) -> list[Channel]:
    """Return every vendor and the workspace's own site; to read the site's spool needs no hash key."""
    spool = reading_spool(settings)
    return [
        *discover().values(),
        make_site_channel(spool, settings.workspace, partial(workspace_zone, settings)),
    ]


def is_connected(channel: Channel, settings: Settings) -> bool:
    """Whether the channel's credentials are set; with a sandbox, every channel's are."""
    if settings.sandbox_url:
        return True
    fields = settings.channels.get(channel.name, {})
    return all(fields.get(credential.name) for credential in channel.credentials if credential.required)


def connected_channels(settings: Settings) -> list[Channel]:
    """Return the channels that can be loaded.

    Raises:
        ProviderNotConfigured: none is.
    """
    ready = [channel for channel in discover().values() if is_connected(channel, settings)]
    if not ready:
        raise ProviderNotConfigured(
            "No channel is connected: set one channel's credentials (docs/connect-for-real.md) "
            "or start with the sandbox: `spreaders up`."
        )
    return ready


def load_all(services: Services, run: Run, *, days: int, only: str | None = None) -> list[LoadResult]:
    """Load every connected channel, several at once, and then the site's own events."""
    channels = [c for c in connected_channels(services.settings) if only in (None, c.name)]
    pool = ThreadPoolExecutor(CHANNELS_AT_ONCE)
    try:
        loads = pool.map(lambda channel: load_one(services, run, channel, days=days), channels)
        results = [result for load in loads for result in load]
    finally:
        # Nobody waits for loads after Ctrl-C: one that is cut short is finished by the next.
        pool.shutdown(wait=False, cancel_futures=True)
    if only in (None, "site"):
        # After the shop, whose calendar it follows.
        site = site_channel(services.settings, services.clock)
        results += load_one(services, run, site, days=days)
    return results


def load_one(services: Services, run: Run, channel: Channel, *, days: int) -> list[LoadResult]:
    """Load all streams of one channel as one stage; its failure does not stop the others."""
    with run.stage(f"ingest {channel.name}") as count:
        try:
            results = load_streams(services.settings, services.lake, services.clock, channel, days=days)
        except BaseException as error:  # whatever it is, the other channels go on
            if is_grave(error):
                raise
            known = explain(services.lake, error, (), f"The load of {channel.title}")
            count(errors=(f"{known.message} {known.evidence or ''}".strip(),))
            return []
        count(
            rows_in=sum(r.received for r in results),
            rows_out=sum(r.new + r.changed + r.deleted for r in results),
            quarantined=sum(r.quarantined for r in results),
            errors=tuple(f"{r.stream}: {r.error}" for r in results if r.error),
            warnings=tuple(f"{r.stream}: {note}" for r in results for note in r.notes),
        )
    return results


def load_streams(
    settings: Settings,
    lake: Lake,
    clock: Clock,
    channel: Channel,
    *,
    days: int,
    streams: Sequence[str] | None = None,
) -> list[LoadResult]:
    """Load a channel's streams (all of them by default) for every account its credential can read."""
    with connect(channel, settings, clock) as connection:
        return load_channel(
            lake,
            channel,
            connection,
            workspace=settings.workspace,
            clock=clock,
            days=days,
            streams=streams,
            hash_key=load_hash_key(settings),
        )


def site_channel(settings: Settings, clock: Clock) -> Channel:
    """Return the workspace's own web site as a channel: events wait in the collector's spool."""
    spool = Spool(settings.collector_path, load_hash_key(settings), clock)
    return make_site_channel(spool, settings.workspace, partial(workspace_zone, settings))


def build(services: Services, run: Run) -> None:
    """Bring everything that is made from the lake in step with it; the only way to a build.

    Spark jobs, then the lake's tables in Postgres, then the dbt models, checked before and after. Each does
    only what is due: with nothing new nothing is written, and neither Spark nor dbt is started. What is made
    from a table that does not hold, or whose files are damaged, is left as it was.
    """
    with open_helpers(services) as helpers:
        build_with(services, run, helpers)


@builds_alone
def build_with(services: Services, run: Run, helpers: Helpers) -> None:
    """Build as `build` does, with processes that were opened, and perhaps started, before."""
    settings, checks = services.settings, helpers.checks
    learn(services, run)
    with run.stage("beliefs") as count:
        channels = declared_channels(settings)
        act = partial(write_beliefs, services.lake, channels, settings.workspace)
        beliefs, damage = contain(services.lake, belief_tables(channels), act)
        count(rows_out=beliefs.rows if beliefs else 0, errors=(damage,) if damage else ())
    damaged = publish_changes(services, run)
    with run.stage("quality") as count:
        found = checks.check_lake()
        count(**_told(found))
    with run.stage("models") as count:
        built = build_models(
            services.warehouse,
            home=settings.home,
            reporting_currency=settings.reporting_currency,
            without=sorted({*found.blocked, *damaged}),
            process=helpers.dbt,
        )
        count(**_built(built))
    with run.stage("quality of models") as count:
        count(**_told(checks.check_models()))
    if built.is_built:
        judge_alerts(services, run)


@builds_alone
def build_only(services: Services, run: Run, select: str) -> None:
    """Build the dbt models that `select` names, in dbt's own selection syntax, on what is published.

    No job runs, and nothing is published where something is.

    Raises:
        BadInput: the selection names no model.
    """
    settings = services.settings
    with services.warehouse.connect(settings.workspace) as link:
        is_published = link.execute("SELECT EXISTS (SELECT FROM lake.publication)").fetchone() == (True,)
    if not is_published:
        publish_changes(services, run)
    with run.stage("models") as count:
        built = build_models(
            services.warehouse,
            home=settings.home,
            select=select,
            reporting_currency=settings.reporting_currency,
        )
        if not (built.models or built.tests or built.failures or built.skipped):
            raise BadInput(
                f"No model fits --select {select!r}; write dbt's selection syntax, such as fct_ad_daily+."
            )
        count(**_built(built))


def publish_changes(services: Services, run: Run) -> list[str]:
    """Publish what changed in the lake: rows in are those read, rows out those moved in Postgres.

    Returns the published tables that were left as they were because the lake's own are damaged.
    """
    with run.stage("publish") as count:
        tables = publish(services.lake, services.warehouse, services.settings.workspace)
        moved = sum(table.rows + table.removed for table in tables)
        errors = tuple(dict.fromkeys(table.damage for table in tables if table.damage))
        count(rows_in=sum(table.read for table in tables), rows_out=moved, errors=errors)
    return [table.table for table in tables if table.damage]


def _built(built: BuildResult) -> dict[str, Any]:
    said = tuple(failure.message for failure in (*built.failures, *built.warnings))
    return {"rows_out": built.models, "warnings" if built.is_built else "errors": said}


def judge_alerts(services: Services, run: Run) -> None:
    """Judge every alert on the new numbers; what fired is said among the run's warnings."""
    with run.stage("alerts") as count:
        events = evaluate_alerts(services.context("alerts", frozenset()))
        fired = tuple(event.because for event in events if event.kind == "fired")
        count(rows_out=len(events), warnings=fired)


def learn(services: Services, run: Run) -> None:
    """Run the Spark jobs that are due as one stage; what the models read besides waits for no engine.

    Rows in are those of the tables that these jobs read, rows out those of gold that they changed.
    """
    from transforms.identity.reviewed import INSTANTS, carry_decisions
    from transforms.spark.run import run_jobs

    with run.stage("jobs") as count:
        lake, workspace, now_at = services.lake, services.settings.workspace, services.clock.now()
        decide = partial(carry_decisions, lake, services.warehouse, workspace, now_at)
        try:
            _, undefined = contain(lake, [("gold", COPY)], partial(copy_audiences, services))
            _, undecided = contain(lake, [("gold", name) for name in INSTANTS], decide)
            done = list(run_jobs(services.settings, lake, now_at))
        except SpreadersError as error:
            count(errors=(f"{error.message} {error.evidence or ''}".strip(),))
        else:
            changed = sum(table.rows for job in done for table in job.changed.values())
            errors = tuple(error for error in (undefined, undecided, *(job.error for job in done)) if error)
            count(rows_in=sum(job.rows_read for job in done), rows_out=changed, errors=errors)


def _told(found: Outcome) -> dict[str, Any]:
    return {
        "rows_in": found.rows,
        "rows_out": found.checks,
        "quarantined": found.set_aside,
        "errors": found.errors,
        "warnings": found.warnings,
    }


def sum_up(services: Services, run: Run, *, days: int, scenario: str | None) -> dict[str, Any]:
    """Return the object that `--json` prints."""
    with services.warehouse.connect(services.settings.workspace) as link:
        summary = summarise(link)
    stages = [stage.as_dict() for stage in run.stages]
    return {"ok": run.is_ok, **summary, "days": days, "scenario": scenario, "stages": stages}
