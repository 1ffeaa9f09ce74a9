"""`spreaders attribute` as a user calls it."""

import json

import pytest

from orchestration.cli import app

PATHS = (
    "path,total_conversions,total_conversion_value,total_null\nA > B,1,30.5,0\nA,0,0,1\nB > A > C,2,80,0\n"
)


@pytest.fixture
def file(tmp_path):
    (tmp_path / "paths.csv").write_text(PATHS)
    return tmp_path / "paths.csv"


def call(*arguments):
    """Run the command in this process; return its exit code or the error it raises."""
    try:
        app([str(part) for part in ("attribute", *arguments)])
    except SystemExit as end:
        return end.code
    return 0


def test_json_is_one_object_of_every_model_at_full_precision(file, capsys):
    assert call("--paths", file, "--json") == 0
    answer = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert list(answer) == ["paths", "conversions", "value", "nulls", "order", "models"]
    assert (answer["paths"], answer["conversions"], answer["value"], answer["nulls"]) == (3, 3.0, 110.5, 1.0)
    assert list(answer["models"]) == [
        "first", "last", "last_non_direct", "linear", "position", "time_decay", "markov", "shapley",
    ]  # fmt: skip
    for model, rows in answer["models"].items():
        for row in rows.values():
            columns = ["conversions", "value", "share"] + (["removal_effect"] if model == "markov" else [])
            assert list(row) == columns
    assert answer["models"]["linear"]["A"]["conversions"] == 0.5 + 2 / 3


def test_only_the_models_asked_for_are_answered_in_that_order(file, capsys):
    assert call("--paths", file, "--models", "markov, first", "--order", 2, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (list(answer["models"]), answer["order"]) == (["markov", "first"], 2)


def test_failed_paths_count_unless_they_are_not_wanted(file, capsys):
    shares = []
    for wish in ("--nulls", "--no-nulls"):
        assert call("--paths", file, "--models", "markov", wish, "--json") == 0
        shares.append(json.loads(capsys.readouterr().out)["models"]["markov"]["A"]["share"])
    assert shares[0] != shares[1]


def test_the_half_life_is_the_users(file, capsys):
    assert call("--paths", file, "--models", "time_decay", "--half-life", 1, "--json") == 0
    rows = json.loads(capsys.readouterr().out)["models"]["time_decay"]
    assert rows["B"]["conversions"] == pytest.approx(2 / 3 + 2 / 7, abs=1e-15)


def test_a_table_and_a_picture_for_people(file, capsys, tmp_path):
    assert call("--paths", file, "--plot", tmp_path / "credit.png") == 0
    shown = capsys.readouterr().out
    assert "3 conversions, 1 without, 3 rows of paths" in " ".join(shown.split())
    words = [line.split() for line in shown.splitlines()]
    assert [line[0] for line in words if line and line[0] in "ABC"] == ["B", "C", "A"]
    assert (tmp_path / "credit.png").read_bytes().startswith(b"\x89PNG")


def test_what_was_assumed_is_told_beside_the_answer(tmp_path, capsys):
    file = tmp_path / "one.csv"
    file.write_text("path,conversions\nEmail weekly,3\n")
    assert call("--paths", file, "--json") == 0
    said = capsys.readouterr()
    assert list(json.loads(said.out)["models"]["first"]) == ["Email weekly"]
    assert "no separator" in said.err
    assert "total_null" in said.err


def test_a_separator_that_was_guessed_is_told(tmp_path, capsys):
    file = tmp_path / "one.csv"
    file.write_text('path,conversions\n"Email, Search",3\n')
    assert call("--paths", file, "--json") == 0
    said = capsys.readouterr()
    assert list(json.loads(said.out)["models"]["first"]) == ["Email", "Search"]
    assert "taken apart at ','; --separator" in said.err
    assert call("--paths", file, "--separator", ",", "--json") == 0
    assert "taken apart" not in capsys.readouterr().err
