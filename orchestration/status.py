"""What runs on a home, and its end: `spreaders status` and `spreaders down`."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from core.settings import Settings
from lake.delta import Lake
from lake.embedded import EmbeddedPostgres
from orchestration.attach import running, settle_existing
from orchestration.building import LOCK_FILE, builder
from orchestration.running import end, end_leftovers, launchers

Answer = dict[str, Any]
# An `up` that is asked to end stops its children first.
STOP_SECONDS = 40.0


def status_of(home: Path | None) -> Answer:
    """Return what runs on a home: processes, addresses, database, who builds, last load and build (UTC)."""
    settings = settle_existing(home)
    alive = [one for one in launchers(settings.home) if one.process.is_alive]
    noted = running(settings) if alive else {}
    return {
        "ok": True,
        "version": version("spreaders"),
        "home": str(settings.home),
        "processes": [
            {"name": each.name, "pid": each.pid}
            for one in alive
            for each in (one.process, *one.children)
            if each.is_alive
        ],
        "addresses": {name: url for name, url in noted.items() if url},
        "postgres": _postgres(settings),
        "builds_now": builder(settings.home),
        "last_load": _last_load(settings),
        "last_build": _last_build(settings),
    }


def stop_all(home: Path | None) -> Answer:
    """Stop every launcher of a home with its children, what killed ones left, and an unused database."""
    settings = settle_existing(home)
    alive = [one for one in launchers(settings.home) if one.process.is_alive]
    names = end([one.process for one in alive], seconds=STOP_SECONDS)
    names += end_leftovers(settings.home)
    is_at_rest = settings.database_url is not None or _embedded(settings).stop_unused()
    return {"ok": True, "home": str(settings.home), "stopped": names, "postgres_is_at_rest": is_at_rest}


def _embedded(settings: Settings) -> EmbeddedPostgres:
    return EmbeddedPostgres(settings.home / "postgres", settings.logs_path / "postgres.log", "")


def _postgres(settings: Settings) -> str:
    if settings.database_url is not None:
        return "your own (SPREADERS_DATABASE_URL)"
    return "up" if _embedded(settings).is_running else "down"


def _last_load(settings: Settings) -> str | None:
    loads = Lake(settings.lake_path).scan("ops", "load", settings.workspace)
    at = loads.select(pl.col("loaded_at").max()).collect().item()
    return at.isoformat() if at else None


def _last_build(settings: Settings) -> str | None:
    """Return when the last build began: each one signs its lock."""
    lock = settings.home / LOCK_FILE
    if not lock.exists():
        return None
    return datetime.fromtimestamp(lock.stat().st_mtime, UTC).isoformat(timespec="seconds")
