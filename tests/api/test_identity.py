"""Tokens: made once, kept as hashes, readable by their owner only."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.identity import Identity
from core.errors import AuthExpired, MissingScope
from core.files import read_json_object
from core.settings import Settings


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path)


def test_the_first_token_is_made_once_and_lets_everything(settings):
    token = Identity(settings).first_token()
    assert Identity(settings).first_token() == token
    Identity(settings).verify(token).allow("analytics.getROI")


def test_the_site_key_adds_events_and_reads_nothing(settings):
    holder = Identity(settings).verify(Identity(settings).site_key())
    holder.allow("collect")
    with pytest.raises(MissingScope):
        holder.allow("analytics.getROI")


def test_the_token_file_holds_hashes_and_is_the_owners_alone(settings):
    identity = Identity(settings)
    token, key = identity.first_token(), identity.site_key()
    file = settings.keys_path / "tokens.json"
    assert token not in file.read_text()
    assert key not in file.read_text()
    for path in (file, settings.first_token_path, settings.site_key_path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("token", ["", "spr_", "spr_made-up", "é"])
def test_an_unknown_token_is_nobody(settings, token):
    identity = Identity(settings)
    identity.first_token()
    with pytest.raises(AuthExpired):
        identity.verify(token)


@pytest.mark.case("hardening/M3")
@pytest.mark.parametrize("torn", ["", '{"abc', "[]"])
def test_a_torn_list_of_tokens_is_healed_by_the_next_start(settings, torn):
    token = Identity(settings).first_token()
    (settings.keys_path / "tokens.json").write_text(torn)
    with pytest.raises(AuthExpired):
        Identity(settings).verify(token)
    assert Identity(settings).first_token() == token
    assert Identity(settings).verify(token).actor == "owner"


def test_first_starts_at_the_same_moment_make_one_token(settings):
    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(lambda _: Identity(settings).first_token(), range(16)))
    assert len(tokens) == 1
    assert Identity(settings).verify(tokens.pop()).actor == "owner"
    assert len(read_json_object(settings.keys_path / "tokens.json")) == 1
