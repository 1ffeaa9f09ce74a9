"""Which market a command talks to: real vendors, a sandbox already running, or one started for it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.errors import BadInput
from core.http import HTTPError, make_client
from core.settings import Settings
from orchestration.processes import Processes

RUNNING_FILE = "running.json"


def settle(home: Path | None, **changes: object) -> Settings:
    """Return the settings with the command line's own choices on top, the home folder made.

    Raises:
        BadInput: the home folder cannot be written.
    """
    given = {name: value for name, value in {"home": home, **changes}.items() if value is not None}
    settings = Settings(**given)  # type: ignore[arg-type]
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        settings.logs_path.mkdir(exist_ok=True)
    except OSError as error:
        raise BadInput(
            f"{settings.home} cannot be made ({error.strerror}); choose another with --home."
        ) from error
    if not os.access(settings.home, os.W_OK):
        raise BadInput(f"{settings.home} is not writable; choose another with --home.")
    return settings


def attach(
    processes: Processes, settings: Settings, *, scenario: Path | None, days: int | None, port: int
) -> Settings:
    """Return settings that point at a market, starting a sandbox when nothing else is meant.

    In this order: `SPREADERS_SANDBOX_URL`; the sandbox of a `spreaders up` on the same home; the
    vendors whose credentials are set (unless a scenario was asked for); a sandbox of our own.
    """
    if settings.sandbox_url:
        return settings
    running = running_sandbox(settings)
    if running:
        if scenario:
            raise BadInput("A sandbox already runs for this home; stop it before choosing another scenario.")
        return settings.model_copy(update={"sandbox_url": running})
    if settings.channels and not scenario:
        return settings
    url = processes.start_sandbox(scenario=scenario, days=days, port=port)
    processes.settings = settings.model_copy(update={"sandbox_url": url})
    return processes.settings


def running_sandbox(settings: Settings) -> str | None:
    """Return the address of the sandbox another command runs on this home, if it answers."""
    file = settings.home / RUNNING_FILE
    if not file.exists():
        return None
    url = json.loads(file.read_text(encoding="utf-8")).get("sandbox_url")
    try:
        return url if url and market_of(url) else None
    except HTTPError:
        return None


def market_of(sandbox_url: str) -> dict[str, Any]:
    """Return the sandbox's day, length, scenario and currency."""
    with make_client() as client:
        answer: dict[str, Any] = client.get(f"{sandbox_url}/_clock").raise_for_status().json()
        return answer


@contextmanager
def announced(settings: Settings, **addresses: str) -> Iterator[None]:
    """Leave a note in the home, for other commands, of what runs on it."""
    file = settings.home / RUNNING_FILE
    file.write_text(json.dumps({"sandbox_url": settings.sandbox_url, **addresses}), encoding="utf-8")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def replay_site(sandbox_url: str, collector_url: str, token: str) -> int:
    """Have the sandbox's web site send its visitors' events to our collector; return how many it sent."""
    with make_client() as client:
        answer = client.post(
            f"{sandbox_url}/_site/replay", json={"collector_url": collector_url, "token": token}
        )
        sent: int = answer.raise_for_status().json()["sent"]
        return sent
