"""The version that held: the last good one, tombstones included, up to an instant or after a batch."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from lake.asof import select_versions
from lake.delta import Lake

W = "w1"


def at(day):
    return datetime(2026, 3, day, tzinfo=UTC)


@pytest.fixture
def lake(tmp_path):
    lake = Lake(tmp_path / "lake")
    history = [
        ("a", "a1", None, False, 1),
        ("b", "b1", None, False, 1),
        ("a", "a2", None, False, 2),
        ("b", "b2", "bad", False, 2),
        ("c", "c1", "bad", False, 2),
        ("a", None, None, True, 3),
    ]
    for key, payload, reason, is_deleted, seq in history:
        row = {
            "workspace_id": W,
            "account_id": "acc",
            "record_key": key,
            "payload": payload,
            "is_deleted": is_deleted,
            "quarantined_because": reason,
            "load_seq": seq,
            "loaded_at": at(seq),
        }
        lake.append("bronze", "c__s", pl.DataFrame([row]))
    return lake


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [("a", None), ("b", "b1")]),
        ({"at": at(1)}, [("a", "a1"), ("b", "b1")]),
        ({"at": at(2)}, [("a", "a2"), ("b", "b1")]),
        ({"after_seq": 1}, [("a", None)]),
        ({"after_seq": 3}, []),
        ({"account_id": "other"}, []),
    ],
)
def test_the_version_that_held_is_returned(lake, options, expected):
    versions = select_versions(lake, "c", "s", W, **options)
    assert sorted(versions["record_key", "payload"].rows()) == expected


def test_another_workspace_has_no_versions(lake):
    assert select_versions(lake, "c", "s", "w2").is_empty()
