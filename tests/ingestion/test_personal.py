"""Persons are hashed before anything is stored, the same person to the same hash."""

from __future__ import annotations

import hashlib
import hmac
import stat

import pytest

from core.errors import ProviderNotConfigured
from core.settings import Settings
from ingestion.personal import hash_person, hide_persons, load_hash_key
from ingestion.runner import load_channel
from lake.delta import Lake
from tests.ingestion.vendor import KEY, WORKSPACE, clock, filled, make_channel


def test_letter_case_and_spaces_do_not_make_another_person():
    expected = "person:" + hmac.new(KEY, b"ann@example.com", hashlib.sha256).hexdigest()
    assert hash_person(KEY, " Ann@Example.com ") == expected
    assert hash_person(KEY, expected) == expected
    assert hash_person(b"another", "ann@example.com") != expected


def test_paths_reach_into_lists_and_leave_the_rest():
    record = {"a": [{"mail": "x"}, {"mail": None}, {}], "b": {"mail": "y", "n": 1}, "c": "odd"}
    paths = (("a", "mail"), ("b", "mail"), ("c", "mail"), ("d", "mail"))
    hidden = hide_persons(record, paths, KEY)
    assert hidden["a"] == [{"mail": hash_person(KEY, "x")}, {"mail": None}, {}]
    assert hidden["b"] == {"mail": hash_person(KEY, "y"), "n": 1}
    assert hidden["c"] == hash_person(KEY, "odd")
    assert "d" not in hidden
    assert record["b"]["mail"] == "y"


def test_no_byte_of_an_address_is_in_the_lake(tmp_path):
    lake = Lake(tmp_path / "lake")
    load_channel(
        lake, make_channel(filled()), None, workspace=WORKSPACE, clock=clock(), days=60, hash_key=KEY
    )
    orders = lake.read("silver", "order", WORKSPACE)
    assert set(orders["person_key"]) == {hash_person(KEY, f"person{n}@example.com") for n in range(5)}
    hits = [
        p for p in (tmp_path / "lake").rglob("*") if p.is_file() and b"xample.com" in p.read_bytes().lower()
    ]
    assert hits == []
    log = "".join(p.read_text() for p in (tmp_path / "lake").rglob("*.json"))
    assert "person:" not in log


def test_a_key_is_made_once_for_its_owner_alone(tmp_path):
    settings = Settings(home=tmp_path, _env_file=None)
    key = load_hash_key(settings)
    assert len(key) == 64
    assert load_hash_key(settings) == key
    path = settings.keys_path / "hash.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in settings.keys_path.iterdir()] == ["hash.key"]


def test_a_key_given_by_setting_is_used(tmp_path):
    assert load_hash_key(Settings(home=tmp_path, hash_key="given", _env_file=None)) == b"given"
    assert not (tmp_path / "keys").exists()


@pytest.mark.case("hardening/M3")
@pytest.mark.parametrize("left", [0, 1, 32, 63])
def test_a_torn_key_is_never_taken_for_another_one(tmp_path, left):
    settings = Settings(home=tmp_path, _env_file=None)
    path = settings.keys_path / "hash.key"
    path.parent.mkdir()
    path.write_bytes(b"a" * left)
    with pytest.raises(ProviderNotConfigured, match=r"hash\.key is torn; bring it back from a backup"):
        load_hash_key(settings)
    assert path.read_bytes() == b"a" * left
