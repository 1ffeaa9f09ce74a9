"""`spreaders import` as a person or a script runs it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from core.settings import Settings
from lake.delta import Lake

ROOT = Path(__file__).parents[2]
REPORT = "Date,Campaign,Impressions,Clicks,Paid\n2026-07-01,A,10,1,2.50\n2026-07-02,A,20,2,1.00\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def report(tmp_path: Path) -> Path:
    file = tmp_path / "report.csv"
    file.write_text(REPORT)
    return file


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("SPREADERS_")}


def command(home: Path, *arguments: object) -> list[str]:
    return [sys.executable, "-m", "orchestration.cli", "import", "--home", str(home), *map(str, arguments)]


def run(home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(home, *arguments), cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=500,
        stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip


def ad_rows(home: Path) -> int:
    settings = Settings(home=home)
    return Lake(settings.lake_path).read("silver", "ad_daily", settings.workspace).height


def test_a_script_is_told_what_to_pass_shown_before_it_loads_and_remembered_after(home, report):
    refused = run(home, report, "--channel", "meta_ads", "--json")
    assert refused.returncode == 2
    assert "report.csv, line 1: no column of spend (or cost)" in refused.stderr.replace("\n", " ")
    assert "--map" in refused.stderr

    dry = run(
        home,
        report,
        "--channel",
        "meta_ads",
        "--map",
        "Paid=spend",
        "--currency",
        "EUR",
        "--dry-run",
        "--json",
    )
    assert dry.returncode == 0, dry.stderr
    (file,) = json.loads(dry.stdout)["files"]
    assert (file["spend_minor"], file["impressions"], file["dry_run"], file["new"]) == (350, 30, True, 0)
    assert {column["column"]: column["fields"] for column in file["mapping"]}["Paid"] == ["spend"]
    assert ad_rows(home) == 0

    shown = run(
        home, report, "--channel", "meta_ads", "--map", "Paid=spend", "--currency", "EUR", "--dry-run"
    )
    assert "Would import" in shown.stdout
    assert "Paid" in shown.stdout

    loaded = run(
        home, report, "--channel", "meta_ads", "--map", "Paid=spend", "--currency", "EUR", "--yes", "--json"
    )
    assert loaded.returncode == 0, loaded.stderr
    answer = json.loads(loaded.stdout)
    assert answer["ok"]
    assert (answer["files"][0]["new"], answer["files"][0]["kind"]) == (2, "ads")
    assert answer["stages"][0]["name"] == "import report.csv"
    assert ad_rows(home) == 2

    # The same columns are read the same way without a word.
    again = run(home, report, "--currency", "EUR", "--json")
    assert again.returncode == 0, again.stderr
    (file,) = json.loads(again.stdout)["files"]
    assert (file["channel"], file["new"], file["changed"], file["spend_minor"]) == ("meta_ads", 0, 0, 350)
    assert any(note.startswith("Read as confirmed on ") for note in file["notes"])


def test_a_person_is_shown_the_mapping_and_asked(home, tmp_path):
    report = tmp_path / "asked.csv"
    report.write_text(REPORT.replace("Paid", "Cost").replace("A,", "B,"))
    before = ad_rows(home)
    for answer, rows in (("n", before), ("y", before + 2)):
        asked = command(home, report, "--channel", "meta_ads", "--currency", "EUR")
        status, shown = answer_questions(asked, [("Load it?", answer)])
        assert status == 0, shown
        assert "Becomes" in shown
        assert ad_rows(home) == rows


US = "Date,Campaign,Impressions,Clicks,Cost\n{}/1/2026,A,10,1,2.50\n"


def test_an_order_of_day_and_month_is_asked_once_and_remembered(home, tmp_path):
    first = tmp_path / "us.csv"
    first.write_text(US.format(2))
    more = ("--channel", "linkedin_ads", "--currency", "USD")
    refused = run(home, first, *more, "--json")
    assert refused.returncode == 2
    assert "--day-order day-first or --day-order month-first" in " ".join(refused.stderr.split())
    wrong = run(home, first, *more, "--day-order", "sideways", "--json")
    assert "write day-first or month-first" in " ".join(wrong.stderr.split())

    answers = (("day order", "month-first"), ("Load it?", "typo"), ("Load it?", "y"))
    status, shown = answer_questions(command(home, first, *more), answers)
    assert status == 0, shown

    second = tmp_path / "us_march.csv"
    second.write_text(US.format(3))
    known = run(home, second, "--currency", "USD", "--dry-run", "--json")
    assert known.returncode == 0, known.stderr
    (file,) = json.loads(known.stdout)["files"]
    assert file["first_on"] == "2026-03-01"


def test_a_header_in_any_language_is_remembered(home, tmp_path):
    first = tmp_path / "ja.csv"
    first.write_text("日付,表示回数,クリック,費用\n2026-07-01,100,5,12\n")
    mapped = ("日付=day", "表示回数=impressions", "クリック=clicks", "費用=spend")
    pairs = [word for pair in mapped for word in ("--map", pair)]
    loaded = run(home, first, "--channel", "new:yahoo_ads", "--currency", "JPY", *pairs, "--json")
    assert loaded.returncode == 0, loaded.stderr
    again = run(home, first, "--currency", "JPY", "--json")
    assert again.returncode == 0, again.stderr
    (file,) = json.loads(again.stdout)["files"]
    assert (file["channel"], file["spend_minor"], file["changed"]) == ("yahoo_ads", 12, 0)


def answer_questions(command, answers) -> tuple[int, str]:
    """Run a command at a terminal, answer each question when it stands there; return its exit code and words.

    A command that ends before the last question leaves that question unanswered.
    """
    master, slave = pty.openpty()
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdin=slave, stdout=subprocess.DEVNULL, stderr=slave
    )
    os.close(slave)
    shown, begin = "", 0
    with process, os.fdopen(master, "r+b", buffering=0) as terminal:
        try:
            for question, answer in answers:
                while question not in shown[begin:] or not shown.rstrip().endswith(":"):
                    shown += terminal.read(4096).decode(errors="replace")
                begin = len(shown)
                terminal.write(f"{answer}\n".encode())
            while terminal.read(4096):
                pass
        except OSError:  # how a terminal says that its other end is closed
            pass
        return process.wait(500), shown


@pytest.mark.case("files/22")
def test_a_home_of_any_name_a_channel_as_people_call_it_and_a_slip_at_the_prompt(tmp_path):
    home = tmp_path / "my höme #1"
    report = tmp_path / "report.csv"
    report.write_text(REPORT.replace("Paid", "Cost"))
    slip = run(home, report, "--channel", "google_adz", "--json")
    assert slip.returncode == 2
    assert "did you mean google_ads" in slip.stderr

    answers = (("Load it?", "Foo=spend"), ("no column 'Foo'", "Cost=nonsense"), ("no field", "y"))
    asked = command(home, report, "--channel", "Google Ads", "--currency", "EUR")
    status, shown = answer_questions(asked, answers)
    assert status == 0, shown
    assert ad_rows(home) == 2

    # A row that vanished is named, and a script changes nothing without a word on it.
    report.write_text(REPORT.replace("Paid", "Cost") + "2026-07-03,A,1,1,1.00\n")
    added = run(home, report, "--currency", "EUR", "--yes", "--json")
    assert (added.returncode, json.loads(added.stdout)["files"][0]["new"]) == (0, 1), added.stderr
    report.write_text(REPORT.replace("Paid", "Cost").replace("2026-07-02", "2026-07-03"))
    refused = run(home, report, "--currency", "EUR", "--yes", "--json")
    assert refused.returncode == 2
    assert "no longer has 1 earlier row of 2026-07-02 (A), 1.00 EUR" in refused.stderr.replace("\n", " ")
    assert ad_rows(home) == 3
