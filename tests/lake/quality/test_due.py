"""Which gold tables are checked again."""

from __future__ import annotations

import pytest

from lake.quality.due import find_due_gold
from lake.quality.result import Verdict


def verdict(table: str, word: str, fingerprint: str | None) -> Verdict:
    return Verdict("gold", table, word, word == "stop", (), None, fingerprint)


@pytest.mark.case("numbers/cost-of-a-day")
def test_a_gold_table_that_held_is_checked_again_only_when_its_rows_changed():
    judged = [
        verdict("same", "ok", "1"),
        verdict("changed", "ok", "1"),
        verdict("failed", "stop", "1"),
        verdict("warned", "warn", "1"),
        verdict("unpublished", "ok", None),
    ]
    names = ["same", "changed", "failed", "warned", "unpublished", "new"]
    due = find_due_gold(names, judged, dict.fromkeys(names, "1") | {"changed": "2"})
    assert due == ["changed", "failed", "warned", "unpublished", "new"]
