"""A vendor that is down or refuses stops itself only; what it did not give is loaded the next time."""

import json
import os
import subprocess
import sys

import httpx
import pytest

pytestmark = pytest.mark.loop


def spreaders(*arguments, **environment):
    """Run the command line as a user would and return the finished process."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SPREADERS_")}
    return subprocess.run(
        [sys.executable, "-m", "orchestration.cli", *map(str, arguments)],
        env={**clean, **environment}, capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip


@pytest.fixture
def market(launch_sandbox):
    return launch_sandbox("--days", "5").url


def ingested(done):
    return {stage["name"]: stage for stage in json.loads(done.stdout)["stages"]}


def test_a_refused_token_is_named_and_the_others_load(market, tmp_path):
    wrong = {"SPREADERS_CHANNELS__META_ADS__ACCESS_TOKEN": "wrong-and-secret"}
    done = spreaders("load", "--json", "--home", tmp_path, SPREADERS_SANDBOX_URL=market, **wrong)
    stages = ingested(done)
    assert done.returncode == 1
    assert "connect the account again" in " ".join(stages["ingest meta_ads"]["errors"])
    assert stages["ingest meta_ads"]["rows_out"] == 0
    assert all(stages[f"ingest {name}"]["rows_out"] > 0 for name in ("google_ads", "shopify", "youtube"))
    assert "wrong-and-secret" not in done.stdout + done.stderr
    mended = ingested(
        spreaders("load", "meta_ads", "--json", "--home", tmp_path, SPREADERS_SANDBOX_URL=market)
    )
    assert mended["ingest meta_ads"]["rows_out"] > 0


def test_a_vendor_that_stays_down_is_named_and_loses_nothing(market, tmp_path):
    rule = {"channel": "mailchimp", "kind": "server_error"}
    httpx.post(f"{market}/_faults", json=rule).raise_for_status()
    down = spreaders("load", "mailchimp", "--json", "--home", tmp_path, SPREADERS_SANDBOX_URL=market)
    assert down.returncode == 1
    assert "mailchimp" in " ".join(ingested(down)["ingest mailchimp"]["errors"]).lower()
    httpx.delete(f"{market}/_faults").raise_for_status()
    up = spreaders("load", "mailchimp", "--json", "--home", tmp_path, SPREADERS_SANDBOX_URL=market)
    assert up.returncode == 0
    assert ingested(up)["ingest mailchimp"]["rows_out"] > 0


def test_a_channel_nobody_knows_is_refused(market, tmp_path):
    done = spreaders("load", "myspace", "--home", tmp_path, SPREADERS_SANDBOX_URL=market)
    assert done.returncode == 2
    assert "myspace" in done.stderr
