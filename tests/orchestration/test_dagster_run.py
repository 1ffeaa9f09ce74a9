"""Dagster really runs it: a stream in this process, the whole loop as the command line would."""

from collections import defaultdict

import dagster as dg
import httpx
import pytest

from channels.catalog import discover
from core.settings import DEFAULT_WORKSPACE
from ingestion.ledger import LoadResult
from lake.delta import Lake
from lake.warehouse import Warehouse
from orchestration.platform import Platform
from orchestration.stream_assets import NOTHING_LOST, stream_assets

KEY = dg.AssetKey(["meta_ads", "account_insights"])


class FakePlatform(Platform):
    """Answers every load with these counts."""

    received: int = 3
    loaded: int = 3
    error: str | None = None

    def load(self, channel, streams):
        return [
            LoadResult(channel.name, stream, account, "1", received=self.received, loaded=self.loaded)
            for stream in streams
            for account in ("a", "b")
        ] + ([LoadResult(channel.name, "ads", "a", "1", error=self.error)] if self.error else [])


def materialize(platform, *streams):
    """Run these streams of meta_ads, with their checks, in this process."""
    return dg.materialize(
        [stream_assets(discover()["meta_ads"], is_connected=True)],
        resources={"platform": platform},
        selection=dg.AssetSelection.keys(*(["meta_ads", stream] for stream in streams)),
        raise_on_error=False,
    )


def checks_of(result):
    return {e.asset_key.path[-1]: e.passed for e in result.get_asset_check_evaluations()}


def test_a_stream_materialises_from_the_vendor_and_its_check_passes(sandbox, tmp_path, monkeypatch):
    monkeypatch.setenv("SPREADERS_HOME", str(tmp_path))
    monkeypatch.setenv("SPREADERS_SANDBOX_URL", sandbox.url)
    result = materialize(Platform(), "account_insights")
    assert result.success
    [made] = result.asset_materializations_for_node("meta_ads")
    assert made.asset_key == KEY
    assert made.metadata["received"].value == made.metadata["loaded"].value > 0
    assert checks_of(result) == {"account_insights": True}
    rows = Lake(tmp_path / "lake").read("silver", "spend_daily", DEFAULT_WORKSPACE).lazy().collect()
    assert set(rows["channel"]) == {"meta_ads"}
    assert rows.height == made.metadata["new"].value


def test_a_lost_row_fails_the_check_of_its_stream_and_stops_what_builds_on_it():
    built = []

    @dg.asset(deps=[KEY])
    def mart() -> None:
        built.append("mart")

    streams = stream_assets(discover()["meta_ads"], is_connected=True)
    platform = {"platform": FakePlatform(received=4)}
    selection = dg.AssetSelection.keys(KEY) | dg.AssetSelection.assets(mart)
    result = dg.materialize([streams, mart], resources=platform, selection=selection, raise_on_error=False)
    assert not result.success
    assert built == []
    assert checks_of(result) == {"account_insights": False}
    [found] = result.get_asset_check_evaluations()
    assert found.check_name == NOTHING_LOST
    assert found.metadata["lost_by_account"].value == {"a": 1, "b": 1}


def test_counts_of_all_accounts_are_told_together():
    [made] = materialize(FakePlatform(), "account_insights").asset_materializations_for_node("meta_ads")
    assert (made.metadata["received"].value, made.metadata["loaded"].value) == (6, 6)


def test_a_stream_that_fails_is_named_and_the_others_are_kept():
    result = materialize(FakePlatform(error="Set the token."), "account_insights", "ads")
    assert not result.success
    made = result.asset_materializations_for_node("meta_ads")
    assert [event.asset_key for event in made] == [KEY]
    [failure] = [e for e in result.all_events if e.is_step_failure]
    assert failure.step_failure_data.user_failure_data.description == "a ads: Set the token."


@pytest.mark.slow
def test_the_whole_loop_runs_and_the_mart_says_what_the_vendors_booked(
    sandbox, settings, definitions, monkeypatch
):
    monkeypatch.setenv("SPREADERS_HOME", str(settings.home))
    monkeypatch.setenv("SPREADERS_SANDBOX_URL", sandbox.url)
    result = definitions.resolve_job_def("whole_loop").execute_in_process(raise_on_error=False)
    assert result.success
    evaluations = result.get_asset_check_evaluations()
    assert len(evaluations) > 80
    assert [found for found in evaluations if not found.passed and found.blocking] == []
    query = "SELECT channel, account_id, day_on, sum(spend_minor) FROM marts.fct_ad_daily GROUP BY 1, 2, 3"
    with Warehouse.open(settings) as warehouse, warehouse.connect(DEFAULT_WORKSPACE) as link:
        rows = link.execute(query).fetchall()
    ledger = defaultdict(int)
    for channel in ("google_ads", "meta_ads"):
        for row in httpx.get(f"{sandbox.url}/_ledger/{channel}").json():
            ledger[channel, row["account_id"].removeprefix("act_"), row["day"]] += row["spend_minor"]
    mart = {(c, account.removeprefix("act_"), day.isoformat()): int(spend) for c, account, day, spend in rows}
    assert len(ledger) == 60
    assert mart == ledger
