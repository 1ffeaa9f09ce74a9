"""`spreaders identity match` as a user calls it."""

from __future__ import annotations

import csv
import json

import pytest

from core.errors import BadInput
from orchestration.cli import app

pytestmark = pytest.mark.case("numbers/identity")
LINES = (
    "Vorname;Name 2;Geburtsdatum;E-Mail;Ort\n"
    "Anna;Berg;1980-01-02;a.berg@example.org;Kiel\n"
    "Anna;Berg;1980-01-02;;Kiel\n"
    "Max;Berg;1982-05-05;max@example.org;Kiel\n"
)


@pytest.fixture
def file(tmp_path):
    (tmp_path / "people.csv").write_text(LINES, encoding="utf-8")
    return tmp_path / "people.csv"


def call(*arguments):
    """Run the command in this process; return its exit code or raise its error."""
    try:
        app([str(part) for part in ("identity", "match", *arguments)])
    except SystemExit as end:
        return end.code
    return 0


def test_records_of_one_person_are_joined_and_the_probability_is_told(file, tmp_path, capsys):
    out = tmp_path / "persons.csv"
    assert call(file, "--map", "Name 2=surname", "--out", out, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["records"], answer["persons"], answer["clusters"]) == (3, 2, [[1, 2]])
    [pair] = answer["pairs"]
    assert (pair["row"], pair["other_row"], pair["is_joined"]) == (1, 2, True)
    assert 0.5 <= pair["probability"] <= 1
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert [row["person"] for row in rows] == ["1", "1", "2"]
    assert rows[2]["E-Mail"] == "max@example.org"
    assert out.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("content", "options", "sentence"),
    [
        (LINES, ["--map", "Nothing=surname"], "no column 'Nothing'"),
        (LINES, ["--map", "Name 2=colour"], "'colour' is no field"),
        (LINES, ["--map", "Name 2"], "is no pair"),
        (LINES, ["--threshold", "1.5"], "between 0 and 1"),
        ("", [], "is empty"),
        ("first_name,surname\n", [], "no rows"),
        ("clicks,spend\n1,2\n", [], "no two columns"),
        ("first_name,surname\nAnna\n", [], "row 2 has 1 cells, not 2"),
        ('first_name,surname\n"Anna,Berg\n', [], "broken quotes"),
        ("first_name,first_name\nAnna,Berg\n", [], "two of one name"),
        ("first_name,surname\nAn\0na,Berg\n", [], "no text file"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_sentence(tmp_path, content, options, sentence):
    file = tmp_path / "people.csv"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(BadInput, match=sentence):
        call(file, *options)


def test_with_a_home_the_pairs_wait_for_review_each_once(file, settings, capsys, monkeypatch):
    from lake.state import store
    from lake.state.person_pair import PERSON_PAIR
    from lake.warehouse import Warehouse

    monkeypatch.setenv("SPREADERS_HOME", str(settings.home))
    for kept in (1, 0):
        assert call(file, "--map", "Name 2=surname", "--home", settings.home, "--json") == 0
        assert json.loads(capsys.readouterr().out)["kept_for_review"] == kept
    with Warehouse.open(settings) as warehouse, warehouse.connect(settings.workspace) as link:
        [row] = store.fetch_all(link, PERSON_PAIR)
    assert row.fields["decision"] == "proposed"
    assert {row.fields[name]["E-Mail"] for name in ("record", "other_record")} == {"a.berg@example.org", None}
    keys = [row.fields[name] for name in ("key", "other_key") if row.fields[name]]
    assert len(keys) == 1
    assert keys[0].startswith("person:")
    assert "example.org" not in keys[0]
