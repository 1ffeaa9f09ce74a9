"""How much one caller's query may take: one deadline, memory, room on disk, and how many run at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

import psycopg

from core.errors import BadInput, RateLimited

MOST_SECONDS = 15.0
# Queries that run at once in one process, and how long one more waits for its turn.
MOST_AT_ONCE = 4
TURN_SECONDS = 10.0
# Memory of the server's process for one query.
MOST_MEMORY = 256 * 1024 * 1024
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
    """Set the limits of a connection that runs a caller's SQL; its process is ours where the server is."""
    for name, value in SETTINGS.items():
        with suppress(psycopg.errors.InsufficientPrivilege):  # temp_file_limit needs a grant
            link.execute("SELECT set_config(%s, %s, false)", [name, value])
    _limit_memory(link)


def _limit_memory(link: psycopg.Connection) -> None:
    """Bound the memory of the server's process for this connection, where it runs on this machine.

    Postgres answers "out of memory" and lives on; elsewhere the allow-list of functions is the only bound.
    """
    try:
        import resource

        limit = resource.prlimit
    except (ImportError, AttributeError):
        return
    if link.info.host not in {"127.0.0.1", "localhost", "::1"}:
        return
    with suppress(OSError, ValueError):
        _, hard = limit(link.info.backend_pid, resource.RLIMIT_DATA)
        limit(link.info.backend_pid, resource.RLIMIT_DATA, (MOST_MEMORY, hard))
