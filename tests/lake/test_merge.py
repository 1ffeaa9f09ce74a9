"""A change replaces what its records said, and nothing else."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime

import polars as pl
import pytest

from lake.delta import Lake
from lake.maintenance import maintain
from lake.merge import Change, apply_change

W = "w1"
AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


def lines(*rows):
    """Return order lines from (order, line, day, quantity)."""
    return pl.DataFrame(
        {
            "record_key": [r[0] for r in rows],
            "order_id": [r[0] for r in rows],
            "line_id": [r[1] for r in rows],
            "day_on": [r[2] for r in rows],
            "quantity": [r[3] for r in rows],
            "net_micros": [1 for _ in rows],
            "currency": ["EUR" for _ in rows],
            "load_id": ["l" for _ in rows],
            "loaded_at": [AT for _ in rows],
        },
        schema_overrides={
            "day_on": pl.Date,
            "record_key": pl.String,
            "order_id": pl.String,
            "line_id": pl.String,
        },
    )


def change(rows, replaced=(), account="acc", workspace=W, months=None):
    return Change(workspace, "c", account, "s", rows, pl.Series(list(replaced), dtype=pl.String), months)


def stored(lake, workspace=W):
    return sorted(
        lake.read("silver", "order_line", workspace)["order_id", "line_id", "quantity", "month"].rows()
    )


JAN, FEB = date(2026, 1, 31), date(2026, 2, 1)


def test_first_rows_are_appended_and_changed_ones_replaced(lake):
    apply_change(lake, "order_line", change(lines(("o1", "l1", JAN, 1), ("o1", "l2", JAN, 2))), {"m": 1})
    apply_change(
        lake, "order_line", change(lines(("o1", "l1", JAN, 5), ("o2", "l1", FEB, 1)), ["o1"]), {"m": 2}
    )
    assert stored(lake) == [("o1", "l1", 5, "2026-01"), ("o2", "l1", 1, "2026-02")]
    assert lake.mark("silver", "order_line", "m") == 2


def test_a_record_taken_back_leaves_no_row(lake):
    apply_change(lake, "order_line", change(lines(("o1", "l1", JAN, 1), ("o2", "l1", JAN, 1))), {})
    apply_change(lake, "order_line", change(lines(), ["o1", "never there"]), {})
    assert stored(lake) == [("o2", "l1", 1, "2026-01")]


def test_a_row_whose_day_moves_is_in_one_month_only(lake):
    apply_change(lake, "order_line", change(lines(("o1", "l1", JAN, 1))), {})
    apply_change(lake, "order_line", change(lines(("o1", "l1", FEB, 1)), ["o1"]), {})
    assert stored(lake) == [("o1", "l1", 1, "2026-02")]


def test_a_row_that_is_there_already_is_not_doubled(lake):
    rows = lines(("o1", "l1", JAN, 1))
    apply_change(lake, "order_line", change(rows), {})
    apply_change(lake, "order_line", change(rows), {})
    assert stored(lake) == [("o1", "l1", 1, "2026-01")]


def test_other_accounts_and_workspaces_with_the_same_keys_are_untouched(lake):
    rows = lines(("o1", "l1", JAN, 1))
    for account, workspace in (("acc", W), ("it's", W), ("acc", "w2")):
        apply_change(lake, "order_line", change(rows, account=account, workspace=workspace), {})
    apply_change(lake, "order_line", change(lines(), ["o1"], account="it's"), {})
    assert len(stored(lake)) == 1
    assert len(stored(lake, "w2")) == 1


def test_a_changed_row_of_the_same_key_in_another_workspace_stays(lake):
    rows = lines(("o1", "l1", JAN, 1))
    apply_change(lake, "order_line", change(rows), {})
    apply_change(lake, "order_line", change(rows, workspace="w2"), {})
    apply_change(lake, "order_line", change(lines(("o1", "l1", JAN, 9)), ["o1"]), {})
    assert stored(lake) == [("o1", "l1", 9, "2026-01")]
    assert stored(lake, "w2") == [("o1", "l1", 1, "2026-01")]


def test_a_change_of_nothing_still_carries_its_mark(lake):
    apply_change(lake, "order_line", change(lines()), {"m": 7})
    assert lake.mark("silver", "order_line", "m") == 7


def test_a_change_touches_the_files_of_its_months_only(lake):
    apply_change(lake, "order_line", change(lines(("o1", "l1", JAN, 1), ("o2", "l1", FEB, 1))), {})
    january = lake.open("silver", "order_line").file_uris([("month", "=", "2026-01")])
    apply_change(lake, "order_line", change(lines(("o2", "l1", FEB, 9)), ["o2"], months=["2026-02"]), {})
    assert lake.open("silver", "order_line").file_uris([("month", "=", "2026-01")]) == january
    assert ("o2", "l1", 9, "2026-02") in stored(lake)


WRITERS, MERGES = 4, 6


def test_writers_compaction_and_reads_do_not_harm_each_other(lake):
    apply_change(lake, "order_line", change(lines(("shared", "l1", JAN, 0))), {})
    failures = []

    def write(number):
        try:
            for turn in range(MERGES):
                own = (f"o{number}-{turn}", "l1", JAN, 1)
                rows = lines(own, ("shared", "l1", JAN, number))
                apply_change(lake, "order_line", change(rows, ["shared"]), {f"writer:{number}": turn})
        except Exception as error:  # noqa: BLE001 - told below
            failures.append(error)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        maintain(lake, "silver", "order_line")
        keys = lake.read("silver", "order_line", W)["order_id"]
        assert keys.n_unique() == len(keys)
    assert failures == []
    assert len(stored(lake)) == 1 + WRITERS * MERGES
    marks = [lake.mark("silver", "order_line", f"writer:{number}") for number in range(WRITERS)]
    assert marks == [MERGES - 1] * WRITERS
