"""`spreaders rebuild` and `spreaders repair`: the lake made again from what it holds or is fed from."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from actions.clock import clock_for
from core.settings import Settings
from ingestion.repairing import rebuild, repair
from lake.delta import Lake
from orchestration.attach import running_sandbox, settle
from orchestration.loop import declared_channels

Answer = dict[str, Any]


def rebuild_channel(channel: str, stream: str | None, home: Path | None) -> Answer:
    """Rebuild silver of a channel, or of one of its streams, from bronze."""
    settings = _settle(home)
    done = rebuild(
        Lake(settings.lake_path),
        declared_channels(settings),
        workspace=str(settings.workspace),
        at=clock_for(settings).now(),
        only=channel,
        stream=stream,
    )
    errors = [one.error for one in done if one.error]
    return {"ok": not errors, "errors": errors, "rebuilt": [asdict(one) for one in done]}


def repair_tables(table: str | None, home: Path | None) -> Answer:
    """Repair one table, or every damaged one; say what each lacked and how it comes back."""
    settings = _settle(home)
    done = repair(
        Lake(settings.lake_path),
        declared_channels(settings),
        table,
        workspace=str(settings.workspace),
        at=clock_for(settings).now(),
    )
    return {"ok": True, "repaired": [asdict(one) for one in done]}


def _settle(home: Path | None) -> Settings:
    settings = settle(home)
    running = settings.sandbox_url or running_sandbox(settings)
    return settings.model_copy(update={"sandbox_url": running})
