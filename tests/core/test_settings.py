"""Settings come from the environment and say what is missing by its exact name."""

import pytest

from core.errors import BadInput, ProviderNotConfigured
from core.settings import Settings


def test_channel_fields_are_read_from_the_environment(monkeypatch):
    monkeypatch.setenv("SPREADERS_CHANNELS__META_ADS__ACCESS_TOKEN", "t")
    assert Settings(_env_file=None).channel("meta_ads", "access_token") == {"access_token": "t"}


def test_a_missing_field_is_named_as_the_variable_to_set(monkeypatch):
    monkeypatch.setenv("SPREADERS_CHANNELS__META_ADS__ACCESS_TOKEN", "t")
    with pytest.raises(ProviderNotConfigured, match="SPREADERS_CHANNELS__META_ADS__APP_SECRET") as refusal:
        Settings(_env_file=None).channel("meta_ads", "access_token", "app_secret")
    assert "SPREADERS_CHANNELS__META_ADS__ACCESS_TOKEN" not in refusal.value.message


def test_every_setting_is_described():
    assert all(field.description for field in Settings.model_fields.values())


def test_secrets_do_not_print(monkeypatch):
    monkeypatch.setenv("SPREADERS_DATABASE_URL", "postgresql://u:hunter2@h/db")
    monkeypatch.setenv("SPREADERS_HASH_KEY", "hunter2")
    assert "hunter2" not in repr(Settings(_env_file=None))


def test_the_env_file_of_the_home_is_read_and_the_current_folders_is_not(tmp_path, monkeypatch):
    home, elsewhere = tmp_path / "home", tmp_path / "downloads"
    home.mkdir()
    elsewhere.mkdir()
    (elsewhere / ".env").write_text("SPREADERS_ALLOW_DESTROY=true\nSPREADERS_REPORTING_CURRENCY=USD\n")
    monkeypatch.chdir(elsewhere)
    assert not Settings(home=home).allow_destroy
    (home / ".env").write_text("SPREADERS_REPORTING_CURRENCY=GBP\n")
    assert Settings(home=home).reporting_currency == "GBP"
    monkeypatch.setenv("SPREADERS_HOME", str(home))
    assert Settings().reporting_currency == "GBP"
    monkeypatch.setenv("SPREADERS_ENV_FILE", str(elsewhere / ".env"))
    assert Settings().reporting_currency == "USD"
    monkeypatch.setenv("SPREADERS_ENV_FILE", str(elsewhere / "none"))
    with pytest.raises(BadInput, match="SPREADERS_ENV_FILE names"):
        Settings()
