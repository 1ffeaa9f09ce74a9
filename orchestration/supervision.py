"""Keeps what `spreaders up` started running: a thread that looks once a second and mends what it can."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from core.errors import SpreadersError
from orchestration.processes import Processes

LOOK_SECONDS = 1.0


@dataclass
class Supervisor:
    """Starts children again that ended, does `chores` each second, and steps through late starts.

    The thread lives until the block ends, because on Linux children end with the thread that started them.
    """

    processes: Processes
    tell: Callable[[str], None]
    chores: list[Callable[[], None]] = field(default_factory=list)
    _starts: list[Iterator[None]] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _told: set[str] = field(default_factory=set)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.processes.stop()
        self._stop.set()
        self._thread.join()

    def begin(self, start: Iterator[None]) -> None:
        """Step through a start in the background; each `yield` is a moment of waiting."""
        self._starts.append(start)

    def _run(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            self._try(lambda: self.processes.revive(self.tell))
            for chore in self.chores:
                self._try(chore)
            for start in list(self._starts):
                self._step(start)

    def _step(self, start: Iterator[None]) -> None:
        is_over = True

        def step() -> None:
            nonlocal is_over
            next(start)
            is_over = False

        self._try(step)
        if is_over:
            self._starts.remove(start)

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except StopIteration:
            return
        except Exception as error:  # noqa: BLE001 - whatever fails here, the others are kept running
            text = error.message if isinstance(error, SpreadersError) else f"{type(error).__name__}: {error}"
            if text not in self._told and not self._stop.is_set():
                self._told.add(text)
                self.tell(text)
