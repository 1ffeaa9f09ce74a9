"""Killed at any moment, or out of disk, a load loses nothing and doubles nothing."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from core.errors import SpreadersError
from ingestion.runner import load_channel
from ingestion.silver import write_silver
from lake.delta import Lake, LakeUnwritable
from lake.layout import Layer
from tests.ingestion.vendor import KEY, WORKSPACE, clock, filled, make_channel

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("SPREADERS_TEST_KILLS", "10"))
BATCH = 20
OWN_TO_A_LOAD = ["load_id", "load_seq"]


def start(folder, *accounts, before=None, batch=BATCH):
    command = [
        sys.executable,
        str(Path(__file__).with_name("load_once.py")),
        str(folder),
        str(batch),
        *accounts,
    ]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=before,  # noqa: PLW1509 - no thread runs yet
    )


def content(folder):
    """Every table's rows in order, without what names the load they came by."""
    lake = Lake(folder)
    layers: tuple[Layer, ...] = ("bronze", "silver")
    return {
        (layer, name): lake.read(layer, name, WORKSPACE).drop(OWN_TO_A_LOAD, strict=False).sort(pl.all())
        for layer in layers
        for name in lake.tables(layer)
    }


def assert_same(left, right):
    assert left.keys() == right.keys()
    for table, rows in left.items():
        assert_frame_equal(rows, right[table])


def load_here(folder, vendor=None):
    return load_channel(
        Lake(folder),
        make_channel(vendor or filled()),
        None,
        workspace=WORKSPACE,
        clock=clock(),
        days=60,
        hash_key=KEY,
    )


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "lake"
    assert not [result.error for result in load_here(folder) if result.error]
    return content(folder)


@pytest.mark.slow
def test_killed_at_random_moments_the_lake_ends_as_if_nothing_happened(tmp_path, uninterrupted):
    dice = random.Random(11)
    whole = start(tmp_path / "other")
    assert whole.stdout.readline() == "ready\n"
    begun = time.perf_counter()
    whole.communicate(timeout=60)
    took = time.perf_counter() - begun
    lake, killed = tmp_path / "lake", 0
    for number in range(5 * KILLS):
        child = start(lake)
        assert child.stdout.readline() == "ready\n"
        stop = threading.Timer(dice.uniform(0.0, took * 0.8), child.send_signal, [signal.SIGKILL])
        stop.start()
        _, errors = child.communicate(timeout=60)
        stop.cancel()
        assert child.returncode in {0, -signal.SIGKILL}, errors
        killed += child.returncode != 0
        if killed == KILLS:
            break
        if child.returncode == 0:  # it was quicker than its killer: the next kills want a lake to fill
            assert_same(content(lake), uninterrupted)
            lake = tmp_path / f"lake{number}"
    assert killed == KILLS
    last = start(lake)
    _, errors = last.communicate(timeout=60)
    assert last.returncode == 0, errors
    assert_same(content(lake), uninterrupted)


def test_a_death_between_bronze_and_silver_is_caught_up(tmp_path, uninterrupted, monkeypatch):
    class Died(BaseException):
        pass

    def die(*_, **__):
        raise Died

    folder = tmp_path / "lake"
    calls = []

    def die_at_second(*positional, **named):
        calls.append(positional)
        return write_silver(*positional, **named) if len(calls) != 2 else die()

    monkeypatch.setattr("ingestion.batch.write_silver", die_at_second)
    with pytest.raises(Died):
        load_here(folder)
    assert Lake(folder).read("bronze", "fake__ads", WORKSPACE).height == 240
    assert Lake(folder).read("silver", "ad_daily", WORKSPACE).is_empty()
    monkeypatch.undo()
    load_here(folder)
    assert_same(content(folder), uninterrupted)


def test_rows_and_marks_are_one_commit_whatever_commit_a_load_dies_after(
    tmp_path, uninterrupted, monkeypatch
):
    class Died(BaseException):
        pass

    append = Lake.append
    for last in range(1, 5):
        folder = tmp_path / f"lake{last}"
        commits = []

        def dying(lake, layer, *positional, commits=commits, last=last, **named):
            append(lake, layer, *positional, **named)
            commits.append(layer)
            if layer == "bronze" and commits.count("bronze") == last:
                raise Died

        monkeypatch.setattr(Lake, "append", dying)
        with pytest.raises(Died):
            load_here(folder)
        monkeypatch.undo()
        load_here(folder)
        assert_same(content(folder), uninterrupted)


@pytest.mark.slow
def test_four_processes_loading_at_once_lose_and_double_nothing(tmp_path):
    accounts = ("acc1", "acc2", "acc3", "acc4")
    pairs = [(accounts[turn - 1], accounts[turn]) for turn in range(4)]
    children = [start(tmp_path / "lake", *pair, batch=100) for pair in pairs]
    for child in children:
        _, errors = child.communicate(timeout=120)
        assert child.returncode == 0, errors
    load_here(tmp_path / "alone", filled(accounts=accounts))
    assert_same(content(tmp_path / "lake"), content(tmp_path / "alone"))


def limit_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, resource.RLIM_INFINITY))


def test_a_disk_that_takes_no_more_gives_one_sentence_and_loses_nothing(tmp_path, uninterrupted):
    child = start(tmp_path / "lake", before=limit_files)
    out, errors = child.communicate(timeout=60)
    assert child.returncode == 1, errors
    said = out.splitlines()[1:]
    assert said
    assert all("cannot be written (disk full or no right to write); make room" in line for line in said)
    load_here(tmp_path / "lake")
    assert_same(content(tmp_path / "lake"), uninterrupted)


def test_a_folder_one_may_not_write_is_said_in_one_sentence(tmp_path):
    (tmp_path / "lake").write_text("a file where the folder should be")
    results = load_here(tmp_path / "lake")
    assert all("cannot be written" in result.error for result in results)
    assert issubclass(LakeUnwritable, SpreadersError)
