"""How much one caller's query may take: one deadline, memory, room on disk, and how many run at once."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import psycopg

from core.errors import BadInput, RateLimited

MOST_SECONDS = 15.0
# Queries that run at once in one process, and how long one more waits for its turn.
MOST_AT_ONCE = 4
TURN_SECONDS = 10.0
# Memory of the server's process for one query, and how often it is looked at.
MOST_MEMORY = 256 * 1024 * 1024
WATCH_SECONDS = 0.02
CANCEL_SECONDS = 5.0
PRIVATE = re.compile(r"^RssAnon:\s+(\d+) kB", re.MULTILINE)
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
TOO_LARGE = "The query needs more memory or room than one may have; aggregate more or narrow the days."
SETTINGS = {
    "work_mem": "32MB",
    "hash_mem_multiplier": "1",
    "max_parallel_workers_per_gather": "0",  # helpers would have limits of their own
    "temp_file_limit": "1GB",
}
_turns = threading.BoundedSemaphore(MOST_AT_ONCE)


class Deadline:
    """The end of one call; every statement gets what is left of it."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def limit(self, link: psycopg.Connection) -> None:
        """Give the next statement the time that is left.

        Raises:
            BadInput: none is left.
        """
        left = int((self._end - time.monotonic()) * 1000)
        if left <= 0:
            raise BadInput("The query took too long and was stopped; narrow the days or aggregate more.")
        link.execute("SELECT set_config('statement_timeout', %s, true)", [str(left)])


@contextmanager
def turn() -> Iterator[None]:
    """Wait until fewer than `MOST_AT_ONCE` queries run in this process.

    Raises:
        RateLimited: none ended within `TURN_SECONDS`.
    """
    if not _turns.acquire(timeout=TURN_SECONDS):
        raise RateLimited(
            f"{MOST_AT_ONCE} queries run already; ask again when one has ended.",
            timedelta(seconds=TURN_SECONDS),
        )
    try:
        yield
    finally:
        _turns.release()


def limit_session(link: psycopg.Connection) -> None:
    """Set the limits that the server itself keeps for a connection that runs a caller's SQL."""
    for name, value in SETTINGS.items():
        with suppress(psycopg.errors.InsufficientPrivilege):  # temp_file_limit needs a grant
            link.execute("SELECT set_config(%s, %s, false)", [name, value])


@contextmanager
def memory_watched(link: psycopg.Connection) -> Iterator[None]:
    """Cancel the connection's statement when the server's process for it grows beyond `MOST_MEMORY`.

    Postgres has no such limit of its own. Where the server runs on another machine or without /proc, the
    allow-list of functions, work_mem and the deadline are the only bounds.

    Raises:
        BadInput: it grew too large.
    """
    status = Path("/proc", str(link.info.backend_pid), "status")
    if link.info.host not in LOCAL_HOSTS or not status.exists():
        yield
        return
    ended, grown = threading.Event(), threading.Event()

    def watch() -> None:
        while not ended.wait(WATCH_SECONDS):
            if _private_memory(status) > MOST_MEMORY:
                grown.set()
                link.cancel_safe(timeout=CANCEL_SECONDS)

    watcher = threading.Thread(target=watch, name="query-memory", daemon=True)
    watcher.start()
    try:
        yield
    except psycopg.errors.QueryCanceled:
        if grown.is_set():
            raise BadInput(TOO_LARGE) from None
        raise
    finally:
        ended.set()
        watcher.join()


def _private_memory(status: Path) -> int:
    """Return the bytes that a process holds for itself; 0 when it has ended."""
    try:
        held = PRIVATE.search(status.read_text())
    except OSError:
        return 0
    return int(held[1]) * 1024 if held else 0
