"""A newcomer's first day: no credentials, one command, the same numbers everywhere."""

import json
import os
import subprocess
import sys
from collections import defaultdict
from uuid import UUID

import httpx
import polars as pl
import pytest

from actions.services import open_services
from core.money import Money
from core.settings import DEFAULT_WORKSPACE, Settings
from lake.delta import Lake

pytestmark = pytest.mark.loop
PAID = ("google_ads", "meta_ads")
SECONDS = 240


def spreaders(*arguments, **environment):
    """Run the command line as a user would and return the finished process."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SPREADERS_")}
    return subprocess.run(
        [sys.executable, "-m", "orchestration.cli", *map(str, arguments)],
        env={**clean, **environment}, capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def market(own_sandbox):
    """A market of this file's own: it is advanced here."""
    return own_sandbox.url


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def first_run(market, home):
    """The loop on an empty home."""
    done = spreaders("up", "--once", "--json", "--home", home, SPREADERS_SANDBOX_URL=market)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def ingested(answer):
    return {stage["name"]: stage for stage in answer["stages"] if stage["name"].startswith("ingest ")}


def test_the_summary_has_the_shape_a_machine_reads(first_run):
    assert set(first_run) == {"ok", "days", "scenario", "stages", "channels", "totals"}
    assert (first_run["ok"], first_run["days"], first_run["scenario"]) == (True, 10, "small")
    assert all(
        {"name", "seconds", "rows_in", "rows_out", "quarantined"} <= set(s) for s in first_run["stages"]
    )
    fields = {"channel", "currency", "spend_minor", "claimed_conversions", "claimed_value_minor"}
    assert all(set(c) == fields | {"revenue_minor", "roas", "roi"} for c in first_run["channels"])
    totals = {"currency", "spend_minor", "revenue_minor", "margin_minor", "orders"}
    ratios = {"mer", "blended_roi", "roas", "roi"}
    assert set(first_run["totals"]) == totals | ratios | {"model"}


def test_every_channel_and_the_site_bring_rows(first_run):
    vendors = ("youtube", "facebook", "instagram", "google_ads", "meta_ads", "mailchimp", "shopify", "site")
    stages = ingested(first_run)
    assert set(stages) == {f"ingest {name}" for name in vendors}
    assert all(stage["rows_out"] > 0 for stage in stages.values())


def test_the_totals_are_the_sums_of_the_channels_and_the_ratios_follow(first_run):
    totals, channels = first_run["totals"], first_run["channels"]
    assert totals["spend_minor"] == sum(c["spend_minor"] for c in channels) > 0
    assert totals["revenue_minor"] == sum(c["revenue_minor"] for c in channels) > 0
    assert totals["mer"] == pytest.approx(totals["revenue_minor"] / totals["spend_minor"])
    profit = totals["margin_minor"] - totals["spend_minor"]
    assert totals["blended_roi"] == pytest.approx(profit / totals["spend_minor"])
    paid = sum(c["revenue_minor"] for c in channels if c["spend_minor"])
    assert totals["roas"] == pytest.approx(paid / totals["spend_minor"])


def test_revenue_is_what_the_shop_was_really_paid(first_run, market):
    rows = httpx.get(f"{market}/_ledger/shopify").json()
    real = [row for row in rows if not row["is_test"] and not row["is_cancelled"]]
    assert len(real) < len(rows), "the market has test or cancelled orders to leave out"
    paid = sum(row["total_minor"] - row["refunded_minor"] for row in real)
    assert (first_run["totals"]["revenue_minor"], first_run["totals"]["orders"]) == (
        paid, sum(row["orders"] for row in real),
    )  # fmt: skip


