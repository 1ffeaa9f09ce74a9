"""Where audit lines go: one JSON object a call, appended under the home's logs."""

from __future__ import annotations

import logging
from pathlib import Path

import structlog


def write_audit_to(folder: Path) -> None:
    """Send this process's audit lines to `audit.jsonl` in the folder; nothing reaches stdout."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = (folder / "audit.jsonl").open("a", encoding="utf-8", buffering=1)
    structlog.configure(
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=lines),
    )
