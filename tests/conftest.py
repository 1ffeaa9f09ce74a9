"""What tests of every room share: the sandbox as a real process on a free port."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.shared import SHARED, miss

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox."""

    url: str
    process: subprocess.Popen[str]

    def stop(self) -> int:
        """Ask it to end and wait; its exit code."""
        self.process.terminate()
        return self.process.wait(20)


def start_sandbox(*arguments: str) -> Sandbox:
    """Start `python -m sandbox` with the small scenario unless told otherwise, and wait until it listens."""
    scenario = [] if "--scenario" in arguments else ["--scenario", "small"]
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", *scenario, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    line = process.stdout.readline()
    if not line:
        process.wait(20)
        pytest.fail("the sandbox did not start")
    return Sandbox(json.loads(line)["url"], process)


def end_sandbox(running: Sandbox) -> None:
    if running.process.poll() is None:
        running.stop()
    running.process.stdout.close()


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One sandbox for the whole session: 30 days, 2,000 people. For tests that change nothing in it."""
    running = start_sandbox()
    yield running
    end_sandbox(running)


@pytest.fixture(scope="module")
def own_sandbox() -> Iterator[Sandbox]:
    """A sandbox for one test file, ten days old: it may be advanced and written to."""
    running = start_sandbox("--days", "10")
    yield running
    end_sandbox(running)


@pytest.fixture
def launch_sandbox() -> Iterator[Callable[..., Sandbox]]:
    """Start sandboxes of your own: `launch_sandbox("--days", "5", "--state", str(tmp_path))`."""
    started: list[Sandbox] = []

    def launch(*arguments: str) -> Sandbox:
        started.append(start_sandbox(*arguments))
        return started[-1]

    yield launch
    for running in started:
        end_sandbox(running)


# --- Tools a machine may lack ------------------------------------------------------------------------


def require(*names: str) -> str:
    """Return the path of the first of these programs there is; without one, skip.

    With SPREADERS_TEST_REQUIRE=programs, as `make test` sets it, or all, a missing program is a failure.
    """
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        reason = f"this machine has no {names[0]}; `make test` as root installs it, or install it by hand"
        is_required = os.environ.get("SPREADERS_TEST_REQUIRE") in {"programs", "all"}
        (pytest.fail if is_required else pytest.skip)(reason)
    return found


# --- A home the whole loop has run on, and the API over it -------------------------------------------

LOADED_DAYS = 30


@dataclass(frozen=True)
class LoadedHome:
    """A home after `spreaders up --once` on the small scenario, and the summary that printed."""

    path: Path
    summary: dict[str, Any]

    @property
    def token(self) -> str:
        return (self.path / "keys" / "first-token").read_text()

    @property
    def site_key(self) -> str:
        return (self.path / "keys" / "site-key").read_text()

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of a process that works on this home."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SPREADERS_")}
        return {**clean, "SPREADERS_HOME": str(self.path), **more}


@pytest.fixture(scope="session")
def loaded_home(tmp_path_factory) -> LoadedHome:
    """Thirty days of the small scenario, loaded, published and built. Tests read it and load nothing more.

    SPREADERS_TEST_HOME names a home loaded earlier, to look at the app on (a picture needs a year).
    """
    if given := os.environ.get("SPREADERS_TEST_HOME"):
        return LoadedHome(Path(given), {})
    home = LoadedHome(tmp_path_factory.mktemp("loaded"), {})
    scenario = ROOT / "sandbox" / "scenarios" / "small.toml"
    command = [sys.executable, "-m", "orchestration.cli", "up", "--once", "--json"]
    command += ["--home", str(home.path), "--scenario", str(scenario), "--days", str(LOADED_DAYS)]
    done = subprocess.run(
        command, cwd=ROOT, env=home.environment(), capture_output=True, text=True, timeout=170, check=False
    )
    assert done.returncode == 0, done.stderr
    return LoadedHome(home.path, json.loads(done.stdout))


@dataclass(frozen=True)
class Api:
    """A running API process over the loaded home."""

    url: str
    home: LoadedHome
    log: Path

    def call(self, name: str, arguments: Any = None, *, token: str | None = "") -> httpx.Response:
        """POST to an operation as the owner, with another token, or (None) with none."""
        headers = {} if token is None else {"Authorization": f"Bearer {token or self.home.token}"}
        path = f"{self.url}/v1/{name.replace('.', '/')}"
        return httpx.post(path, json=arguments or {}, headers=headers, timeout=30)


@pytest.fixture(scope="session")
def api(loaded_home, tmp_path_factory) -> Iterator[Api]:
    """The API as `spreaders up` starts it, on a free port."""
    log = tmp_path_factory.mktemp("api") / "api.log"
    port = free_port()
    env = loaded_home.environment(SPREADERS_API_PORT=str(port))
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-m", "api"], cwd=ROOT, env=env, stdout=out, stderr=out)
    running = Api(f"http://127.0.0.1:{port}", loaded_home, log)
    try:
        wait_for(f"{running.url}/health", process, log)
        yield running
    finally:
        process.terminate()
        process.wait(20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once the address answers; fail with the log when the process ends first."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if httpx.get(url).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    pytest.fail(f"{url} does not answer: {log.read_text()[-2000:]}")


@pytest.hookimpl(tryfirst=True)  # the workers read the groups in the same hook
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep a file's tests on one worker, all that share the loaded home on one, and all of Spark on one."""
    if config.getoption("--fast"):
        items[:] = [item for item in items if is_fast(item)]
    for item in items:
        parts = item.path.relative_to(ROOT / "tests").parts
        group = "spark" if parts[:2] == ("transforms", "spark") else str(item.path)
        shares_home = parts[0] in {"api", "app"} or "loaded_home" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("faces" if shares_home else group))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse a run whose groups are not kept: each worker would build every home again."""
    if getattr(session.config.option, "loadgroup", False) and not all("@" in i.nodeid for i in session.items):
        raise pytest.UsageError("pytest-xdist keeps no groups of tests with this pytest")


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Name bytes by their parameter: archives hold the time they were made at, and workers compare ids."""
    del config
    return argname if isinstance(val, bytes) else None


SLOW_MARKS = {"browser", "jvm", "loop", "slow"}
SLOW_PARTS = {"sandbox", "own_sandbox", "launch_sandbox", "loaded_home", "api", "warehouse"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fast", action="store_true", help="only tests without Postgres, Spark or sandbox")


def is_fast(item: pytest.Item) -> bool:
    """Say whether a test starts nothing: by its marks and the fixtures it uses."""
    marks = {mark.name for mark in item.iter_markers()}
    return not (SLOW_MARKS & marks or SLOW_PARTS & set(getattr(item, "fixturenames", ())))


@pytest.fixture(autouse=True)
def _nothing_is_started(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test of `make test-fast` that opens Postgres or starts a sandbox."""
    if not request.config.getoption("--fast"):
        return

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a fast test starts Postgres or a sandbox: mark it slow")

    monkeypatch.setattr("lake.warehouse.Warehouse.open", refuse)
    monkeypatch.setattr("tests.conftest.start_sandbox", refuse, raising=False)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Run what is marked `shared` only where that folder is, before any fixture reads it."""
    if item.get_closest_marker("shared") and not SHARED.is_dir():
        miss(f"{SHARED} is not here: set SPREADERS_SHARED to the folder of real files")
