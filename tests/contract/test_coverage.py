"""The coverage page says what the code says today, and every operation is called by a test."""

import re
import shutil

import pytest

from orchestration.calls import read_calls
from orchestration.docs import COVERAGE, NAMES, TESTS, describe_coverage

WRITTEN = COVERAGE.read_text(encoding="utf-8")


def rows(section, page=WRITTEN):
    lines = page.split(f"## {section}")[1].split("\n## ")[0].splitlines()
    return [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")][2:]


def test_the_committed_page_is_fresh():
    assert describe_coverage() == WRITTEN, "run `make docs`"


@pytest.mark.parametrize("row", rows("Operations"), ids=lambda row: row[0].strip("`"))
def test_every_operation_is_called_by_a_test_and_played_by_a_twin_of_who_offers_it(row):
    _, _, offered, refused, twins, tests = row
    assert tests != "-"
    assert offered != "-" or refused != "-"
    assert offered in {"the platform", twins}


def test_every_name_of_the_design_is_told_as_done_or_planned():
    states = {name.strip("`"): state for name, state in rows("All names")}
    done = {row[0].strip("`") for row in rows("Operations")}
    assert sorted(states) == NAMES.read_text(encoding="utf-8").split()
    assert len(states) == 289
    assert {name for name, state in states.items() if state == "done"} == done
    assert {state for name, state in states.items() if name not in done} == {"planned"}


def test_every_refusal_names_its_source():
    assert all(re.match(r"https://\S+$", row[3]) and row[2] for row in rows("Refusals"))


def test_an_operation_whose_calls_are_removed_is_verified_no_more(tmp_path):
    tests = tmp_path / "tests"
    shutil.copytree(TESTS, tests, ignore=shutil.ignore_patterns("__pycache__", "*.bin"))
    for file in tests.rglob("test_*.py"):
        text = file.read_text(encoding="utf-8")
        less = re.sub(r"\btrack_goals\(", "print(", text)
        less = less.replace('"analytics.trackGoals"', '"goals"')
        if less != text:
            file.write_text(f"{less}# analytics.trackGoals", encoding="utf-8")
    page = describe_coverage(tests)
    verified = {row[0].strip("`"): row[5] for row in rows("Operations", page)}
    assert verified["analytics.trackGoals"] == "-"
    assert "track_goals" in (tests / "lake/analytics/test_goals.py").read_text(encoding="utf-8")
    assert verified["analytics.setAlert"] != "-"


CALLED = {
    'api.call("db.getHealth")': "db.getHealth",
    'dispatch("db.getHealth", {}, ctx)': "db.getHealth",
    'client.call_tool("db.getHealth", {})': "db.getHealth",
    'client.call_tool("operations.call", {"name": "db.getHealth"})': "db.getHealth",
    'httpx.post(f"{url}/v1/db/getHealth", json={})': "db.getHealth",
    'spreaders("call", "db.getHealth", "--home", home)': "db.getHealth",
    'subprocess.run([command, "call", "db.getHealth"])': "db.getHealth",
    'REGISTRY.get("db.getHealth").fn(ctx)': "db.getHealth",
    'ask = channel.handler("ads.getPerformance")\nask(link)': "ads.getPerformance",
    'NAME = "db.getHealth"\napi.call(NAME)': "db.getHealth",
    'for name in ["db.getHealth"]:\n    api.call(name)': "db.getHealth",
    'CASES = {"db.getHealth": {}}\n{n: api.call(n, a) for n, a in CASES.items()}': "db.getHealth",
    '@pytest.mark.parametrize("name", ["db.getHealth"])\ndef test_x(name): api.call(name)': "db.getHealth",
    'def over(api, name): return api.call(name)\nover(api, "db.getHealth")': "db.getHealth",
    "from lake.db.rows import insert\ninsert(ctx)": "lake.db.rows.insert",
    "from lake.db import rows as known\nknown.insert(ctx)": "lake.db.rows.insert",
}
NOT_CALLED = [
    '# api.call("db.getHealth")',
    '"""api.call("db.getHealth")"""',
    'NAME = "db.getHealth"',
    "from lake.db.rows import insert",
    'assert REGISTRY.get("db.getHealth").effect == "read"',
    '@pytest.mark.parametrize("name", ["db.getHealth"])\ndef test_x(name): assert len(name)',
    'caller.allow("db.getHealth")',
    'httpx.get(f"{url}/v1/db/getHealth")',
    "from other import insert\ninsert(ctx)",
    'with pytest.raises(BadInput):\n    api.call("db.getHealth")',
]


@pytest.mark.parametrize("text", CALLED)
def test_a_call_is_recognised_however_it_is_made(text):
    assert CALLED[text] in read_calls(text).made


@pytest.mark.parametrize("text", NOT_CALLED)
def test_a_word_an_import_and_an_expected_error_are_no_call(text):
    assert not {"db.getHealth", "lake.db.rows.insert"} & read_calls(text).made