def test_ledger_silver_mart_and_operation_agree_to_the_minor_unit(first_run, market, home):
    """For every paid account and day: what the twin booked is what each layer says."""
    ledger = {
        (channel, row["account_id"].removeprefix("act_"), row["day"]): row["spend_minor"]
        for channel in PAID
        for row in httpx.get(f"{market}/_ledger/{channel}").json()
    }
    settings = Settings(home=home, _env_file=None)
    silver, mart = defaultdict(int), defaultdict(int)
    frame = Lake(settings.lake_path).read("silver", "ad_daily", DEFAULT_WORKSPACE)
    for row in frame.lazy().collect().iter_rows(named=True):
        silver[row["channel"], row["account_id"].removeprefix("act_"), row["day_on"].isoformat()] += row[
            "spend_micros"
        ]
    with open_services(settings) as services:
        with services.warehouse.connect(DEFAULT_WORKSPACE) as link:
            query = "SELECT channel, account_id, day_on, sum(spend_minor) FROM marts.fct_ad_daily"
            for channel, account, day, spend in link.execute(f"{query} GROUP BY 1, 2, 3"):
                mart[channel, account.removeprefix("act_"), day.isoformat()] = spend
            other = UUID(int=1)
        with services.warehouse.connect(other) as link:
            assert link.execute("SELECT count(*) FROM marts.fct_ad_daily").fetchone() == (0,)
    in_minor = {key: Money.from_micros(micros, "EUR").minor for key, micros in silver.items()}
    assert len(ledger) == 20
    assert in_minor == ledger
    assert {key: int(value) for key, value in mart.items()} == ledger
    by_channel = {c["channel"]: c["spend_minor"] for c in first_run["channels"] if c["spend_minor"]}
    assert by_channel == {c: sum(v for (name, *_), v in ledger.items() if name == c) for c in PAID}


def test_every_row_of_the_lake_has_a_workspace(first_run, home):
    tables = [log.parent for log in (home / "lake").rglob("_delta_log")]
    assert len(tables) > 20
    for table in tables:
        frame = pl.scan_delta(str(table)).select(pl.col("workspace_id").is_null().sum()).collect()
        assert frame.item() == 0, table


def test_received_is_loaded_plus_quarantined_for_every_load(first_run, home):
    loads = pl.read_delta(str(home / "lake" / "ops" / "load"))
    assert loads.height > 20
    assert loads.filter(pl.col("received") != pl.col("loaded") + pl.col("quarantined")).is_empty()


def test_no_personal_address_reaches_the_lake(first_run, market, home):
    addresses = {
        event["user_id"]
        for event in httpx.get(f"{market}/_site/events?limit=100000").json()
        if event.get("user_id")
    }
    assert len(addresses) > 10
    texts = set()
    for table in ("site__event", "mailchimp__members", "shopify__orders", "shopify__customers"):
        payloads = pl.read_delta(str(home / "lake" / "bronze" / table))["payload"].drop_nulls()
        texts.add(" ".join(payloads.cast(pl.String).to_list()))
    found = [address for address in addresses for text in texts if address in text]
    assert not found


def test_a_second_run_loads_nothing_new_and_a_new_day_only_itself(first_run, market, home):
    again = spreaders("up", "--once", "--json", "--home", home, SPREADERS_SANDBOX_URL=market)
    assert again.returncode == 0, again.stderr
    answer = json.loads(again.stdout)
    assert {name: stage["rows_out"] for name, stage in ingested(answer).items()} == dict.fromkeys(
        ingested(answer), 0
    )
    assert answer["totals"] == first_run["totals"]
    httpx.post(f"{market}/_clock", json={"days": 1}).raise_for_status()
    later = spreaders("up", "--once", "--json", "--home", home, SPREADERS_SANDBOX_URL=market)
    assert later.returncode == 0, later.stderr
    stages = ingested(json.loads(later.stdout))
    assert 0 < stages["ingest meta_ads"]["rows_out"] < ingested(first_run)["ingest meta_ads"]["rows_out"]
    assert 0 < stages["ingest site"]["rows_out"] < ingested(first_run)["ingest site"]["rows_out"]
