"""Bad input gets one clear sentence, a non-zero exit, and nothing half-done."""

import json
import os
import subprocess
import sys

import pytest


def spreaders(*arguments, **environment):
    """Run the command line as a user would and return the finished process."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SPREADERS_")}
    return subprocess.run(
        [sys.executable, "-m", "orchestration.cli", *map(str, arguments)],
        env={**clean, **environment}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def assert_json_where_asked(done):
    """Assert that stdout is empty, or the refusal as one object for `call` and `--json`."""
    if "--json" in done.args or "call" in done.args:
        answer = json.loads(done.stdout)
        assert answer["ok"] is False
        assert answer["message"]
    else:
        assert done.stdout == ""


def refused(done, *words):
    """Assert that a command refused in one sentence that holds all the words."""
    assert done.returncode not in (0, None)
    assert_json_where_asked(done)
    said = " ".join(done.stderr.split())
    assert "Traceback" not in said
    assert said.startswith("Error: ")
    assert all(word in said for word in words), said


def test_an_unknown_scenario_key_is_named_with_what_is_allowed(tmp_path):
    scenario = tmp_path / "mine.toml"
    scenario.write_text('name = "mine"\nseeds = 3\n')
    refused(
        spreaders("up", "--once", "--scenario", scenario, "--home", tmp_path / "home"), "mine.toml", "seeds"
    )
    assert not (tmp_path / "home" / "lake").exists()


def test_a_scenario_that_is_not_there_is_named(tmp_path):
    refused(
        spreaders("up", "--once", "--scenario", tmp_path / "no.toml", "--home", tmp_path / "h"),
        "no.toml",
        "small",
    )


def test_a_wrong_scenario_can_be_corrected_in_the_same_home(tmp_path):
    scenario = tmp_path / "mine.toml"
    scenario.write_text("seeds = 3\n")
    home = tmp_path / "home"
    refused(spreaders("up", "--once", "--scenario", scenario, "--home", home), "seeds")
    assert not (home / "sandbox" / "market.json").exists()


def test_an_unreachable_sandbox_says_where_it_was_looked_for(tmp_path):
    done = spreaders("up", "--once", "--home", tmp_path, SPREADERS_SANDBOX_URL="http://127.0.0.1:9")
    refused(done, "127.0.0.1:9", "spreaders sandbox")


def test_an_unreachable_database_is_named_without_its_password(tmp_path):
    url = "postgresql://someone:hunter2@127.0.0.1:9/db"
    done = spreaders("build", "--home", tmp_path, SPREADERS_DATABASE_URL=url)
    refused(done, "127.0.0.1:9", "SPREADERS_DATABASE_URL")
    assert "hunter2" not in done.stderr


def test_a_home_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    refused(spreaders("build", "--home", tmp_path / "file" / "home"), "home", "--home")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ("report.csv",)),
        ("a;b\n1;2\n", ("report.csv", "column")),
        ("day,campaign,spend\n2026-01-01,Brand,12.34\n2026-01-02,Brand\n", ("report.csv", "line 3")),
    ],
)
def test_a_broken_report_is_refused_with_its_place(tmp_path, text, words):
    report = tmp_path / "report.csv"
    report.write_text(text)
    done = spreaders(
        "import", report, "--channel", "meta_ads", "--currency", "EUR", "--home", tmp_path / "home"
    )
    refused(done, *words)


def test_arguments_that_are_no_json_are_refused_before_anything_starts(tmp_path):
    refused(spreaders("call", "analytics.getROI", "{by", "--home", tmp_path), "JSON", "character")


def test_a_day_that_is_none_is_refused(tmp_path):
    refused(spreaders("import", "x.csv", "--date", "31.8.", "--home", tmp_path), "--date", "2026-08-31")


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("path,conversions\nA,1\nB,-3\n", (), ("paths.csv", "line 3", "column conversions", "negative")),
        ("path,clicks\nA,1\n", (), ("paths.csv", "total_conversions", "path, clicks")),
        ("path,conversions\nA,1\n", ("--models", "last,best"), ("best", "markov")),
        ("path,conversions\nA,1\n", ("--order", "4"), ("order", "3")),
        ("path,conversions\nA,1\n", ("--half-life", "0"), ("half-life",)),
        ("path,conversions\nA,1\n", ("--plot", "credit.txt"), ("credit.txt", ".png")),
        (None, (), ("paths.csv", "cannot be read")),
    ],
)
def test_a_broken_path_table_is_refused_with_its_place(tmp_path, text, options, words):
    paths = tmp_path / "paths.csv"
    if text is not None:
        paths.write_text(text)
    refused(spreaders("attribute", "--paths", paths, "--json", *options), *words)
