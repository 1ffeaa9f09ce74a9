"""What runs on a home: each launcher's children noted in files, so that those of a killed one are found."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from core.files import PRIVATE, PRIVATE_FOLDER, read_json_object, write_atomic

FOLDER = "run"
UP_LOCK = "up.lock"
GRACE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Process:
    """A process by name and id; `started` is the kernel's word for when, since ids are used again."""

    name: str
    pid: int
    started: str

    @property
    def is_alive(self) -> bool:
        """Whether this very process still runs."""
        return bool(self.started) and started(self.pid) == self.started


@dataclass(frozen=True, slots=True)
class Launcher:
    """A command and the children it started, as its file tells."""

    file: Path
    process: Process
    children: list[Process]


def process_of(name: str, pid: int) -> Process:
    """Return a running process by its id."""
    return Process(name, pid, started(pid))


def started(pid: int) -> str:
    """Return when a process started, in the system's own words; empty when it ended."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        fields = stat.read_text(encoding="utf-8", errors="replace").rsplit(")", 1)[1].split()
    except OSError:
        return "" if Path("/proc/self/stat").exists() else _started_by_ps(pid)
    return "" if fields[0] in "ZX" else fields[19]


def _started_by_ps(pid: int) -> str:
    done = subprocess.run(  # noqa: S603
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],  # noqa: S607 - the system's
        capture_output=True,
        text=True,
        check=False,
    )
    state, _, when = done.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else when.strip()


def note(home: Path, launcher: Process, children: list[Process]) -> None:
    """Note a launcher's children in its file."""
    text = json.dumps({"launcher": asdict(launcher), "children": [asdict(child) for child in children]})
    write_atomic(_file(home, launcher), text)


def forget(home: Path, launcher: Process) -> None:
    """Remove a launcher's file: its children have ended."""
    _file(home, launcher).unlink(missing_ok=True)


def launchers(home: Path) -> Iterator[Launcher]:
    """Yield every launcher noted on a home, running or not; torn files are removed."""
    for file in sorted((home / FOLDER).glob("*.json")):
        value = read_json_object(file)
        try:
            children = [Process(**child) for child in value["children"]]
            yield Launcher(file, Process(**value["launcher"]), children)
        except (KeyError, TypeError):
            file.unlink(missing_ok=True)


def end_leftovers(home: Path) -> list[str]:
    """End the children of launchers that were killed; return their names."""
    names = []
    for launcher in list(launchers(home)):
        if not launcher.process.is_alive:
            names += end(launcher.children)
            for child in launcher.children:
                _kill_session(child.pid, home)
            launcher.file.unlink(missing_ok=True)
    return names


def end(processes: list[Process], *, seconds: float = GRACE_SECONDS) -> list[str]:
    """Ask processes and their groups to end, insist after `seconds`; return the names of those that ran."""
    alive = [process for process in processes if process.is_alive]
    for process in alive:
        _signal(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while any(process.is_alive for process in alive) and time.monotonic() < deadline:
        time.sleep(0.05)
    for process in alive:
        if process.is_alive:
            _signal(process.pid, signal.SIGKILL)
    return [process.name for process in alive]


@contextmanager
def only_up(home: Path) -> Iterator[bool]:
    """Yield whether this is the only `spreaders up` of the home; it stays so until the block ends."""
    folder = home / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    handle = os.open(folder / UP_LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)


def _kill_session(leader: int, home: Path) -> None:
    """Kill what a dead child left in its session, by the home in its environment (where /proc tells)."""
    mark = f"SPREADERS_HOME={home}".encode()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, IndexError):  # it ended, or is another user's
            session = stat.read_text(encoding="utf-8", errors="replace").rsplit(")", 1)[1].split()[3]
            if session == str(leader) and mark in stat.with_name("environ").read_bytes().split(b"\0"):
                os.kill(int(stat.parent.name), signal.SIGKILL)


def _file(home: Path, launcher: Process) -> Path:
    return home / FOLDER / f"{launcher.pid}.json"


def _signal(pid: int, number: int) -> None:
    """Send a signal to the group a process leads, or to the process where it leads none."""
    with suppress(ProcessLookupError, PermissionError):
        if os.getpgid(pid) == pid:
            os.killpg(pid, number)
        else:
            os.kill(pid, number)
