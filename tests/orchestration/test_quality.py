"""Bad rows end in quarantine and never in a mart; a warning lets pass; a critical failure stops, by name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from deltalake import DeltaTable

from actions.services import Services
from core.settings import DEFAULT_WORKSPACE, Settings
from core.time import FixedClock
from ingestion.csv.importing import import_report
from lake.gate import DataUnsound, require_sound
from lake.publish import publish
from lake.quality.gold import GOLD_SUITES
from lake.schemas import SILVER
from lake.warehouse import Warehouse
from orchestration.loop import Run, build
from orchestration.progress import show_stages
from orchestration.quality import Checks, Outcome
from transforms.build import PROJECT
from transforms.quality.checker import Checker, ChecksFailed, Job

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
DAYS, ADS = 12, 4
HEAD = "Day,Campaign,Ad group,Ad,Impr.,Clicks,Cost,Currency code,Conversions,Conv. value\n"
# What is wrong with a row, as Delta would be told by a faulty writer, and the reason it must get.
PLANTED = {
    "currency = 'EURO'": "ad_daily.currency is not as expected: currency is one of AED, AFN",
    "clicks = -3": "ad_daily.clicks is negative",
    "impressions = -1": "ad_daily.impressions is negative",
    "impressions = NULL": "ad_daily.impressions is empty or unreadable",
}


@dataclass
class World:
    """A home with an imported report, published and built, and one checking process for all tests."""

    services: Services
    checker: Checker
    file: Path

    def check(self, *, at: datetime = NOW) -> Outcome:
        publish(self.services.lake, self.services.warehouse, DEFAULT_WORKSPACE)
        return Checks(
            Services(self.services.settings, self.services.warehouse, FixedClock(at)), self.checker
        ).check_lake()

    def load(self, cost: str = "2.50"):
        self.file.write_text(HEAD + "".join(report(cost)))
        return import_report(
            self.file,
            channel="google_ads",
            lake=self.services.lake,
            workspace=DEFAULT_WORKSPACE,
            clock=self.services.clock,
        )

    def silver(self) -> pl.DataFrame:
        return self.services.lake.read("silver", "ad_daily", DEFAULT_WORKSPACE).sort("record_key")

    def spoil(self, key: str, change: str) -> None:
        """Write past every rule, as a faulty program would."""
        column, value = change.split(" = ")
        table = self.services.lake.open("silver", "ad_daily")
        table.update(predicate=f"record_key = '{key}'", updates={column: value})

    def query(self, text: str):
        with self.services.warehouse.connect(DEFAULT_WORKSPACE) as link:
            return link.execute(text).fetchall()

    def quarantine(self) -> dict[str, str]:
        return dict(self.query("SELECT record_key, quarantined_because FROM lake.quarantine"))


def report(cost: str) -> Iterator[str]:
    for day in range(DAYS):
        on = (NOW - timedelta(days=day + 1)).date()
        for ad in range(ADS):
            yield f"{on},Spring,Group,Ad {ad},{100 + ad},{5 + ad},{cost},EUR,1,10.00\n"


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Iterator[World]:
    with TemporaryDirectory(prefix="spreaders-") as home:
        settings = Settings(home=Path(home), database_url=None, _env_file=None)
        with Warehouse.open(settings) as warehouse:
            services = Services(settings, warehouse, FixedClock(NOW))
            log = settings.logs_path / "checks.log"
            with Checker(warehouse, settings.workspace, log) as checker:
                made = World(services, checker, tmp_path_factory.mktemp("report") / "report.csv")
                made.load()
                yield made


@pytest.fixture(autouse=True)
def mended(world) -> None:
    """Let every test begin with all rows good: the vendor restates each of them."""
    world.load(cost="2.49")
    world.load(cost="2.50")


def stages(world: World) -> dict[str, object]:
    with show_stages() as show:
        run = Run(show)
        build(world.services, run)
        return {stage.name: stage for stage in run.stages}


def test_clean_data_holds_and_a_second_look_reads_nothing(world):
    first = world.check()
    assert first.errors == ()
    assert {verdict.verdict for verdict in first.verdicts} == {"ok"}
    assert world.check().rows == 0
    assert require(world, "ad_daily")


def require(world: World, *tables: str, now: datetime = NOW):
    with world.services.warehouse.connect(DEFAULT_WORKSPACE) as link:
        return require_sound(link, tables, max_age=timedelta(hours=26), now=now)


def test_planted_rows_of_every_kind_end_in_quarantine_and_never_in_a_mart(world):
    keys = dict(zip(PLANTED, world.silver()["record_key"], strict=False))
    for change, key in keys.items():
        world.spoil(key, change)
    told = stages(world)
    assert told["quality"].quarantined == len(PLANTED)
    assert (told["quality"].errors, told["models"].errors) == ((), ())
    found = world.quarantine()
    assert set(found) == set(keys.values())
    assert all(found[keys[change]].startswith(reason) for change, reason in PLANTED.items())
    assert len(world.silver()) == DAYS * ADS - len(PLANTED)
    [(rows, spend, currencies)] = world.query(
        "SELECT count(*), sum(spend_minor)::int, array_agg(DISTINCT currency) FROM marts.fct_ad_daily"
    )
    assert (rows, spend, currencies) == (DAYS * ADS - 4, 250 * (DAYS * ADS - 4), ["EUR"])
    # The vendor's same rows again stay out; corrected ones come back.
    again = world.load(cost="2.50")
    assert (again.new, again.changed, again.records) == (0, 0, DAYS * ADS)
    loads = world.services.lake.read("ops", "load", DEFAULT_WORKSPACE)
    assert loads.filter(pl.col("received") != pl.col("loaded") + pl.col("quarantined")).is_empty()
    assert loads["quarantined"].max() == len(PLANTED)
    world.load(cost="2.60")
    assert len(world.silver()) == DAYS * ADS
    assert world.check().errors == ()


def test_a_warning_is_told_and_lets_pass(world):
    world.spoil(world.silver()["record_key"][0], "clicks = 5000")
    found = world.check()
    [warning] = found.warnings
    assert warning.startswith("ad_daily: clicks is at most impressions; seen: 1 of 48 rows break it, such as")
    assert (found.errors, found.blocked, found.set_aside) == ((), [], 0)
    [verdict] = require(world, "ad_daily")
    assert verdict.verdict == "warn"
    assert world.query("SELECT max(clicks) FROM lake.ad_daily") == [(5000,)]


def test_a_critical_failure_of_a_table_stops_what_is_made_from_it_and_names_it(world):
    before = stages(world)
    assert before["quality"].errors == ()
    total = world.query("SELECT sum(spend_minor) FROM marts.fct_ad_daily")
    twin = world.silver().head(1).with_columns(record_key=pl.lit("twin"))
    world.services.lake.append("silver", "ad_daily", twin)
    try:
        told = stages(world)
        [error] = told["quality"].errors
        assert error.startswith("ad_daily: workspace_id, channel, account_id, day_on, campaign_id")
        assert "2 of 49 rows break it" in error
        assert world.query("SELECT sum(spend_minor) FROM marts.fct_ad_daily") == total
        models = sum(1 for _ in PROJECT.joinpath("models").rglob("*.sql"))
        assert 0 < told["models"].rows_out < models
        with pytest.raises(DataUnsound, match="ad_daily: ad_daily: workspace_id, channel"):
            require(world, "ad_daily")
        with pytest.raises(DataUnsound, match="fct_ad_daily is made from ad_daily"):
            require(world, "fct_ad_daily")
        assert require(world, "account")
    finally:
        DeltaTable(world.services.lake.folder("silver", "ad_daily")).delete("record_key = 'twin'")
    assert stages(world)["quality"].errors == ()
    assert require(world, "ad_daily", "fct_ad_daily")


def test_too_many_bad_rows_are_a_bad_stream_and_stop_instead_of_being_set_aside(world):
    for key in world.silver()["record_key"][:30]:
        world.spoil(key, "currency = 'EURO'")
    found = world.check()
    assert (found.set_aside, found.blocked) == (0, ["ad_daily"])
    assert "30 of 48 rows break it, such as EURO" in found.errors[0]
    assert len(world.silver()) == DAYS * ADS


def test_a_day_in_the_future_is_set_aside(world):
    key = world.silver()["record_key"][20]
    world.spoil(key, "day_on = date '2026-03-24'")
    assert world.check().set_aside == 1
    assert world.quarantine()[key].endswith("day_on was not in the future when it was loaded")


def test_every_result_is_kept_with_its_run_and_the_counts(world):
    world.spoil(world.silver()["record_key"][0], "clicks = 5000")
    world.check()
    [row] = world.query(
        "SELECT suite, rule, severity, failing, rows, examples::text, run_id FROM lake.quality_result"
        " WHERE NOT passed AND kind = 'expectation' AND severity = 'warning' ORDER BY seq DESC LIMIT 1"
    )
    assert row[:5] == ("silver.ad_daily", "clicks_at_most_impressions", "warning", 1, 48)
    assert "5000" in json.loads(row[5])[0]
    judged = world.query(f"SELECT table_name FROM lake.quality_verdict WHERE run_id = '{row[6]}'")
    assert {name for (name,) in judged} >= set(SILVER)


def test_gold_shares_that_do_not_sum_to_one_and_probabilities_beyond_one_are_critical(world):
    shares = {"window_days": [30, 30], "path_id": ["p", "p"], "linear": [0.5, 0.6], "markov": [0.5, 0.5]}
    keys = {"key_kind": ["person"] * 2, "key": ["a", "b"], "person_id": ["1", "1"], "method": ["x"] * 2}
    frames = {
        "attribution_credit": pl.LazyFrame(shares),
        "person_key": pl.LazyFrame({**keys, "probability": [0.4, 1.2]}),
    }
    jobs = [
        Job(
            "gold",
            name,
            GOLD_SUITES[name].rules,
            rows=tuple(GOLD_SUITES[name].measure(rows).collect().to_dicts()),
        )
        for name, rows in frames.items()
    ]
    failed = {f.rule.name: f.result for f in world.checker.check(jobs) if not f.result.passed}
    assert set(failed) == {"worst_gap_to_1_between", "probabilities_outside_0_to_1_between"}
    assert all(result.is_critical for result in failed.values())


def test_checks_that_cannot_be_made_say_so_and_nothing_is_taken_for_sound(world):
    settings = world.services.settings
    publish(world.services.lake, world.services.warehouse, settings.workspace)
    with Checker(world.services.warehouse, settings.workspace, settings.logs_path / "broken.log") as broken:
        broken.start().kill()
        with pytest.raises(ChecksFailed, match="so nothing is known of the data"):
            Checks(world.services, broken).check_lake()
    with pytest.raises(DataUnsound):
        require(world, "ad_daily")


def test_no_password_is_in_the_log_or_the_command_line(world):
    secret = world.services.warehouse.reader_env(DEFAULT_WORKSPACE)["PGPASSWORD"]
    assert secret not in world.checker.log.read_text()
    assert secret not in " ".join(map(str, world.checker._process.args))
