"""The market as the twins share it: one call at a time, remembered answers, a journal for a restart."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, TypeVar

import orjson

T = TypeVar("T")
REMEMBERED = 48  # built answers kept; the oldest one goes first


class GuardedWorld:
    """A market that many threads may use: every method of `World` is offered under one lock.

    After `act` and `advance` the journal is written to `journal_file`, when one is given.
    """

    def __init__(self, world: Any, journal_file: Path | None = None) -> None:
        self._world = world
        self._journal_file = journal_file
        self._lock = threading.RLock()
        self._built: OrderedDict[Hashable, tuple[int, Any]] = OrderedDict()

    def __getattr__(self, name: str) -> Any:
        with self._lock:
            value = getattr(self._world, name)
        return self._guard(value) if callable(value) else value

    def _guard(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            with self._lock:
                return method(*args, **kwargs)

        return call

    def act(self, action: str, /, **fields: Any) -> str | None:
        """Do something in the market (see `World.act`); the new id, or None."""
        with self._lock:
            done: str | None = self._world.act(action, **fields)
            self._save()
            return done

    def advance(self, days: int = 1) -> None:
        """Let the market live on for some days."""
        with self._lock:
            self._world.advance(days)
            self._save()

    def hold(self) -> threading.RLock:
        """The lock, for work that needs several calls to see the same market: `with world.hold(): ...`."""
        return self._lock

    def cached(self, key: Hashable, build: Callable[[], T]) -> T:
        """What `build` returned for this key while the market was as it is now; built once.

        The key must hold everything the answer depends on besides the market: twin, query.
        """
        with self._lock:
            version = int(self._world.version)
            found = self._built.get(key)
            if found is None or found[0] != version:
                found = (version, build())
                self._built[key] = found
            self._built.move_to_end(key)
            while len(self._built) > REMEMBERED:
                self._built.popitem(last=False)
        built: T = found[1]
        return built

    def _save(self) -> None:
        if self._journal_file is None:
            return
        write_state(self._journal_file, self._world.journal)


def read_journal(journal_file: Path | None) -> list[Any]:
    """The journal of an earlier run, empty when there is none."""
    if journal_file is None or not journal_file.is_file():
        return []
    entries = read_state(journal_file)
    return entries if isinstance(entries, list) else []


def read_state(file: Path) -> Any:
    """The JSON of a state file; None when a crash tore it, which is set aside as `<name>.torn`."""
    try:
        return orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError:
        file.replace(file.with_suffix(".torn"))
        return None


def write_state(file: Path, value: Any) -> None:
    """Replace a state file, synced to disk: whole or not at all."""
    fresh = file.with_suffix(".new")
    with fresh.open("wb") as out:
        out.write(orjson.dumps(value))
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
