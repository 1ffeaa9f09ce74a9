"""Reads are a workspace's own; commits hold, or say in one sentence why not."""

from __future__ import annotations

import threading

import polars as pl
import pytest
from deltalake.exceptions import CommitFailedError

from core.disk import DiskFull
from core.errors import BadInput, Conflict
from lake.delta import Lake
from lake.layout import layout_of

MINE, THEIRS = "w1", "w2"


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


def row(workspace=MINE, field="a"):
    return pl.DataFrame({"workspace_id": [workspace], "channel": ["c"], "stream": ["s"], "field": [field]})


def test_a_table_never_written_reads_as_empty_with_its_columns(lake):
    rows = lake.read("silver", "ad_daily", MINE)
    assert rows.is_empty()
    assert rows.schema == layout_of("silver", "ad_daily").empty().schema
    assert lake.version("silver", "ad_daily") is None
    assert lake.mark("silver", "ad_daily", "x") is None


def test_a_workspace_reads_its_own_rows_only(lake):
    lake.append("ops", "drift", pl.concat([row(MINE), row(THEIRS, "b")]))
    assert lake.read("ops", "drift", MINE, columns=["field"])["field"].to_list() == ["a"]
    assert lake.read("ops", "drift", THEIRS, pl.col("field") == "a").is_empty()


def test_marks_are_committed_with_the_rows_and_survive_a_checkpoint(lake):
    for number in range(25):
        lake.append("ops", "drift", row(), {"load:x": number})
    assert lake.mark("ops", "drift", "load:x") == 24
    assert list(lake.folder("ops", "drift").glob("_delta_log/*.checkpoint.parquet"))


def test_a_mark_alone_makes_a_commit_without_rows(lake):
    lake.append("ops", "drift", row())
    lake.append("ops", "drift", row().clear(), {"load:x": 1})
    assert lake.mark("ops", "drift", "load:x") == 1
    assert lake.read("ops", "drift", MINE).height == 1


@pytest.mark.parametrize("name", ["../x", "no_such", "Ad", ""])
def test_an_undeclared_table_is_refused(lake, name):
    with pytest.raises(BadInput):
        lake.read("silver", name, MINE)


def test_a_conflict_is_tried_again_on_the_newest_version(lake):
    lake.append("ops", "drift", row())
    seen = []

    def act(table):
        seen.append(table.version())
        if len(seen) == 1:
            lake.open("ops", "drift").optimize.compact()
            lake.append("ops", "load", pl.DataFrame({"workspace_id": [MINE]}))
            raise CommitFailedError("a concurrent transaction added new data")
        return "done"

    assert lake.commit("ops", "drift", act) == "done"
    assert len(seen) == 2


def test_endless_conflict_ends_in_one_sentence(lake, monkeypatch):
    monkeypatch.setattr("lake.delta.FIRST_PAUSE_SECONDS", 0)

    def act(_):
        raise CommitFailedError("a concurrent transaction added new data")

    with pytest.raises(Conflict, match="Other writers kept changing ops drift"):
        lake.commit("ops", "drift", act)


def test_a_full_disk_is_named(lake):
    def act(_):
        raise OSError(28, "No space left on device")

    with pytest.raises(DiskFull, match="The disk is full: .* make room"):
        lake.commit("ops", "drift", act)


def test_maintenance_waits_for_writers_and_writers_for_it(lake):
    order = []
    inside, leave = threading.Event(), threading.Event()

    def write():
        with lake.lock("ops", "drift", alone=False):
            inside.set()
            leave.wait(5)
            order.append("write")

    def maintain():
        inside.wait(5)
        with lake.lock("ops", "drift", alone=True):
            order.append("maintain")

    threads = [threading.Thread(target=write), threading.Thread(target=maintain)]
    for thread in threads:
        thread.start()
    inside.wait(5)
    leave.set()
    for thread in threads:
        thread.join(5)
    assert order == ["write", "maintain"]


def test_a_commit_waits_for_maintenance_from_its_first_try(lake):
    lake.append("ops", "drift", row())
    written = threading.Event()

    def write():
        lake.append("ops", "drift", row(field="b"))
        written.set()

    with lake.lock("ops", "drift", alone=True):
        writer = threading.Thread(target=write)
        writer.start()
        assert not written.wait(0.5)
    assert written.wait(30)
    writer.join()


def test_writers_share_the_table(lake):
    with lake.lock("ops", "drift", alone=False), lake.lock("ops", "drift", alone=False):
        assert lake.tables("ops") == []


def test_statistics_hold_no_column_that_may_describe_a_person():
    for name in ("touch", "order", "customer", "ad_daily"):
        kept = set(layout_of("silver", name).statistics.split(","))
        assert kept <= {"account_id", "day_on", "loaded_at"}
    assert layout_of("bronze", "a__b").statistics == "account_id,day_on,load_seq,loaded_at"
