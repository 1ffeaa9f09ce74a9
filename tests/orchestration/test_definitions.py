"""The graph Dagster shows is the one the declarations make: streams, tables, models, nothing beside."""

import json

import dagster as dg
import pytest

from channels.catalog import discover
from core.settings import Settings
from ingestion.runner import ACCOUNT_STREAM
from lake.gold import GOLD
from lake.published import SOURCES
from lake.quality.marts import MARTS
from lake.schemas import SILVER
from orchestration.alert_asset import KEY, NOTHING_FIRES
from orchestration.quality_assets import CHECKED, SOUND
from orchestration.stream_assets import FRESHNESS, NOTHING_LOST
from transforms.build import manifest_of
from transforms.spark.jobs import JOBS


@pytest.fixture(scope="session")
def graph(definitions):
    dg.Definitions.validate_loadable(definitions)
    return definitions.resolve_asset_graph()


def keys(*paths):
    return {dg.AssetKey(list(path)) for path in paths}


def declared_streams():
    vendors = {(c.name, s.name) for c in discover().values() for s in c.streams}
    return vendors | {("site", "event")}


def test_every_declared_stream_has_an_asset_in_its_channels_group_and_pool(graph):
    assert len(declared_streams()) > 20
    for channel, stream in declared_streams():
        node = graph.get(dg.AssetKey([channel, stream]))
        assert node.group_name == channel
        assert node.pools == {f"vendor_{channel}"}
        assert node.freshness_policy == FRESHNESS
        assert keys((channel, ACCOUNT_STREAM)) <= node.parent_keys


def test_a_stream_read_for_another_comes_after_it(graph):
    assert keys(("youtube", "videos")) <= graph.get(dg.AssetKey(["youtube", "video_daily"])).parent_keys


def test_every_stream_has_a_blocking_check_that_nothing_was_lost(graph):
    accounts = {(channel, ACCOUNT_STREAM) for channel, _ in declared_streams()}
    for path in declared_streams() | accounts:
        check = dg.AssetCheckKey(dg.AssetKey(list(path)), NOTHING_LOST)
        assert graph.get(check).blocking


@pytest.mark.parametrize("table", CHECKED)
def test_every_published_table_has_a_blocking_check_that_it_is_sound(graph, table):
    assert graph.get(dg.AssetCheckKey(dg.AssetKey(["lake", table]), SOUND)).blocking


@pytest.mark.parametrize("mart", MARTS)
def test_every_mart_with_rules_has_its_check(graph, mart):
    assert graph.get(dg.AssetCheckKey(dg.AssetKey(["marts", mart]), SOUND)).key.name == SOUND


@pytest.mark.parametrize("table", sorted(SILVER))
def test_a_published_table_hangs_on_exactly_the_streams_that_feed_it(graph, table):
    feeds = {(c.name, s.name) for c in discover().values() for s in c.streams if table in s.silver}
    feeds |= {("site", "event")} if table == "touch" else set()
    if table == ACCOUNT_STREAM:
        feeds = {(channel, ACCOUNT_STREAM) for channel, _ in declared_streams()}
    assert feeds
    assert graph.get(dg.AssetKey(["lake", table])).parent_keys == keys(*feeds)


def test_what_every_load_writes_hangs_on_every_stream(graph):
    for table in {source.table for source in SOURCES} - set(SILVER) - set(GOLD):
        assert graph.get(dg.AssetKey(["lake", table])).parent_keys == keys(*declared_streams())


def test_every_model_is_an_asset_of_its_layer_and_every_mart_comes_from_streams(graph, settings):
    nodes = json.loads(manifest_of(settings.home).read_text())["nodes"].values()
    models = {(n["config"]["schema"], n["name"]) for n in nodes if n["resource_type"] in {"model", "seed"}}
    groups = {key.path[0] for key in graph.get_all_asset_keys()}
    assert keys(*models) <= set(graph.get_all_asset_keys())
    assert {graph.get(key).group_name for key in keys(*models)} == {"staging", "intermediate", "marts"}
    marts = [key for key in keys(*models) if key.path[0] == "marts"]
    assert len(marts) > 10
    accounts = {(channel, ACCOUNT_STREAM) for channel, _ in declared_streams()}
    loaded = keys(*declared_streams(), *accounts)
    assert [mart for mart in marts if not graph.get_ancestor_asset_keys(mart) & loaded] == []
    assert groups == {c for c, _ in declared_streams()} | {
        "gold",
        "lake",
        "staging",
        "intermediate",
        "marts",
        "state",
        "upkeep",
    }


