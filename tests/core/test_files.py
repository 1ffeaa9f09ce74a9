"""State files are written whole, readable by their owner only, and a torn one is taken for none."""

from __future__ import annotations

import stat

import pytest

from core.errors import ProviderNotConfigured
from core.files import keep_secret, read_json_object, write_atomic


def test_a_file_is_replaced_whole_and_private(tmp_path):
    file = tmp_path / "keys" / "state.json"
    write_atomic(file, '{"a": 1}')
    write_atomic(file, '{"a": 2}')
    assert read_json_object(file) == {"a": 2}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert list(file.parent.iterdir()) == [file]


def test_a_write_that_fails_leaves_the_old_content(tmp_path):
    file = tmp_path / "state.json"
    write_atomic(file, '{"a": 1}')
    with pytest.raises(UnicodeEncodeError):
        write_atomic(file, "half \ud83d")
    assert read_json_object(file) == {"a": 1}
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("torn", ["", "{", "[1]", "\0\0\0"])
def test_a_torn_file_is_none(tmp_path, torn):
    (tmp_path / "state.json").write_text(torn)
    assert read_json_object(tmp_path / "state.json") == {}
    assert read_json_object(tmp_path / "missing.json") == {}


@pytest.mark.case("hardening/M3")
@pytest.mark.parametrize("left", [0, 1, 32, 63])
def test_a_torn_secret_is_never_taken_for_another_one(tmp_path, left):
    path = tmp_path / "keys" / "database"
    secret = keep_secret(path)
    assert (len(secret), keep_secret(path), path.stat().st_mode & 0o777) == (64, secret, 0o600)
    path.write_text(secret[:left])
    with pytest.raises(ProviderNotConfigured, match="database is torn; bring it back from a backup"):
        keep_secret(path)
    assert [file.name for file in path.parent.iterdir()] == ["database"]
