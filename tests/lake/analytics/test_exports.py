"""Exports come back exactly as they were, in every format, and are no danger to a spreadsheet."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pytest
from deltalake import write_deltalake

from core.errors import BadInput, Conflict, NotFound
from lake.analytics.exporting import write_rows
from lake.analytics.exports import export_data
from lake.analytics.overview import get_overview
from lake.state.files import find, verified
from tests.transforms.market import LAST, OURS, THEIRS

KINDS = {
    "text": pa.string(), "count": pa.int64(), "real": pa.float64(), "flag": pa.bool_(), "day": pa.date32(),
    "at": pa.timestamp("us", "UTC"),
}  # fmt: skip
AT = datetime(2026, 8, 31, 12, 0, 0, 1, tzinfo=UTC)
ROWS = [
    ("=1+2", -7, 0.1 + 0.2, True, LAST, AT),
    ("+49 30", 2**62, -1.5, False, LAST, AT),
    ("-x", None, None, None, None, None),
    ("@SUM(A1)", 0, 0.0, True, LAST, AT),
    ("\tx", 1, 1.0, True, LAST, AT),
    ("'quoted", 1, 1.0, True, LAST, AT),
    ("'=1", 1, 1.0, True, LAST, AT),
    ("", 1, 1.0, True, LAST, AT),
    (None, 1, 1.0, True, LAST, AT),
    ('say "hi",\nthere', 1, 1.0, True, LAST, AT),
    ("Käse 猫", 1, 1e-300, True, LAST, AT),
]


def write(path, form):
    assert write_rows(path, form, KINDS, iter([ROWS[:4], ROWS[4:]])) == len(ROWS)
    return path


def test_parquet_is_exact_and_typed(tmp_path):
    table = pl.read_parquet(write(tmp_path / "x", "parquet"))
    assert table.rows() == ROWS


def test_json_is_exact(tmp_path):
    rows = json.loads(write(tmp_path / "x", "json").read_text())
    assert [row["text"] for row in rows] == [row[0] for row in ROWS]
    assert [(row["count"], row["real"], row["flag"]) for row in rows] == [row[1:4] for row in ROWS]
    assert rows[0]["at"] == AT.isoformat()


def test_csv_is_exact_once_the_apostrophes_are_off_and_nothing_in_it_runs(tmp_path):
    kinds = {"text": pl.String, "count": pl.Int64, "real": pl.Float64, "flag": pl.Boolean, "day": pl.Date}
    read = pl.read_csv(write(tmp_path / "x", "csv"), schema_overrides=kinds)
    texts = read["text"].to_list()
    assert not any(text and text[0] in "=+-@\t\r" for text in texts)
    assert [text[1:] if text and text[0] == "'" else text for text in texts] == [row[0] for row in ROWS]
    assert read.select("count", "real", "flag", "day").rows() == [row[1:5] for row in ROWS]
    assert read["at"][0] == AT.isoformat()


def test_no_rows_are_a_file_too(tmp_path):
    for form in ("csv", "parquet", "json"):
        assert write_rows(tmp_path / form, form, KINDS, iter([])) == 0
    assert pl.read_parquet(tmp_path / "parquet").columns == list(KINDS)
    assert json.loads((tmp_path / "json").read_text()) == []


# --- on the market made by hand ---------------------------------------------------------------------


def exported(ctx, **asked):
    answer = export_data(ctx, **asked)
    file, path = find(ctx, answer.file.id)
    assert (file, path.stat().st_size) == (answer.file, file.bytes)
    return answer, path


@pytest.mark.parametrize("form", ["csv", "parquet", "json"])
def test_a_mart_adds_up_to_the_overview(ctx, form):
    days = {"first_on": date(2026, 8, 1), "last_on": LAST}
    answer, path = exported(ctx, kind="mart", name="fct_orders", format=form, **days)
    rows = {"csv": pl.read_csv, "parquet": pl.read_parquet, "json": pl.read_json}[form](path)
    assert answer.rows == len(rows) == 32
    assert "workspace_id" not in rows.columns
    kpis = {kpi.name: kpi.value for kpi in get_overview(ctx, **days).kpis}
    assert rows["revenue_minor"].sum() == kpis["revenue_minor"]
    assert answer.file.name == f"fct_orders.{form}"


def test_columns_filters_and_limit_are_kept_in_order(ctx):
    chosen = {"columns": ["order_id", "credited_channel", "is_new_customer"], "format": "parquet"}
    only = [
        {"column": "credited_channel", "is_in": ["meta_ads"]},
        {"column": "credited_content", "is_in": ["m1", None]},
    ]
    answer, path = exported(ctx, kind="mart", name="fct_orders", filters=_filters(only), limit=5, **chosen)
    rows = pl.read_parquet(path)
    assert rows.columns == list(answer.columns) == chosen["columns"]
    assert len(rows) == answer.rows == 5
    assert set(rows["credited_channel"]) == {"meta_ads"}
    flags = _filters([{"column": "is_new_customer", "is_in": [False]}])
    assert exported(ctx, kind="mart", name="fct_orders", filters=flags)[0].rows == 1


def _filters(items):
    from lake.analytics.exports import Filter

    return [Filter.model_validate(item) for item in items]


def test_a_metric_is_exported_over_time(ctx):
    days = {"first_on": date(2026, 8, 1), "last_on": LAST}
    _, path = exported(ctx, kind="metric", name="revenue_minor", format="parquet", **days)
    overview = get_overview(ctx, **days)
    assert pl.read_parquet(path)["value"].to_list() == [day.revenue_minor for day in overview.trend]


def test_the_present_members_of_an_audience_are_exported(ctx):
    with pytest.raises(NotFound, match="audience"):
        export_data(ctx, kind="audience", name="a")
    rows = [
        {"workspace_id": w, "audience_id": "a", "version": 1, "person_id": p, "since_on": LAST, "until_on": u}
        for w, p, u in ((OURS, "anna", None), (OURS, "gone", LAST), (THEIRS, "other", None))
    ]
    table = pl.DataFrame(rows, schema_overrides={"version": pl.Int64, "until_on": pl.Date})
    write_deltalake(ctx.service("lake").path / "gold" / "audience_member", table)
    _, path = exported(ctx, kind="audience", name="a", format="parquet")
    assert pl.read_parquet(path)["person_id"].to_list() == ["anna"]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"kind": "mart", "name": "pg_authid"}, "no such mart; there are .*fct_orders"),
        ({"kind": "mart", "name": "fct_orders", "columns": ["nothing"]}, "no such column"),
        ({"kind": "mart", "name": "dim_account", "first_on": LAST}, "has no day"),
        ({"kind": "metric", "name": "happiness"}, "no metric"),
        ({"kind": "metric", "name": "roas", "columns": ["value"]}, "exported whole"),
    ],
)
def test_what_cannot_be_exported_is_said(ctx, asked, told):
    with pytest.raises(BadInput, match=told):
        export_data(ctx, **asked)


def test_a_file_is_its_workspaces_alone_and_known_by_its_hash(ctx, theirs):
    answer, path = exported(ctx, kind="mart", name="fct_orders")
    with pytest.raises(NotFound):
        find(theirs, answer.file.id)
    assert export_data(theirs, kind="mart", name="fct_orders").rows == 0
    path.write_text("changed")
    with pytest.raises(Conflict, match="changed since"):
        verified(ctx, answer.file.id, "export")
    with pytest.raises(BadInput, match="no backup"):
        verified(ctx, answer.file.id, "backup")


def test_exact_numerics_become_text(tmp_path):
    kinds = {"rate": pa.string()}
    write_rows(tmp_path / "x", "parquet", kinds, iter([[(Decimal("1.10"),)]]))
    assert pl.read_parquet(tmp_path / "x")["rate"][0] == "1.10"
