"""What keeps a running home up: children start again, end with their launcher, and nothing stops the rest."""

import os
import signal
import subprocess
import sys
import time

import pytest

from core.settings import Settings
from orchestration import running
from orchestration.processes import Processes
from orchestration.supervision import Supervisor

FOREVER = "import time; time.sleep(600)"
LAUNCHER = """
import sys, time
from pathlib import Path
from core.settings import Settings
from orchestration.processes import Processes
with Processes(Settings(home=Path(sys.argv[1]), _env_file=None)) as processes:
    print(processes.start("tiny", [sys.executable, "-c", sys.argv[2]], {}).pid, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path, _env_file=None)


def wait_for(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not condition():
        time.sleep(0.05)
    return condition()


def launch(home, code=FOREVER):
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(home), code], stdout=subprocess.PIPE, text=True
    )
    return launcher, int(launcher.stdout.readline())


def noted(home):
    return [child.pid for launcher in running.launchers(home) for child in launcher.children]


def test_a_child_that_is_killed_is_named_and_starts_again(settings):
    told = []
    with Processes(settings) as processes:
        child = processes.start("tiny", [sys.executable, "-c", FOREVER], {})
        with Supervisor(processes, told.append):
            os.kill(child.pid, signal.SIGKILL)
            assert wait_for(lambda: noted(settings.home) not in ([], [child.pid]))
            fresh = processes._children[0].process
            assert fresh.poll() is None
            assert noted(settings.home) == [fresh.pid]
    assert fresh.poll() is not None
    assert len(told) == 1
    assert "tiny ended by itself (exit -9)" in told[0]
    assert "tiny.log" in told[0]


def test_a_child_that_ends_at_once_starts_again_at_growing_pauses(settings, monkeypatch):
    monkeypatch.setattr("orchestration.processes.FIRST_PAUSE", 0.2)
    told = []
    with Processes(settings) as processes:
        processes.start("tiny", [sys.executable, "-c", "raise SystemExit(3)"], {})
        deadline = time.monotonic() + 4
        while time.monotonic() < deadline:
            processes.revive(told.append)
            time.sleep(0.02)
    # 0.2 + 0.4 + 0.8 + 1.6 s of pauses fit in four seconds; without them there would be dozens.
    assert 2 <= len(told) <= 5


def test_an_error_of_one_chore_or_start_stops_no_other(settings):
    told, seen = [], []

    def broken():
        raise RuntimeError("no luck")

    def late():
        yield
        seen.append("late")
        raise OSError("no port")

    with Processes(settings) as processes, Supervisor(processes, told.append) as supervisor:
        supervisor.chores += [broken, lambda: seen.append("chore")]
        supervisor.begin(late())
        assert wait_for(lambda: "late" in seen and seen.count("chore") > 2)
    assert told == ["RuntimeError: no luck", "OSError: no port"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel of Linux does this")
def test_children_end_when_their_launcher_is_killed(tmp_path):
    launcher, child = launch(tmp_path)
    with launcher:
        launcher.kill()
    assert wait_for(lambda: not running.started(child))


def test_the_next_launcher_ends_what_a_killed_one_left(settings):
    # A child in a session of its own that nothing ties to its launcher, as on other systems than Linux.
    orphan = subprocess.Popen([sys.executable, "-c", FOREVER], start_new_session=True)
    gone = subprocess.Popen([sys.executable, "-c", FOREVER])
    noted = running.process_of("spreaders", gone.pid)
    running.note(settings.home, noted, [running.process_of("api", orphan.pid)])
    with Processes(settings):
        assert orphan.poll() is None  # its launcher runs
    gone.kill()
    gone.wait()
    with Processes(settings):
        assert orphan.wait(20) == -signal.SIGTERM
    assert not list(running.launchers(settings.home))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_what_a_child_started_ends_even_when_the_child_is_gone(settings):
    code = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {FOREVER!r}]).pid)"
    child = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "SPREADERS_HOME": str(settings.home)},
        start_new_session=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    noted_child = running.process_of("dagster-code", child.pid)
    with child:
        grandchild = int(child.stdout.readline())
    running.note(settings.home, running.Process("spreaders", 2**22 - 1, "1"), [noted_child])
    with Processes(settings):
        assert wait_for(lambda: not running.started(grandchild))


def test_a_number_used_again_is_not_taken_for_the_old_process(settings):
    stranger = subprocess.Popen([sys.executable, "-c", FOREVER], start_new_session=True)
    try:
        gone = running.Process("spreaders", 2**22 - 1, "1")
        running.note(settings.home, gone, [running.Process("api", stranger.pid, "another instant")])
        with Processes(settings):
            assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_torn_note_of_children_is_dropped(settings):
    folder = settings.home / running.FOLDER
    folder.mkdir()
    (folder / "12.json").write_text('{"launcher": {"na')
    with Processes(settings) as processes:
        processes.start("tiny", [sys.executable, "-c", FOREVER], {})
    assert not list(folder.glob("*.json"))


def test_only_one_up_runs_on_a_home(tmp_path):
    with running.only_up(tmp_path) as first, running.only_up(tmp_path) as second:
        assert (first, second) == (True, False)
    with running.only_up(tmp_path) as third:
        assert third
