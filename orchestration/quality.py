"""Holds the data to its rules as the loop goes: bad rows leave, bad tables stop what is made from them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from uuid import uuid4

import polars as pl
import psycopg

from actions.services import Services
from ingestion.checkpoints import Place
from ingestion.setting_aside import set_aside
from lake.damage import Name, contain
from lake.memory import digest, hash_files, recall, remember
from lake.publish import publish
from lake.quality.due import find_due, find_due_gold, find_fresh_at, note_sound, read_feeds, read_states
from lake.quality.freshness import judge_freshness, late_feeds
from lake.quality.gold import GOLD_SUITES
from lake.quality.result import Result, Verdict, judge
from lake.quality.series import judge_all, open_anomalies
from lake.quality.silver import RULES
from lake.quality.store import (
    RunMark,
    read_failing,
    read_verdicts,
    record_days,
    record_results,
    record_verdicts,
)
from lake.schemas import SILVER
from transforms.build import read_parents
from transforms.build_state import hash_builds
from transforms.quality.checker import Checker, Finding, Job
from transforms.quality.jobs import KEYS, gold_jobs, mart_jobs, silver_jobs

# Over this share of what was read, not rows are bad but the stream: nothing is set aside, the table stops.
MOST_BAD = 0.2
# So few are set aside whatever their share: the first rows of a new account.
FEW_BAD = 20
# What the gold tables are made from.
FROM_VISITS = frozenset(("touch", "order"))
GOLD_FROM = {"spend_belief": frozenset(("spend_daily",)), "channel_uplift": FROM_VISITS | {"spend_daily"}}
# Under these names the lake's memory keeps what was last checked, and the layers of each check.
LAKE_MARK, MARTS_MARK, GOLD_MARK = "quality.lake", "quality.marts", "quality.gold"
LAKE_LAYERS, MART_LAYERS = frozenset(("silver", "gold")), frozenset(("mart",))
ROOT = Path(__file__).parents[1]
# A second look proves that what was set aside is gone.
LOOKS = 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check of a layer came to; `damages` name tables whose bad rows could not be set aside."""

    rows: int
    checks: int
    set_aside: int
    verdicts: tuple[Verdict, ...]
    results: tuple[Result, ...]
    damages: tuple[str, ...] = ()

    @property
    def blocked(self) -> list[str]:
        """The tables whose failure keeps what is made from them from being built."""
        return [verdict.table for verdict in self.verdicts if verdict.blocks]

    @property
    def errors(self) -> tuple[str, ...]:
        """What stops, in sentences."""
        return (*(result.sentence() for result in self.results if result.blocks), *self.damages)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What fails and does not stop, in sentences; tables that are stale share one."""
        failed = [result for result in self.results if not result.passed and not result.blocks]
        stale = [result for result in failed if result.kind == "freshness"]
        said = [result.sentence() for result in failed if result.kind != "freshness"]
        if stale:
            said.append(f"Stale: {', '.join(r.table for r in stale)}; {stale[0].expected}, {stale[0].seen}.")
        return tuple(said)


@contextmanager
def open_checks(services: Services) -> Iterator[Checks]:
    """Yield the checks of a run; their process is started when there is something to check."""
    settings = services.settings
    log = settings.logs_path / "checks.log"
    with Checker(services.warehouse, settings.workspace, log) as checker:
        yield Checks(services, checker)


@dataclass
class Checks:
    """The checks of one run, layer by layer."""

    services: Services
    checker: Checker
    run: RunMark = field(init=False)

    def __post_init__(self) -> None:
        """Give the run its name."""
        self.run = RunMark(
            str(self.services.settings.workspace), f"check-{uuid4().hex}", self.services.clock.now()
        )

    def check_lake(self) -> Outcome:
        """Check what changed of the published tables; set bad rows aside and publish again without them.

        Nothing is checked, and nothing recorded, where the last check of the same rows still speaks of them.

        Raises:
            ChecksFailed: nothing could be checked.
        """
        workspace, lake = self.run.workspace, self.services.lake
        with self._link() as link:
            if recall(lake, workspace).get(LAKE_MARK) == self._lake_state(link):
                return _stand(link, LAKE_LAYERS)
        outcome = self._check_lake()
        with self._link() as link:
            remember(lake, workspace, **{LAKE_MARK: self._lake_state(link)})
        return outcome

    def _lake_state(self, link: psycopg.Connection) -> str:
        """Return what a check of the lake's tables follows from: rows, rules, the day, and what is late."""
        late = [f"{name} {late_feeds(read_feeds(link, name), self.run.at)}" for name in RULES]
        days = link.execute("SELECT count(*), max(judged_at) FROM lake.quality_day").fetchone()
        judged = [f"{v.table} {v.verdict} {v.fingerprint}" for v in _verdicts(link, LAKE_LAYERS)]
        parts = [_hash_rules(), str(self.run.at.date()), str(days), *late, *judged]
        return digest([*parts, *map(str, sorted(read_states(link).items()))])

    def _check_lake(self) -> Outcome:
        self.checker.start()
        first: list[Finding] = []
        last: list[Finding] = []
        rows = aside = 0
        damages: tuple[str, ...] = ()
        for look in range(LOOKS):
            with self._link() as link:
                due = [find_due(link, SILVER[name], rules) for name, rules in RULES.items()]
            last = self._ask([job for table in due for job in silver_jobs(table)])
            first = first or last
            rows += sum(table.rows for table in due)
            bad = _rows_to_set_aside(last) if look == 0 else []
            if not bad:
                break
            aside, damages = self._set_aside(bad)
            publish(self.services.lake, self.services.warehouse, self.run.workspace)
        standing = {(f.result.table, f.rule.name) for f in last if not f.result.passed}
        failing = {table for table, _ in standing}
        with self._link() as link:
            for table in due:
                if table.table.name not in failing:
                    note_sound(link, self.run.workspace, table, RULES[table.table.name])
            results = [_after(finding.result, standing) for finding in first]
            return replace(self._judge_lake(link, results, rows, aside), damages=damages)

    def check_models(self) -> Outcome:
        """Check the marts; a mart made from a table that stopped stops with it.

        Nothing is checked where neither a mart nor a verdict it follows from changed since it was.
        """
        workspace, lake = self.run.workspace, self.services.lake
        state = self._models_state()
        if state is not None and recall(lake, workspace).get(MARTS_MARK) == state:
            with self._link() as link:
                return _stand(link, MART_LAYERS)
        outcome = self._check_models()
        if (state := self._models_state()) is not None:
            remember(lake, workspace, **{MARTS_MARK: state})
        return outcome

    def _models_state(self) -> str | None:
        """Return what a check of the marts follows from; None before the first build."""
        builds = hash_builds(self.services.warehouse.dbt_env())
        if builds is None:
            return None
        with self._link() as link:
            judged = [f"{v.table} {v.verdict} {v.blocks} {v.fresh_at}" for v in _verdicts(link, LAKE_LAYERS)]
            marts = [f"{v.table} {v.verdict}" for v in _verdicts(link, MART_LAYERS)]
        return digest([_hash_rules(), builds, *judged, *marts])

    def _check_models(self) -> Outcome:
        with self.services.warehouse.connect(self.run.workspace) as link:
            jobs, gone = mart_jobs(link)
            lake = read_verdicts(link)
        found = self._ask(jobs)
        results = [*gone, *(finding.result for finding in found)]
        parents = read_parents(self.services.settings.home)
        verdicts = [
            judge(
                "mart",
                name,
                [r for r in results if r.layer == "mart" and r.table == name],
                inherited=[lake[table] for table in sorted(tables) if table in lake],
            )
            for name, tables in parents.items()
            if name.startswith(("fct_", "dim_", "mart_", "agg_"))
        ]
        with self._link() as link:
            record_results(link, self.run, results)
            record_verdicts(link, self.run, verdicts)
        rows = sum({(r.table, r.layer): r.rows for r in results if r.layer == "mart"}.values())
        return Outcome(rows, len(results), 0, tuple(verdicts), tuple(results))

    def _judge_gold(
        self, link: psycopg.Connection, results: Sequence[Result], lake: Sequence[Verdict]
    ) -> list[Verdict]:
        """Return verdicts of the gold tables, which follow from touches and orders, beliefs from spend.

        One that was not due has no results: it holds as it did.
        """
        states = read_states(link)
        known = [v.table for v in _verdicts(link, {"gold"})]
        names = dict.fromkeys([*known, *(result.table for result in results if result.layer == "gold")])
        return [
            judge(
                "gold",
                name,
                [result for result in results if result.table == name],
                inherited=[verdict for verdict in lake if verdict.table in GOLD_FROM.get(name, FROM_VISITS)],
                fingerprint=states.get(name),
            )
            for name in names
            if name in GOLD_SUITES
        ]

    def _judge_lake(self, link: psycopg.Connection, results: list[Result], rows: int, aside: int) -> Outcome:
        judged = judge_all(link, self.run.at)
        feeds = {name: read_feeds(link, name) for name in RULES}
        results += [judge_freshness(name, fed, self.run.at) for name, fed in feeds.items() if fed]
        results += open_anomalies(judged)
        states = read_states(link)
        verdicts = [
            judge(
                "silver",
                name,
                [result for result in results if result.table == name],
                fresh_at=find_fresh_at(feeds[name]),
                fingerprint=states.get(name),
            )
            for name in RULES
        ]
        gold = [f.result for f in self._ask(self._gold_jobs(link, states))]
        verdicts += self._judge_gold(link, gold, verdicts)
        results += gold
        record_days(link, self.run, judged)
        record_results(link, self.run, results)
        record_verdicts(link, self.run, verdicts)
        remember(self.services.lake, self.run.workspace, **{GOLD_MARK: _hash_rules()})
        return Outcome(rows, len(results), aside, tuple(verdicts), tuple(results))

    def _gold_jobs(self, link: psycopg.Connection, states: Mapping[str, str]) -> list[Job]:
        """Return the jobs of the gold tables that changed, did not hold, or were checked by other rules."""
        lake, workspace = self.services.lake, self.run.workspace
        is_known = recall(lake, workspace).get(GOLD_MARK) == _hash_rules()
        judged = _verdicts(link, {"gold"}) if is_known else []
        return gold_jobs(lake, workspace, find_due_gold(lake.tables("gold"), judged, states))

    def _ask(self, jobs: Sequence[Job]) -> list[Finding]:
        return self.checker.check(jobs)

    def _set_aside(self, bad: Sequence[Finding]) -> tuple[int, tuple[str, ...]]:
        """Quarantine the records of these findings; return how many, and which damage kept others from it."""
        lake, count = self.services.lake, 0
        damages: dict[str, None] = {}
        for finding in bad:
            reason = pl.lit(finding.rule.reason(finding.result.table))
            keys = pl.DataFrame(finding.keys, schema=list(KEYS), orient="row").unique(maintain_order=True)
            for owner, mine in keys.group_by("channel", "stream", "account_id", maintain_order=True):
                channel, stream, account = map(str, owner)
                place = Place(self.run.workspace, channel, account, stream)
                reasons = mine.select("record_key", reason.alias("reason"))
                act = partial(set_aside, lake, place, reasons, run_id=self.run.run_id, at=self.run.at)
                tables: list[Name] = [("bronze", place.bronze), *(("silver", name) for name in SILVER)]
                done, damage = contain(lake, tables, act)
                count += done or 0
                damages |= {damage: None} if damage else {}
        return count, tuple(damages)

    @contextmanager
    def _link(self) -> Iterator[psycopg.Connection]:
        with self.services.warehouse.publishing(self.run.workspace) as link:
            yield link


