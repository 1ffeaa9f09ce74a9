"""Errors of the command line: one sentence on stderr, one JSON object where JSON was asked for."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import NotFound
from orchestration import errors

SPREADERS = Path(sys.executable).with_name("spreaders")


def spreaders(*arguments):
    command = [str(SPREADERS), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def fail_with(error):
    def command(_arguments, *, standalone_mode):
        raise error

    return command


@pytest.fixture
def home(tmp_path):
    (tmp_path / "logs").mkdir()
    return tmp_path


def test_a_refusal_is_json_where_json_was_asked_for(home, capsys):
    error = NotFound("There is no channel 'x'.", asked="x")
    assert errors.run(fail_with(error), ["load", "x", "--json", "--home", str(home)]) == 2
    shown = capsys.readouterr()
    assert json.loads(shown.out) == {
        "ok": False,
        "error": "NotFound",
        "message": "There is no channel 'x'.",
        "evidence": {"asked": "x"},
    }
    assert "There is no channel 'x'." in shown.err


def test_a_refusal_without_json_leaves_stdout_empty(home, capsys):
    assert errors.run(fail_with(NotFound("No.")), ["load", "--home", str(home)]) == 2
    assert capsys.readouterr().out == ""


def test_an_unforeseen_error_is_one_sentence_and_its_traceback_is_in_the_log(home, capsys):
    assert errors.run(fail_with(KeyError("lost")), ["build", "--json", f"--home={home}"]) == 1
    shown = capsys.readouterr()
    answer = json.loads(shown.out)
    assert (answer["ok"], answer["error"]) == (False, "Unforeseen")
    log = home / "logs" / "spreaders.log"
    assert str(log) in answer["message"]
    assert "Traceback" not in shown.err
    assert "KeyError: 'lost'" in log.read_text()


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        RuntimeError("IO error: No space left on device (os error 28)"),
        type("DiskFull", (Exception,), {"sqlstate": "53100"})("could not write"),
    ],
)
def test_a_full_disk_is_called_that_whoever_reports_it(home, capsys, error):
    wrapped = RuntimeError("publish failed")
    wrapped.__cause__ = error
    for each in (error, wrapped):
        assert errors.run(fail_with(each), ["build", "--json", "--home", str(home)]) == 2
        answer = json.loads(capsys.readouterr().out)
        assert answer["error"] == "DiskFull"
        assert answer["message"].startswith("The disk is full")
        assert str(home) in answer["message"]


def test_a_stop_is_told(home, capsys):
    assert errors.run(fail_with(KeyboardInterrupt()), ["load", "--json", "--home", str(home)]) == 130
    shown = capsys.readouterr()
    assert json.loads(shown.out)["error"] == "Stopped"
    assert "Stopped; run again to go on." in shown.err


@pytest.mark.parametrize(
    ("arguments", "name", "word"),
    [
        (["build", "--json", "--nonsense"], "BadInput", "--nonsense"),
        (["up", "--once", "--json", "--days", "0"], "BadInput", "--days"),
        (["status", "--json", "--home", "/no/such/home"], "NotFound", "/no/such/home"),
        (["call", "analytics.getOverview", "{}", "--home", "/no/such/home"], "NotFound", "does not exist"),
    ],
)
def test_every_command_answers_errors_in_json(arguments, name, word):
    done = spreaders(*arguments)
    answer = json.loads(done.stdout)
    assert done.returncode == 2
    assert answer["error"] == name
    assert word in answer["message"]
    assert "Traceback" not in done.stderr
    assert not Path("/no").exists()


def test_a_mistyped_channel_is_answered_with_the_channels_there_are(tmp_path):
    done = spreaders("load", "tiktok", "--json", "--home", tmp_path)
    assert "the channels are facebook, google_ads" in json.loads(done.stdout)["message"]


def test_the_version_is_told():
    assert spreaders("--version").stdout.startswith("spreaders ")
