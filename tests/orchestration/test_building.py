"""One build at a time per home: the second waits, is told for whom, and gives up in one sentence."""

import os
import subprocess
import sys

import pytest

from core.errors import Conflict
from orchestration.building import builder, building

HOLD = """
import sys, time
from pathlib import Path
from orchestration.building import building
sys.argv = ["/bin/spreaders", "build"]
with building(Path(%r)):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def other(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD % str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_build_waits_for_another_and_names_it(tmp_path, other):
    name = f"`spreaders build` (process {other.pid})"
    assert builder(tmp_path) == name
    with (
        pytest.raises(Conflict, match=r"still builds on .* run again") as refused,
        building(tmp_path, minutes=0.01),
    ):
        pytest.fail("both build")
    assert name in refused.value.message
    other.stdin.write("go\n")
    other.stdin.flush()
    with building(tmp_path):
        assert f"(process {os.getpid()})" in builder(tmp_path)


def test_a_killed_build_holds_nobody_up(tmp_path, other):
    other.kill()
    with building(tmp_path, minutes=0.1):
        pass
    assert builder(tmp_path) is None


def test_a_build_within_a_build_goes_through(tmp_path):
    with building(tmp_path), building(tmp_path, minutes=0.01):
        assert builder(tmp_path)


def test_a_torn_signature_still_tells_that_somebody_builds(tmp_path, other):
    (tmp_path / "build.lock").write_text('{"pi')
    assert builder(tmp_path) == "Another process"
