"""The launcher's children: named when they fail, gone when it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.errors import BadInput, Conflict, SpreadersError
from core.settings import Settings
from orchestration.processes import Processes, free_port, require_free_port

FOREVER = "import time; time.sleep(600)"
# Starts a child of its own and tells its id, as a server with workers does.
PARENT = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {FOREVER!r}])
print(child.pid, flush=True)
time.sleep(600)
"""
LAUNCHER = """
import sys
from pathlib import Path
from core.settings import Settings
from orchestration.processes import Processes
with Processes(Settings(home=Path(sys.argv[1]), _env_file=None)) as processes:
    child = processes.start("tiny", [sys.executable, "-c", sys.argv[2]], {}, pipe=True)
    print(child.pid, child.stdout.readline().decode().strip(), flush=True)
    processes.wait()
"""


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path, _env_file=None)


def is_gone(pid):
    """Whether a process has ended, buried or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return subprocess.run(["ps", "-p", str(pid)], capture_output=True, check=False).returncode != 0


def wait_until_gone(pid):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and not is_gone(pid):
        time.sleep(0.02)
    return is_gone(pid)


def test_an_occupied_port_is_told_with_the_setting_that_moves_it():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Conflict, match=f"Port {port} is in use.*SPREADERS_APP_PORT"):
            require_free_port("127.0.0.1", port, "SPREADERS_APP_PORT")


def test_a_free_port_is_accepted():
    require_free_port("127.0.0.1", free_port(), "SPREADERS_APP_PORT")


def test_a_child_that_dies_is_named_with_its_log(settings):
    with Processes(settings) as processes:
        child = processes.start("tiny", [sys.executable, "-c", "raise SystemExit(3)"], {})
        child.wait(20)
        with pytest.raises(SpreadersError, match=r"tiny stopped \(exit 3\); see .*tiny\.log"):
            processes.check()


def test_a_child_that_dies_before_it_answers_is_named_with_its_log(settings):
    with Processes(settings) as processes:
        child = processes.start("tiny", [sys.executable, "-c", "import sys; sys.exit('no luck')"], {})
        with pytest.raises(SpreadersError, match=r"tiny did not start .*tiny\.log"):
            processes.wait_for_port(free_port(), "tiny", child)
        assert "no luck" in processes.log_of("tiny").read_text()


def test_a_port_is_waited_for_until_somebody_listens(settings):
    port = free_port()
    listen = f"import socket, time; s = socket.socket(); s.bind(('127.0.0.1', {port})); s.listen(); {FOREVER}"
    with Processes(settings) as processes:
        child = processes.start("tiny", [sys.executable, "-c", listen], {})
        processes.wait_for_port(port, "tiny", child)
        with socket.create_connection(("127.0.0.1", port), 5):
            pass


def test_leaving_stops_a_child_and_what_it_started(settings):
    with Processes(settings) as processes:
        child = processes.start("tiny", [sys.executable, "-c", PARENT], {}, pipe=True)
        grandchild = int(child.stdout.readline())
        assert not is_gone(grandchild)
    assert child.returncode == -signal.SIGTERM
    assert wait_until_gone(grandchild)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_launcher_leaves_no_child(tmp_path, number):
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(tmp_path), PARENT], stdout=subprocess.PIPE, text=True
    )
    with launcher:
        child, grandchild = map(int, launcher.stdout.readline().split())
        launcher.send_signal(number)
        # A signal that comes before it waits ends it as it ends any Python.
        assert launcher.wait(20) in {0, -signal.SIGINT}
    assert wait_until_gone(child)
    assert wait_until_gone(grandchild)


def test_a_sandbox_that_refuses_its_scenario_is_told_in_its_own_words(settings, tmp_path):
    scenario = tmp_path / "mine.toml"
    scenario.write_text("seeds = 3\n")
    with Processes(settings) as processes, pytest.raises(BadInput, match="seeds"):
        processes.start_sandbox(["--scenario", str(scenario), "--days", "3"], port=0)


def test_children_get_the_settings_and_no_other_homes(settings, tmp_path):
    with Processes(settings) as processes:
        show = "import os; print(os.environ['SPREADERS_HOME'], os.environ['MORE'], flush=True)"
        child = processes.start("tiny", [sys.executable, "-c", show], {"MORE": "1"}, pipe=True)
        assert child.stdout.readline().decode().split() == [str(tmp_path), "1"]
    assert "MORE" not in os.environ


def test_relative_paths_of_settings_are_the_same_for_children(tmp_path, monkeypatch):
    folder = (tmp_path / "folder").resolve()
    folder.mkdir()
    (folder / "my.env").touch()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SPREADERS_ENV_FILE", "my.env")
    monkeypatch.setenv("SPREADERS_SPARK_JARS", "jars")
    with Processes(Settings(home=tmp_path / "home", _env_file=None)) as processes:
        names = ("SPREADERS_ENV_FILE", "SPREADERS_SPARK_JARS")
        show = f"import os; print([os.environ[name] for name in {names}], flush=True)"
        child = processes.start("tiny", [sys.executable, "-c", show], {}, pipe=True)
        assert child.stdout.readline().decode().strip() == str([str(folder / "my.env"), str(folder / "jars")])
