"""Accounts of one market that have zones and currencies of their own come into the lake as they are."""

from __future__ import annotations

from collections import defaultdict

import httpx
import pytest

from core.money import minor_digits
from core.settings import DEFAULT_WORKSPACE, Settings
from lake.delta import Lake
from sandbox.market.loading import SCENARIOS
from tests.loop.test_bad_days import spreaders

pytestmark = pytest.mark.loop
OWN = {
    "google_ads": ("Asia/Tokyo", "JPY", "rate = 0.0061"),
    "meta_ads": ("America/New_York", "KWD", "rate = 2.9"),
}


@pytest.fixture
def market(launch_sandbox, tmp_path):
    text = (SCENARIOS / "small.toml").read_text(encoding="utf-8")
    for channel, (zone, currency, rate) in OWN.items():
        head = f"[paid.{channel}]\n"
        assert head in text
        text = text.replace(head, f'{head}timezone = "{zone}"\ncurrency = "{currency}"\n{rate}\n', 1)
    scenario = tmp_path / "own.toml"
    scenario.write_text(text, encoding="utf-8")
    return launch_sandbox("--scenario", str(scenario), "--days", "5").url


def test_spend_and_claims_of_every_account_are_its_ledgers_in_its_own_currency(market, tmp_path):
    home = tmp_path / "home"
    for channel in OWN:
        done = spreaders("load", channel, "--json", "--home", home, SPREADERS_SANDBOX_URL=market)
        assert done.returncode == 0, done.stdout
    lake = Lake(Settings(home=home, _env_file=None).lake_path)
    accounts = lake.read("silver", "account", DEFAULT_WORKSPACE)
    told = {row["channel"]: (row["timezone"], row["currency"]) for row in accounts.iter_rows(named=True)}
    assert told == {channel: own[:2] for channel, own in OWN.items()}
    silver = defaultdict(lambda: [0, 0])
    for row in lake.read("silver", "ad_daily", DEFAULT_WORKSPACE).iter_rows(named=True):
        assert row["currency"] == OWN[row["channel"]][1]
        micros = 10 ** (6 - minor_digits(row["currency"]))
        sums = silver[row["channel"], row["day_on"].isoformat()]
        sums[0] += row["spend_micros"] // micros
        sums[1] += row["claimed_value_micros"] // micros
    ledger = {
        (channel, row["day"]): [row["spend_minor"], row["claimed_value_minor"]]
        for channel in OWN
        for row in httpx.get(f"{market}/_ledger/{channel}").json()
    }
    assert len(ledger) == 10
    assert dict(silver) == ledger
    assert {row["currency"] for row in httpx.get(f"{market}/_ledger/meta_ads").json()} == {"KWD"}
