"""Every setting of the product, described once."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from uuid import UUID

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from core.errors import BadInput, ProviderNotConfigured

DEFAULT_HOME = Path.home() / ".spreaders"
ENV_FILE_NAME = ".env"
WINDOWS = (7, 14, 30, 60, 90)
DEFAULT_WORKSPACE = UUID("00000000-0000-4000-8000-000000000001")


class Settings(BaseSettings):
    """Settings from the environment (`SPREADERS_…`) or the file `.env` of the home folder.

    `SPREADERS_ENV_FILE` names another file. Nothing is read from the current folder: whoever may write
    there would otherwise decide what this product may do.

    A vendor's credentials and accounts are `SPREADERS_CHANNELS__<CHANNEL>__<FIELD>`, for example
    `SPREADERS_CHANNELS__META_ADS__ACCESS_TOKEN`; each channel names the fields it needs.
    """

    model_config = SettingsConfigDict(
        env_prefix="SPREADERS_", env_nested_delimiter="__", env_file=ENV_FILE_NAME, extra="ignore"
    )

    home: Path = Field(DEFAULT_HOME, description="Folder of the lake, the database, keys and logs.")
    database_url: SecretStr | None = Field(
        None, description="Postgres to use (postgresql://…); unset starts an embedded one under home."
    )
    sandbox_url: str | None = Field(
        None, description="Address of the sandbox; when set, every channel and the clock are the sandbox's."
    )
    workspace: UUID = Field(DEFAULT_WORKSPACE, description="The workspace whose rows are read and written.")
    timezone: str = Field(
        "UTC",
        description="IANA zone of the workspace's own days; unset, visits follow the shop's calendar.",
    )
    reporting_currency: str = Field("EUR", description="ISO 4217 currency of totals across accounts.")
    api_host: str = Field("127.0.0.1", description="Address the API listens on.")
    api_names: list[str] = Field(
        default_factory=list,
        description="Other names of API and app, and sites whose pages may call the API: "
        '["api.example.com"].',
    )
    api_port: int = Field(8700, description="Port of the API, its MCP face and the event collector.")
    app_port: int = Field(8701, description="Port of the app.")
    dagster_port: int = Field(8702, description="Port of the Dagster UI.")
    sandbox_port: int = Field(8703, description="Port of the sandbox started by `spreaders up`.")
    spark: str = Field("sail", description="Spark engine: sail, local (JVM), or sc://host:port.")
    spark_jars: Path = Field(
        DEFAULT_HOME / "jars", description="Folder where the JVM engine keeps the jars it fetched."
    )
    attribution_windows: list[int] = Field(
        default_factory=lambda: [30], description="Days before an order whose visits count: [7, 30, 90]."
    )
    allow_destroy: bool = Field(
        default=False,
        description="Whether db.delete, db.restore and db.migrate may do what stays done.",
    )
    attribution_half_life_days: float = Field(
        7.0, gt=0, description="Age in days that halves a visit's part in time decay."
    )
    markov_order: int = Field(1, ge=1, le=3, description="Visits that make one state of Markov's chain.")
    hash_key: SecretStr | None = Field(
        None, description="Key of the hashes that stand for persons; unset makes one under home/keys."
    )
    channels: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="Per channel: credentials, account ids, options."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the environment file of the home, in place of the current folder's."""
        assert isinstance(init_settings, InitSettingsSource)  # noqa: S101 - what pydantic-settings passes
        assert isinstance(dotenv_settings, DotEnvSettingsSource)  # noqa: S101
        if dotenv_settings.env_file is not None:
            file = _environment_file(init_settings.init_kwargs.get("home"))
            dotenv_settings = DotEnvSettingsSource(settings_cls, env_file=file)
        return init_settings, env_settings, dotenv_settings, file_secret_settings

    @field_validator("home", "spark_jars", mode="after")
    @classmethod
    def _expand(cls, home: Path) -> Path:
        return home.expanduser().resolve()

    @field_validator("attribution_windows", mode="after")
    @classmethod
    def _check_windows(cls, windows: list[int]) -> list[int]:
        if not windows or not set(windows) <= set(WINDOWS):
            raise ValueError(f"a window is one of {', '.join(map(str, WINDOWS))} days")
        return sorted(set(windows))

    @cached_property
    def lake_path(self) -> Path:
        """Folder of the Delta tables."""
        return self.home / "lake"

    @cached_property
    def keys_path(self) -> Path:
        """Folder of generated secrets; readable by its owner only."""
        return self.home / "keys"

    @cached_property
    def collector_path(self) -> Path:
        """Folder where the site's events wait until they are loaded."""
        return self.home / "collector"

    @cached_property
    def files_path(self) -> Path:
        """Folder of the files made on request: reports, exports and backups, a folder a workspace."""
        return self.home / "files"

    @cached_property
    def first_token_path(self) -> Path:
        """File of the token made at first start, so that `spreaders up` can show it."""
        return self.keys_path / "first-token"

    @cached_property
    def site_key_path(self) -> Path:
        """File of the key a web site carries in the open; it may add events and nothing else."""
        return self.keys_path / "site-key"

    @cached_property
    def logs_path(self) -> Path:
        """The one place for the logs of every process."""
        return self.home / "logs"

    def channel(self, name: str, *required: str) -> dict[str, str]:
        """Return a channel's fields, or say which settings to set.

        Raises:
            ProviderNotConfigured: a required field is absent and no sandbox is in use.
        """
        fields = self.channels.get(name, {})
        missing = [f"SPREADERS_CHANNELS__{name.upper()}__{f.upper()}" for f in required if not fields.get(f)]
        if missing:
            raise ProviderNotConfigured(
                f"{name} is not connected; set {', '.join(missing)}.", settings=missing
            )
        return fields


def _environment_file(home: object) -> Path:
    """Return the file of settings: SPREADERS_ENV_FILE, else `.env` of the home folder."""
    if named := os.environ.get("SPREADERS_ENV_FILE"):
        file = Path(named).expanduser()
        if not file.is_file():
            raise BadInput(f"SPREADERS_ENV_FILE names {file}, which is no file; correct it or unset it.")
        return file
    folder = home or os.environ.get("SPREADERS_HOME") or DEFAULT_HOME
    return Path(str(folder)).expanduser() / ENV_FILE_NAME
