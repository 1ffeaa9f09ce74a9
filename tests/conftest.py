"""What tests of every room share: the sandbox as a real process on a free port."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

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