def test_every_check_of_the_models_is_an_asset_check(graph, settings):
    nodes = json.loads(manifest_of(settings.home).read_text())["nodes"].values()
    tests = {node["name"] for node in nodes if node["resource_type"] == "test"}
    shown = {check.name for check in graph.asset_check_keys}
    assert len(tests) > 30
    assert tests - shown == set()


def test_the_jobs_cover_loads_models_and_both(definitions):
    selected = {
        name: {key.path[0] for key in definitions.resolve_job_def(name).asset_layer.selected_asset_keys}
        for name in ("hourly_increments", "nightly_models", "whole_loop")
    }
    channels = {channel for channel, _ in declared_streams()}
    built = {"gold", "lake", "staging", "intermediate", "marts", "state"}
    assert selected == {
        "hourly_increments": channels,
        "nightly_models": built | {"upkeep"},
        "whole_loop": channels | built,
    }


def test_alerts_are_judged_after_every_model_and_their_check_stops_nothing(graph):
    models = {
        key for key in graph.get_all_asset_keys() if key.path[0] in {"staging", "intermediate", "marts"}
    }
    assert models <= graph.get(KEY).parent_keys | {KEY}
    assert not graph.get(dg.AssetCheckKey(KEY, NOTHING_FIRES)).blocking


def test_schedules_run_from_the_start_in_the_workspaces_zone(definitions):
    hourly = definitions.resolve_schedule_def("hourly_increments_schedule")
    nightly = definitions.resolve_schedule_def("nightly_models_schedule")
    assert hourly.default_status == nightly.default_status == dg.DefaultScheduleStatus.RUNNING
    assert (hourly.cron_schedule, nightly.cron_schedule) == ("5 * * * *", "15 3 * * *")
    assert nightly.execution_timezone == "Europe/Berlin"


def test_a_channel_without_credentials_is_shown_but_not_loaded(settings, definitions):
    from orchestration.definitions import build_definitions

    del definitions  # its import of the module is what is needed here
    one = {"mailchimp": {c.name: "given" for c in discover()["mailchimp"].credentials}}
    alone = build_definitions(Settings(home=settings.home, channels=one, _env_file=None))
    graph = alone.resolve_asset_graph()
    loaded = alone.resolve_job_def("hourly_increments").asset_layer.selected_asset_keys
    assert {key.path[0] for key in loaded} == {"mailchimp", "site"}
    assert graph.get(dg.AssetKey(["shopify", "orders"])).freshness_policy is None


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_a_spark_jobs_tables_come_after_what_it_reads_and_before_their_publication(graph, job):
    for table in job.writes:
        node = graph.get(dg.AssetKey(["gold", table]))
        gold = {name.removeprefix("gold.") for name in job.reads if name.startswith("gold.")}
        assert keys(*(("gold", name) for name in gold)) <= node.parent_keys
        assert ("silver.touch" in job.reads) == (dg.AssetKey(["site", "event"]) in node.parent_keys)
        assert graph.get(dg.AssetKey(["lake", table])).parent_keys == keys(("gold", table))


def test_every_gold_table_is_written_by_one_job_at_most():
    written = [table for job in JOBS for table in job.writes]
    assert len(written) == len(set(written))
    assert set(written) <= set(GOLD)


def test_a_job_reads_only_what_silver_holds_or_an_earlier_job_wrote():
    decided = {"gold.person_link", "gold.person_apart", "gold.audience_definition"}  # by people, not by jobs
    known = {f"silver.{name}" for name in SILVER} | {"gold.person_key"} | decided
    for job in JOBS:
        assert set(job.reads) <= known
        known |= {f"gold.{table}" for table in job.writes}
