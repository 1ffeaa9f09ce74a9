"""Which market a command talks to: real vendors, a sandbox already running, or one started for it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from core.disk import full_disk_of
from core.errors import BadInput, NotFound, SpreadersError, VendorDown
from core.files import PRIVATE_FOLDER, exclusive, read_json_object, write_atomic
from core.http import HTTPError, make_client
from core.settings import Settings
from core.time import Days
from orchestration.market import Market, forget_market, holds_market, settle_market
from orchestration.processes import Processes

RUNNING_FILE = "running.json"
REPLAY_DAYS = 31
DEFAULT_DAYS = 365


def settle(home: Path | None, **changes: object) -> Settings:
    """Return the settings with the command line's own choices on top, the home folder made.

    Raises:
        BadInput: the home folder cannot be written, or a setting cannot be read.
        DiskFull: there is no room to make it.
    """
    settings = _read_settings(home, **changes)
    try:
        settings.home.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
        settings.home.chmod(PRIVATE_FOLDER)
        settings.logs_path.mkdir(exist_ok=True)
    except OSError as error:
        if full := full_disk_of(error, settings.home):
            raise full from error
        raise BadInput(
            f"{settings.home} cannot be made ({error.strerror}); choose another with --home."
        ) from error
    if not os.access(settings.home, os.W_OK):
        raise BadInput(f"{settings.home} is not writable; choose another with --home.")
    return settings


def settle_existing(home: Path | None) -> Settings:
    """Return the settings of a home that is there already; as `settle`, but a mistyped one is not made.

    Raises:
        NotFound: there is no such folder.
    """
    settings = _read_settings(home)
    if not settings.home.is_dir():
        raise NotFound(
            f"{settings.home} does not exist; name the home with --home, or make one with `spreaders up`."
        )
    return settle(home)


def _read_settings(home: Path | None, **changes: object) -> Settings:
    given = {name: value for name, value in {"home": home, **changes}.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = "__".join(["SPREADERS", *map(str, first["loc"])]).replace("__", "_", 1).upper()
        raise BadInput(f"The setting {name} does not fit: {first['msg']}.") from error


def attach(processes: Processes, market: Market, *, port: int) -> Settings:
    """Return settings that point at a market, starting a sandbox when nothing else is meant.

    In this order: `SPREADERS_SANDBOX_URL`; the vendors whose credentials are set (unless a scenario
    was asked for); the sandbox that runs on this home; a sandbox of our own.
    """
    settings = processes.settings
    if settings.sandbox_url:
        market_of(settings.sandbox_url)
        return settings
    if settings.channels and not market.scenario:
        return settings
    url = running_sandbox(settings)
    if url is None:
        url = start_sandbox(processes, market, port=port)
    else:
        settle_market(settings, market)
    processes.settings = settings.model_copy(update={"sandbox_url": url})
    return processes.settings


def start_sandbox(processes: Processes, market: Market, *, port: int) -> str:
    """Start the home's sandbox, wait until its market has lived its days, and return its address.

    Raises:
        BadInput, Conflict: as `settle_market` says.
        SpreadersError: it did not start; a market that was chosen just now is forgotten.
    """
    is_new = not holds_market(processes.settings)
    market = settle_market(processes.settings, market)
    try:
        return processes.start_sandbox(market.arguments(), port=port)
    except SpreadersError:
        if is_new:
            forget_market(processes.settings)
        raise


def running_sandbox(settings: Settings) -> str | None:
    """Return the address of the sandbox another command runs on this home, if it answers."""
    url = running(settings).get("sandbox_url")
    try:
        return url if url and market_of(url) else None
    except VendorDown:
        return None


def running(settings: Settings) -> dict[str, str]:
    """Return what another command noted of the processes it runs on this home; empty without one."""
    file = settings.home / RUNNING_FILE
    return read_json_object(file)


def market_of(sandbox_url: str) -> dict[str, Any]:
    """Return the sandbox's day, length, scenario and currency.

    Raises:
        VendorDown: it does not answer.
    """
    try:
        with make_client(sandbox_url) as client:
            answer: dict[str, Any] = client.get("/_clock").raise_for_status().json()
            return answer
    except HTTPError as error:
        raise VendorDown(
            f"No sandbox answers at {sandbox_url}; start one with `spreaders sandbox`."
        ) from error


def history_days(settings: Settings, asked: int | None = None) -> int:
    """Return the days of history to load: as many as the sandbox's market has, else as asked, else a year."""
    if settings.sandbox_url:
        return int(market_of(settings.sandbox_url)["days"])
    return asked or DEFAULT_DAYS


@contextmanager
def announced(settings: Settings, **addresses: str) -> Iterator[None]:
    """Leave a note in the home, for other commands, of what this one runs on it."""
    file = settings.home / RUNNING_FILE
    write_atomic(file, json.dumps({"sandbox_url": settings.sandbox_url, **addresses}))
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def replay_site(settings: Settings, api_url: str) -> int:
    """Have the sandbox's web site send what its visitors did since it last sent; return how many events.

    The day reached is noted in the home after every month, so a stopped run goes on where it was. Two
    runs at once take turns.
    """
    with exclusive(settings.home / "sandbox" / "site-sent.lock"):
        return _replay_site(settings, api_url)


def _replay_site(settings: Settings, api_url: str) -> int:
    assert settings.sandbox_url  # noqa: S101 - only a sandbox has such a site
    key = settings.site_key_path.read_text(encoding="utf-8").strip()
    noted = settings.home / "sandbox" / "site-sent"
    at = market_of(settings.sandbox_url)
    today = date.fromisoformat(at["today"])
    first = date.fromisoformat(at["first_day"])
    with suppress(FileNotFoundError, ValueError):  # a torn note: events sent twice are known by their ids
        first = date.fromisoformat(noted.read_text(encoding="utf-8")) + timedelta(days=1)
    sent = 0
    for days in Days(first, today).split(REPLAY_DAYS) if first <= today else ():
        span = {"first": days.first.isoformat(), "last": days.last.isoformat()}
        with make_client(settings.sandbox_url) as client:
            answer = client.post(
                "/_site/replay", json={"collector_url": f"{api_url}/collect", "token": key, **span}
            )
            if answer.is_error:
                raise VendorDown(
                    f"The sandbox's site could not send its events: {answer.json().get('error')}"
                )
            sent += answer.json()["sent"]
        write_atomic(noted, days.last.isoformat())
    return sent
