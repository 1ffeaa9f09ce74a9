"""What the sandbox keeps over a restart: written whole, and a torn file costs its content, not the start."""

import pytest

from sandbox.guarded import read_journal
from sandbox.twin import Store


@pytest.mark.parametrize("torn", [b"", b'[{"action": "upd', b"\x00\x00"])
def test_a_torn_file_is_set_aside(tmp_path, torn):
    for name in ("journal.json", "meta_ads.json"):
        (tmp_path / name).write_bytes(torn)
    assert read_journal(tmp_path / "journal.json") == []
    store = Store(tmp_path / "meta_ads.json")
    assert store.values == {}
    assert (tmp_path / "journal.torn").read_bytes() == torn
    store.table("drafts")["a"] = 1
    store.save()
    assert Store(tmp_path / "meta_ads.json").values == {"drafts": {"a": 1}}
