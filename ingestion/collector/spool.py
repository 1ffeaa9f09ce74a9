"""Events on disk before the visitor is told they were received."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from core.disk import DiskFull, is_disk_full
from core.errors import VendorDown
from core.settings import Settings
from core.time import Clock, SystemClock
from ingestion.collector.event import MOST_AHEAD, EventRefused, check_event
from ingestion.personal import hash_person

SEGMENT_BYTES = 64 * 1024 * 1024
TICK = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Refused:
    """An event that was not accepted: its place in the batch and the reason."""

    index: int
    because: str


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of a batch: accepted + len(refused) events were sent."""

    accepted: int
    refused: tuple[Refused, ...]


class Spool:
    """The events of each workspace in files of JSON lines, in the order they were received.

    Every event carries `received_at`, which only ever rises within a workspace, whoever writes: a
    reader that remembers the highest one it has seen has seen everything before it. `key` is the
    workspace's key for hashing persons.
    """

    def __init__(self, folder: Path, key: bytes, clock: Clock) -> None:
        self.folder, self._key, self._clock = folder, key, clock
        self._lock = threading.Lock()

    def append(self, workspace: UUID | str, events: Sequence[object]) -> Appended:
        """Store the valid events of a batch; on return they survive a crash of the machine.

        Raises:
            VendorDown: they cannot be written (a full disk, say); then none of them is stored.
        """
        now = self._clock.now()
        kept: list[dict[str, Any]] = []
        refused: list[Refused] = []
        for index, raw in enumerate(events):
            try:
                kept.append(check_event(raw, now, self._hash))
            except EventRefused as reason:
                refused.append(Refused(index, str(reason)))
        if kept:
            try:
                self._write(self._workspace_folder(workspace), kept, now)
            except OSError as error:
                if is_disk_full(error):
                    raise DiskFull(self.folder) from error
                raise VendorDown(
                    f"The collector cannot write under {self.folder} ({error.strerror}); make room there "
                    "and send the batch again: nothing of it was stored."
                ) from error
        return Appended(len(kept), tuple(refused))

    def read_happened(
        self, workspace: UUID | str, since: datetime, until: datetime, size: int
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield events that happened and were received from `since` on, up to `until`, in lists.

        A browser whose clock runs ahead counts when it was received. Only lines of these days are parsed:
        a history that is loaded now is skipped quickly.
        """
        first, last = _stamp(since), _stamp(until)
        days = (until + MOST_AHEAD - since).days + 1
        marks = [
            f'"at":"{(since + timedelta(days=n)).astimezone(UTC):%Y-%m-%d}'.encode() for n in range(days + 1)
        ]
        for batch in self.read(workspace, since, size, marks):
            happened = [{**event, "at": min(event["at"], event["received_at"])} for event in batch]
            if wanted := [event for event in happened if first <= event["at"] <= last]:
                yield wanted

    def read(
        self, workspace: UUID | str, since: datetime | None, size: int, marks: Sequence[bytes] = ()
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield events received at or after `since`, oldest first, in lists of at most about `size`.

        With `marks` only lines that hold one of these bytes are parsed.
        """
        start = _name(since) if since else ""
        segments = _segments(self._workspace_folder(workspace))
        first = max((i for i, s in enumerate(segments) if s.stem <= start), default=0)
        floor = _stamp(since) if since else ""
        for segment in segments[first:]:
            with segment.open("rb") as lines:
                while batch := lines.readlines(size * 300):
                    is_torn = not batch[-1].endswith(b"\n")  # being written this moment: the next read's
                    whole = batch[:-1] if is_torn else batch
                    if marks:
                        whole = [line for line in whole if any(mark in line for mark in marks)]
                    events = map(orjson.loads, whole)
                    if wanted := [e for e in events if e["received_at"] >= floor]:
                        yield wanted
                    if is_torn:
                        return

    def _hash(self, user_id: str) -> str:
        return hash_person(self._key, user_id)

    def _workspace_folder(self, workspace: UUID | str) -> Path:
        return self.folder / str(UUID(str(workspace)))

    def _write(self, folder: Path, events: list[dict[str, Any]], now: datetime) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        with self._lock, _turn(folder):
            segments = _segments(folder)
            last = _recover(segments[-1]) if segments else None
            received = max(now.astimezone(UTC), last + TICK) if last else now.astimezone(UTC)
            stamp = _stamp(received)
            text = b"".join(
                orjson.dumps({**event, "received_at": stamp}, option=orjson.OPT_APPEND_NEWLINE)
                for event in events
            )
            is_full = bool(segments) and segments[-1].stat().st_size + len(text) > SEGMENT_BYTES
            is_new = not segments or is_full
            target = folder / f"{_name(received)}.ndjson" if is_new else segments[-1]
            _append_durably(target, text)
            if is_new:
                _sync_folder(folder)


def reading_spool(settings: Settings) -> Spool:
    """Return the home's events to read; that needs no hash key."""
    return Spool(settings.collector_path, b"", SystemClock())


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Let one process at a time write; the system frees the lock of a killed one."""
    with (folder / ".turn").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def _stamp(at: datetime) -> str:
    """Return an instant as the events spell it: texts that sort in time."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.ndjson"))


def _name(received: datetime) -> str:
    """A segment is named by the instant of its first event, so names sort in time."""
    return f"{(received - EPOCH) // TICK:020d}"


def _recover(segment: Path) -> datetime:
    """Return the last instant in the segment; cut off a line a crash left half-written."""
    size = segment.stat().st_size
    with segment.open("r+b") as file:
        reach = min(size, 4096)
        while True:
            file.seek(size - reach)
            tail = file.read(reach)
            end = tail.rfind(b"\n") + 1
            start = tail.rfind(b"\n", 0, max(end - 1, 0)) + 1
            if start or reach == size:
                break
            reach = min(size, reach * 4)
        whole = size - reach + end
        if whole < size:
            file.truncate(whole)
            os.fsync(file.fileno())
    if not end:
        return EPOCH + int(segment.stem) * TICK
    return datetime.fromisoformat(orjson.loads(tail[start:end])["received_at"])


def _append_durably(file: Path, text: bytes) -> None:
    with file.open("ab", buffering=0) as out:
        before = out.tell()
        try:
            written = 0
            while written < len(text):
                written += out.write(text[written:])
            os.fsync(out.fileno())
        except OSError:
            out.truncate(before)
            raise


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
