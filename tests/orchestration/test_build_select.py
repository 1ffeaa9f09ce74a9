"""`spreaders build --select`: the models a data team names, and nothing else."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.orchestration.test_import_command import REPORT, command, environment, run

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    report = folder / "report.csv"
    report.write_text(REPORT)
    answer = run(
        folder, report, "--channel", "meta_ads", "--map", "Paid=spend", "--currency", "EUR", "--json"
    )
    assert answer.returncode == 0, answer.stderr
    return folder


def build(home: Path, *arguments: str):
    words = [*command(home)[:3], "build", "--home", str(home), "--json", *arguments]
    return subprocess.run(
        words, env=environment(), capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL,
        check=False,
    )  # fmt: skip


@pytest.mark.case("numbers/cost-of-a-day")
def test_only_the_models_that_are_named_are_built_and_no_job_runs(home):
    done = build(home, "--select", "fct_ad_daily", "dim_account")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["ok"]
    assert [(stage["name"], stage["rows_out"]) for stage in told["stages"]] == [("models", 2)]
    results = json.loads((home / "dbt" / "run_results.json").read_text())["results"]
    built = {node["unique_id"].split(".")[2] for node in results if node["unique_id"].startswith("model.")}
    assert built == {"fct_ad_daily", "dim_account"}


@pytest.mark.case("numbers/cost-of-a-day")
def test_a_build_after_it_has_nothing_to_do_and_starts_no_dbt(home):
    results = home / "dbt" / "run_results.json"
    results.unlink(missing_ok=True)
    told = json.loads(build(home).stdout)
    assert {stage["name"]: stage["rows_out"] for stage in told["stages"]}["models"] == 0
    assert not results.exists()


def test_a_name_of_no_model_is_refused(home):
    done = build(home, "--select", "nothing_like_this")
    assert done.returncode == 2
    assert "No model fits --select" in done.stderr
