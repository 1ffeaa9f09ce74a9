"""The processes of a running Spreaders: started, waited for, logged in one place, stopped cleanly."""

from __future__ import annotations

import importlib.util
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

from core.errors import BadInput, Conflict, SpreadersError, VendorDown
from core.http import TransportError, make_client
from core.process import SAFE_PATH, python_command
from core.settings import Settings
from orchestration.running import Process, end_leftovers, forget, note, process_of

START_SECONDS = 120.0
STOP_SECONDS = 15.0
# Pauses before a child that ended by itself starts again, in seconds; it counts as steady after a while.
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
STEADY_SECONDS = 300.0
# A child that ends with this code has written one sentence about what it was given.
REFUSED = 2


@dataclass
class Child:
    """A child process and how it was started; `starts` are the instants (monotonic s) of its starts."""

    name: str
    command: list[str]
    env: dict[str, str]
    process: subprocess.Popen[bytes]
    note: Process
    starts: list[float]
    died_at: float | None = None


@dataclass
class Processes:
    """Child processes of one launcher; leaving the `with` block stops them, youngest first.

    Should the launcher be killed, the kernel ends them (Linux); elsewhere the next launcher on the home does.
    """

    settings: Settings
    _children: list[Child] = field(default_factory=list)
    _changing: threading.RLock = field(default_factory=threading.RLock)
    _self: Process = field(default_factory=lambda: process_of("spreaders", os.getpid()))
    _is_stopping: bool = False

    def __enter__(self) -> Self:
        self.settings.logs_path.mkdir(parents=True, exist_ok=True)
        end_leftovers(self.settings.home)
        # Both end the `with` block, even where a shell started us with Ctrl-C ignored.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)
        return self

    def __exit__(self, *_: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # stopping takes seconds and leaves nobody behind
        self.stop()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.default_int_handler)

    def stop(self) -> None:
        """Stop every child, youngest first; none starts again."""
        with self._changing:
            self._is_stopping = True
            stop(*(child.process for child in reversed(self._children)))
            forget(self.settings.home, self._self)

    def start(
        self, name: str, command: list[str], env: dict[str, str], *, pipe: bool = False
    ) -> subprocess.Popen[bytes]:
        """Start `command` with its output in `logs/<name>.log`; it does not see the terminal's Ctrl-C.

        On Linux it ends with the thread that calls, so a thread that starts children must outlive them.
        """
        with self._changing:
            if self._is_stopping:
                raise Conflict("Spreaders is stopping; start it again.")
            process = self._spawn(name, command, env, pipe=pipe)
            tag = process_of(name, process.pid)
            self._children.append(Child(name, command, env, process, tag, [time.monotonic()]))
            self._note()
        return process

    def _spawn(
        self, name: str, command: list[str], env: dict[str, str], *, pipe: bool
    ) -> subprocess.Popen[bytes]:
        with self.log_of(name).open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own commands only
                bound(command),
                env={**os.environ, **SAFE_PATH, **self.environment(), **env},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if pipe else log,
                stderr=log,
                start_new_session=True,
                cwd=self.settings.home,
            )

    def _note(self) -> None:
        note(self.settings.home, self._self, [child.note for child in self._children])

    def revive(self, tell: Callable[[str], None]) -> None:
        """Start every child again that ended by itself, after a pause that doubles with each quick end."""
        with self._changing:
            if self._is_stopping:
                return
            for child in self._children:
                if child.process.poll() is not None:
                    self._revive(child, tell)

    def _revive(self, child: Child, tell: Callable[[str], None]) -> None:
        now = time.monotonic()
        recent = [at for at in child.starts if now - at < STEADY_SECONDS]
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** max(0, len(recent) - 1))
        if child.died_at is None:
            child.died_at = now
            code, log = child.process.returncode, self.log_of(child.name)
            tell(f"{child.name} ended by itself (exit {code}), see {log}; it starts again in {pause:.0f} s.")
        if now - child.died_at < pause:
            return
        stop(child.process)  # what it left behind
        child.process = self._spawn(child.name, child.command, child.env, pipe=False)
        child.note = process_of(child.name, child.process.pid)
        child.starts, child.died_at = [*recent, now], None
        self._note()

    def environment(self) -> dict[str, str]:
        """Return the settings as the environment every child gets."""
        settings = self.settings
        shared = {
            "SPREADERS_HOME": str(settings.home),
            "SPREADERS_SPARK_JARS": str(settings.spark_jars),
            "SPREADERS_WORKSPACE": str(settings.workspace),
            "SPREADERS_API_HOST": settings.api_host,
            "SPREADERS_API_PORT": str(settings.api_port),
            "SPREADERS_SANDBOX_URL": settings.sandbox_url or "",
            "SPREADERS_DATABASE_URL": settings.database_url.get_secret_value()
            if settings.database_url
            else "",
            # Children run in the home folder, where a relative path would name another file.
            "SPREADERS_ENV_FILE": str(Path(named).expanduser().resolve())
            if (named := os.environ.get("SPREADERS_ENV_FILE"))
            else "",
            "PYTHONUNBUFFERED": "1",
        }
        return {name: value for name, value in shared.items() if value}

    def check(self) -> None:
        """Raise when a child has ended by itself, naming it and its log."""
        for child in self._children:
            code = child.process.poll()
            if code is not None:
                raise SpreadersError(f"{child.name} stopped (exit {code}); see {self.log_of(child.name)}.")

    def wait(self) -> None:
        """Return when Ctrl-C or SIGTERM arrives; raise when a child ends by itself."""
        with suppress(KeyboardInterrupt):
            while True:
                self.check()
                time.sleep(1.0)

    def log_of(self, name: str) -> Path:
        """Return where a process writes its log."""
        return self.settings.logs_path / f"{name}.log"

    def start_sandbox(self, arguments: Sequence[str], *, port: int) -> str:
        """Start the sandbox, wait until its market has lived its days, and return its address."""
        state = str(self.settings.home / "sandbox")
        command = python_command("sandbox", "--port", str(port), "--state", state, *arguments)
        child = self.start("sandbox", command, {}, pipe=True)
        assert child.stdout is not None  # noqa: S101 - asked for above
        ready = first_line(child, child.stdout, "sandbox", self.log_of("sandbox"))
        if "error" in ready:
            raise SpreadersError(ready["error"])
        return str(ready["url"])

    def start_api(self) -> str:
        """Start the API and return its address."""
        settings = self.settings
        require_free_port(settings.api_host, settings.api_port, "SPREADERS_API_PORT")
        child = self.start("api", python_command("api"), {})
        url = f"http://{settings.api_host}:{settings.api_port}"
        self.wait_for(f"{url}/health", "api", child)
        return url

    def wait_for(self, url: str, name: str, child: subprocess.Popen[bytes]) -> None:
        """Return once `url` answers; a child that ends first or never answers is an error with its log."""
        with make_client() as client:
            self._until(lambda: client.get(url).status_code < 500, name, child)

    def wait_for_port(self, port: int, name: str, child: subprocess.Popen[bytes]) -> None:
        """Return once a child listens on a port that speaks no HTTP; errors as for `wait_for`."""
        self._until(lambda: is_listening(port), name, child)

    def is_answering(self, url: str) -> bool:
        """Return whether `url` answers, and no server error."""
        with suppress(TransportError), make_client() as client:
            return client.get(url, timeout=2.0).status_code < 500
        return False

    def _until(self, is_ready: Callable[[], bool], name: str, child: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if child.poll() is not None:
                raise SpreadersError(
                    f"{name} did not start (exit {child.returncode}); see {self.log_of(name)}."
                )
            with suppress(TransportError):
                if is_ready():
                    return
            time.sleep(0.1)
        raise VendorDown(f"{name} did not answer within {START_SECONDS:.0f} s; see {self.log_of(name)}.")


def bound(command: list[str]) -> list[str]:
    """Return the command that runs `command` and ends when this thread or its process ends (Linux)."""
    if not sys.platform.startswith("linux"):
        return command
    spec = importlib.util.find_spec("orchestration.bound_child")
    assert spec is not None and spec.origin is not None  # noqa: S101, PT018 - part of this package
    return [sys.executable, "-P", "-S", spec.origin, str(os.getpid()), *command]


def first_line(child: subprocess.Popen[bytes], stream: IO[bytes], name: str, log: Path) -> dict[str, Any]:
    """Return the JSON object a child prints when it is ready."""
    readable, _, _ = select.select([stream], [], [], START_SECONDS)
    line = stream.readline() if readable else b""
    if not line:
        stop(child)
        said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        if child.returncode == REFUSED and said:
            raise BadInput(said[0])
        raise SpreadersError(f"{name} did not start (exit {child.returncode}); see {log}.")
    ready: dict[str, Any] = json.loads(line)
    return ready


def stop(*children: subprocess.Popen[bytes]) -> None:
    """End children and everything they started: ask all, give them time together, then insist."""
    running = [child for child in children if child.poll() is None]
    for child in running:
        _signal(child, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for child in running:
        with suppress(subprocess.TimeoutExpired):
            child.wait(max(0.0, deadline - time.monotonic()))
        _signal(child, signal.SIGKILL)  # it, or what it left behind
        child.wait()
    for child in children:
        if child.stdout:
            child.stdout.close()


def is_listening(port: int) -> bool:
    """Return whether somebody listens on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def require_free_port(host: str, port: int, setting: str) -> None:
    """Raise `Conflict` naming the setting when somebody already listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Conflict(f"Port {port} is in use; stop what listens there or set {setting}.") from error


def _signal(child: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        return