def _stand(link: psycopg.Connection, layers: Collection[str]) -> Outcome:
    """Return what the last check of these layers came to, read back; it checked no row now."""
    failing = [result for result in read_failing(link) if result.layer in layers]
    return Outcome(0, 0, 0, tuple(_verdicts(link, layers)), tuple(failing))


def _verdicts(link: psycopg.Connection, layers: Collection[str]) -> list[Verdict]:
    verdicts = read_verdicts(link)
    return [verdicts[name] for name in sorted(verdicts) if verdicts[name].layer in layers]


@cache
def _hash_rules() -> str:
    """Return a hash of the code that checks and judges."""
    places = (ROOT / "lake" / "quality", ROOT / "transforms" / "quality")
    return hash_files([*(file for place in places for file in place.glob("*.py")), Path(__file__)])


def _rows_to_set_aside(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings whose rows are few enough and known by name."""
    return [
        finding
        for finding in findings
        if finding.keys
        and len(finding.keys) == finding.result.failing
        and all(all(part is not None for part in key) for key in finding.keys)
        and len(finding.keys) <= max(FEW_BAD, MOST_BAD * finding.result.rows)
    ]


def _after(result: Result, standing: set[tuple[str, str]]) -> Result:
    """Return the result as it stands at the end: what no longer fails was set aside."""
    if result.passed or (result.table, result.rule) in standing:
        return result
    return replace(result, set_aside=result.failing)
