"""Rows of this process and rows of an engine replace the same part of a gold table."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import polars as pl
import pytest

from transforms.spark.tables import Tables

NOW = datetime(2026, 9, 1, tzinfo=UTC)
# More than one message of an engine's protocol may hold.
MANY = 1_500_000


def rows(*names, conversions=1.0):
    return pl.DataFrame(
        {
            "marketing_channel": names,
            "currency": "EUR",
            "conversions": conversions,
            "value_micros": 0.0,
            "share": 1.0,
            "path_share": 1.0,
            "share_low": 1.0,
            "share_high": 1.0,
            "spend_micros": None,
            "doubts": None,
            "computed_at": NOW,
        },
        schema_overrides={"spend_micros": pl.Int64, "doubts": pl.String},
    )


@pytest.mark.parametrize("is_here", [True, False], ids=["of this process", "of the engine"])
def test_only_the_workspace_and_the_scope_are_replaced(session, lake, is_here):
    ours, theirs = (Tables(session, lake, uuid4()) for _ in range(2))

    def put(tables, some, days):
        tables.replace("channel_uplift", some if is_here else tables.send(some), window_days=days)

    put(ours, rows("old", "gone"), 30)
    put(ours, rows("other window"), 7)
    put(theirs, rows("theirs"), 30)
    put(ours, rows("new", conversions=2.0), 30)
    found = lake.read("gold", "channel_uplift", ours.workspace).sort("window_days")
    assert found["marketing_channel"].to_list() == ["other window", "new"]
    assert found["conversions"].to_list() == [1.0, 2.0]
    assert found["computed_at"].unique().to_list() == [NOW]
    assert lake.read("gold", "channel_uplift", theirs.workspace)["marketing_channel"].to_list() == ["theirs"]


def test_an_empty_table_here_empties_the_scope(session, lake):
    tables = Tables(session, lake, uuid4())
    tables.replace("channel_uplift", rows("old"), window_days=30)
    tables.replace("channel_uplift", rows().clear(), window_days=30)
    assert lake.count("gold", "channel_uplift", tables.workspace) == 0


def test_more_rows_than_a_message_holds_are_written(sail, lake):
    tables = Tables(sail, lake, uuid4())
    keys = pl.int_range(MANY, eager=True).cast(pl.String).str.zfill(64)
    table = pl.DataFrame({"key_kind": "browser", "key": keys, "person_id": keys})
    tables.replace("person_key", table)
    assert lake.count("gold", "person_key", tables.workspace) == MANY
