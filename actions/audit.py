"""Where audit lines go: one JSON object a call, appended under the home's logs."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog


@contextmanager
def audit_written_to(folder: Path) -> Iterator[None]:
    """Send this process's audit lines to `audit.jsonl` in the folder; nothing reaches stdout."""
    folder.mkdir(parents=True, exist_ok=True)
    before = structlog.get_config()
    with (folder / "audit.jsonl").open("a", encoding="utf-8", buffering=1) as lines:
        structlog.configure(
            processors=[
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.JSONRenderer(),
            ],
            wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
            logger_factory=structlog.WriteLoggerFactory(file=lines),
        )
        try:
            yield
        finally:
            structlog.configure(**before)
