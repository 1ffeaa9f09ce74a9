"""What SECURITY.md and CONTRIBUTING.md promise that can be checked is so."""

import re
from pathlib import Path

import pytest

from actions.services import declare_operations
from api.identity import Identity
from core.errors import AuthExpired
from core.operation import REGISTRY
from core.settings import Settings
from lake.db import bounds

ROOT = Path(__file__).parents[2]
TEXTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("SECURITY.md", "CONTRIBUTING.md")}
DEFAULTS = dict(
    re.findall(r"^\| `SPREADERS_(\w+)` \| ([^|]+?) \|", TEXTS["SECURITY.md"], re.MULTILINE),
)
VERBS = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("name", TEXTS)
def test_every_linked_file_verb_and_setting_is_there(name):
    text = TEXTS[name]
    assert all((ROOT / link).exists() for link in re.findall(r"\]\(([^)#]+)\)", text))
    assert all((ROOT / path).exists() for path in re.findall(r"`((?:docs|tests)/[\w/.-]+)`", text))
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE)) <= VERBS
    named = {setting.lower() for setting in re.findall(r"SPREADERS_(\w+)", text)}
    assert named <= {*Settings.model_fields, "home"}


def test_the_defaults_told_are_the_defaults(tmp_path, monkeypatch):
    for name in DEFAULTS:
        monkeypatch.delenv(f"SPREADERS_{name}", raising=False)
    settings = Settings(home=tmp_path)
    assert DEFAULTS["API_HOST"] == f"`{settings.api_host}`"
    assert (DEFAULTS["ALLOW_DESTROY"], settings.allow_destroy) == ("off", False)
    assert settings.hash_key is None
    assert settings.database_url is None
    assert len(DEFAULTS) == 4


def test_what_cannot_be_undone_and_the_bounds_of_a_query_are_told_whole():
    declare_operations()
    text = TEXTS["SECURITY.md"]
    destroying = {op.name for op in REGISTRY if op.effect == "destroy"}
    assert destroying == set(re.findall(r"`(db\.\w+)`", text)) - {"db.query"}
    assert f"one deadline ({bounds.MOST_SECONDS:.0f} s)" in text
    assert (bounds.MOST_AT_ONCE, "at most four at once" in text) == (4, True)


def test_a_token_is_random_kept_as_a_hash_and_in_a_private_file(tmp_path):
    identity = Identity(Settings(home=tmp_path))
    token = identity.first_token()
    tokens = tmp_path / "keys" / "tokens.json"
    assert len(token) >= 43  # 256 bits in base 64
    assert token not in tokens.read_text(encoding="utf-8")
    assert (tokens.stat().st_mode & 0o777, (tmp_path / "keys").stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_token_whose_hash_is_removed_opens_nothing(tmp_path):
    identity = Identity(Settings(home=tmp_path))
    token = identity.first_token()
    (tmp_path / "keys" / "tokens.json").write_text("{}", encoding="utf-8")
    with pytest.raises(AuthExpired):
        identity.verify(token)
