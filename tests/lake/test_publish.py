import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from lake.layout import BRONZE
from lake.publish import publish
from lake.schemas import SILVER

ROOT = Path(__file__).parents[2]
AT = datetime(2026, 8, 1, 6, tzinfo=UTC)


def touches(workspace, days, *, channel="site", note=""):
    frame = pl.DataFrame({"day_on": days}).with_row_index("n")
    return frame.select(
        pl.lit(workspace).alias("workspace_id"),
        pl.lit(channel).alias("channel"),
        pl.lit("site").alias("account_id"),
        pl.format("e{}", "n").alias("event_id"),
        pl.lit("page_view").alias("kind"),
        pl.lit(AT).alias("occurred_at"),
        "day_on",
        pl.lit("a1").alias("anonymous_id"),
        pl.lit(note).alias("utm_campaign"),
        pl.lit(12_340_000).alias("value_micros"),
        pl.lit(AT).alias("loaded_at"),
        pl.col("day_on").dt.strftime("%Y-%m").alias("month"),
    )


DAYS = [date(2026, 7, 30), date(2026, 7, 31), date(2026, 8, 1)]


def written(done):
    return {p.table: (p.rows, p.removed) for p in done if p.rows or p.removed}


def rows(warehouse, workspace, query="SELECT * FROM lake.touch ORDER BY event_id"):
    with warehouse.connect(workspace) as link:
        return link.execute(query).fetchall()


def test_all_tables_exist_after_the_first_publication_of_an_empty_lake(lake, warehouse, workspace):
    done = publish(lake, warehouse, workspace)
    assert written(done) == {}
    with warehouse.connect(workspace) as link:
        found = link.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'lake'").fetchall()
    assert {t for (t,) in found} >= {*SILVER, "ops_load", "ops_drift", "quarantine", "publication"}


def test_a_second_publication_writes_nothing(lake, warehouse, workspace):
    lake.append("silver", "touch", touches(workspace, DAYS))
    assert written(publish(lake, warehouse, workspace)) == {"touch": (3, 0)}
    before = rows(warehouse, workspace, "SELECT xmin::text, ctid::text FROM lake.touch ORDER BY 1, 2")
    assert written(publish(lake, warehouse, workspace)) == {}
    assert rows(warehouse, workspace, "SELECT xmin::text, ctid::text FROM lake.touch ORDER BY 1, 2") == before


def test_values_arrive_as_they_are_in_the_lake(lake, warehouse, workspace):
    awkward = ['say "hi", then; go\n', "", None, "\\N", "é 漢字 🎈", "a\tb\\"]
    frame = touches(workspace, [DAYS[0]] * 6).with_columns(
        pl.Series("utm_campaign", awkward), value_micros=pl.Series([2**62, -1, 0, None, 1, 2])
    )
    lake.append("silver", "touch", frame)
    publish(lake, warehouse, workspace)
    got = rows(
        warehouse,
        workspace,
        "SELECT utm_campaign, value_micros, occurred_at, day_on, order_id FROM lake.touch ORDER BY event_id",
    )
    assert [r[0] for r in got] == awkward
    assert [r[1] for r in got] == [2**62, -1, 0, None, 1, 2]
    assert {r[2:] for r in got} == {(AT, DAYS[0], None)}


def test_a_text_with_a_null_character_is_still_published(lake, warehouse, workspace):
    lake.append("silver", "touch", touches(workspace, DAYS[:1], note="a\0b"))
    publish(lake, warehouse, workspace)
    assert rows(warehouse, workspace, "SELECT utm_campaign FROM lake.touch") == [("a\ufffdb",)]


def test_only_the_new_row_of_a_month_is_moved(lake, warehouse, workspace):
    lake.append("silver", "touch", touches(workspace, DAYS))
    publish(lake, warehouse, workspace)
    extra = touches(workspace, [DAYS[2]]).with_columns(event_id=pl.lit("new"))
    lake.append("silver", "touch", extra)
    assert written(publish(lake, warehouse, workspace)) == {"touch": (1, 0)}
    assert len(rows(warehouse, workspace)) == 4


def days_of(warehouse, workspace):
    query = "SELECT partition::jsonb ->> 'month', days FROM lake.publication WHERE table_name = 'touch'"
    return dict(rows(warehouse, workspace, query))


def test_a_month_tells_which_of_its_days_changed_and_not_which_file_holds_them(lake, warehouse, workspace):
    lake.append("silver", "touch", touches(workspace, DAYS))
    publish(lake, warehouse, workspace)
    before = days_of(warehouse, workspace)
    assert {month: sorted(days) for month, days in before.items()} == {
        "2026-07": ["2026-07-30", "2026-07-31"],
        "2026-08": ["2026-08-01"],
    }
    lake.commit("silver", "touch", lambda table: table.delete("day_on = '2026-07-31'"))
    lake.append("silver", "touch", touches(workspace, DAYS)[1:2])
    assert written(publish(lake, warehouse, workspace)) == {}
    assert days_of(warehouse, workspace) == before
    lake.append("silver", "touch", touches(workspace, DAYS, note="twice")[1:2])
    publish(lake, warehouse, workspace)
    after = days_of(warehouse, workspace)
    assert after["2026-07"]["2026-07-30"] == before["2026-07"]["2026-07-30"]
    assert after["2026-07"]["2026-07-31"] != before["2026-07"]["2026-07-31"]


def test_rows_deleted_in_the_lake_disappear(lake, warehouse, workspace):
    lake.append("silver", "touch", touches(workspace, DAYS))
    publish(lake, warehouse, workspace)
    lake.commit("silver", "touch", lambda table: table.delete("month = '2026-07'"))
    publish(lake, warehouse, workspace)
    assert [r[6] for r in rows(warehouse, workspace)] == [DAYS[2]]
    lake.commit("silver", "touch", lambda table: table.delete())
    publish(lake, warehouse, workspace)
    assert rows(warehouse, workspace) == []


def test_one_workspace_is_published_without_touching_another(lake, warehouse, workspace):
    other = f"{workspace}-other"
    lake.append("silver", "touch", pl.concat([touches(workspace, DAYS), touches(other, DAYS[:1])]))
    assert written(publish(lake, warehouse, workspace)) == {"touch": (3, 0)}
    assert rows(warehouse, other) == []
    publish(lake, warehouse, other)
    lake.commit("silver", "touch", lambda table: table.delete(f"workspace_id = '{workspace}'"))
    assert written(publish(lake, warehouse, workspace)) == {"touch": (0, 3)}
    assert len(rows(warehouse, other)) == 1


def test_a_table_named_by_a_word_of_sql_is_published(lake, warehouse, workspace):
    order = pl.DataFrame(
        {"workspace_id": [workspace], "channel": ["shopify"], "order_id": ["1"], "month": ["2026-08"]}
    )
    lake.append("silver", "order", order)
    publish(lake, warehouse, workspace)
    assert rows(warehouse, workspace, 'SELECT order_id FROM lake."order"') == [("1",)]


def test_quarantined_rows_are_shown_with_channel_stream_and_reason(lake, warehouse, workspace):
    bronze = pl.DataFrame(
        {
            "workspace_id": [workspace] * 2,
            "account_id": ["act_1"] * 2,
            "record_key": ["good", "bad"],
            "payload": ['{"a": 1}', '{"a": "x"}'],
            "quarantined_because": [None, "a is no number"],
            "loaded_at": [AT] * 2,
            "month": ["2026-08"] * 2,
        },
        schema_overrides={name: kind for name, kind in BRONZE.items() if name == "loaded_at"},
    )
    lake.append("bronze", "meta_ads__ad_day", bronze)
    assert written(publish(lake, warehouse, workspace)) == {"quarantine": (1, 0)}
    query = "SELECT channel, stream, record_key, quarantined_because, payload FROM lake.quarantine"
    expected = [("meta_ads", "ad_day", "bad", "a is no number", '{"a": "x"}')]
    assert rows(warehouse, workspace, query) == expected
    lake.append("bronze", "meta_ads__ad_day", bronze)
    publish(lake, warehouse, workspace)
    assert rows(warehouse, workspace, query) == expected * 2
    assert written(publish(lake, warehouse, workspace)) == {}


def test_loads_are_published(lake, warehouse, workspace):
    load = pl.DataFrame(
        {"workspace_id": [workspace], "channel": ["site"], "received": [7], "loaded_at": [AT]}
    )
    lake.append("ops", "load", load)
    publish(lake, warehouse, workspace)
    assert rows(warehouse, workspace, "SELECT channel, received FROM lake.ops_load") == [("site", 7)]


def test_health_tells_rows_and_freshness(lake, warehouse, workspace):
    lake.append("silver", "touch", touches(workspace, DAYS))
    publish(lake, warehouse, workspace)
    (entry,) = warehouse.check(workspace).published
    assert (entry.table, entry.rows, entry.loaded_at) == ("touch", 3, AT)


def test_a_column_new_in_the_schema_is_added_and_filled(lake, warehouse, workspace):
    lake.append("silver", "touch", touches(workspace, DAYS, note="spring"))
    publish(lake, warehouse, workspace)
    with warehouse.publishing(workspace) as owner:
        owner.execute("ALTER TABLE lake.touch DROP COLUMN utm_campaign")
        owner.execute(
            "UPDATE lake.publication SET fingerprint = 'of fewer columns' WHERE table_name = 'touch'"
        )
    publish(lake, warehouse, workspace)
    assert rows(warehouse, workspace, "SELECT DISTINCT utm_campaign FROM lake.touch") == [("spring",)]


KILLED = """
import os, sys
from lake import publish as module
from lake.delta import Lake
from lake.warehouse import Warehouse
from core.settings import Settings
insert = module._insert
def insert_then_die(*args):
    insert(*args)
    os.kill(os.getpid(), 9)
module._insert = insert_then_die
warehouse = Warehouse.open(Settings(home=sys.argv[1], database_url=None))
module.publish(Lake(__import__("pathlib").Path(sys.argv[2])), warehouse, sys.argv[3])
"""


def test_a_kill_in_the_middle_leaves_the_table_as_it_was(lake, server, workspace):
    settings, warehouse = server
    lake.append("silver", "touch", touches(workspace, DAYS, note="old"))
    publish(lake, warehouse, workspace)
    lake.commit("silver", "touch", lambda table: table.delete())
    lake.append("silver", "touch", touches(workspace, DAYS[:2], note="new"))
    died = subprocess.run(
        [sys.executable, "-c", KILLED, str(settings.home), str(lake.path), workspace], cwd=ROOT, check=False
    )
    assert died.returncode == -9
    query = "SELECT utm_campaign, count(*) FROM lake.touch GROUP BY 1"
    assert rows(warehouse, workspace, query) == [("old", 3)]
    assert written(publish(lake, warehouse, workspace)) == {"touch": (2, 1)}
    assert rows(warehouse, workspace, query) == [("new", 2)]


@pytest.mark.slow
def test_400_000_touches_are_published_in_seconds(lake, warehouse, workspace):
    days = pl.date_range(date(2025, 8, 1), date(2026, 7, 31), eager=True).sample(
        400_000, with_replacement=True, seed=1
    )
    lake.append("silver", "touch", touches(workspace, days.to_list(), note="spring"))
    done = {p.table: p for p in publish(lake, warehouse, workspace)}
    assert done["touch"].rows == 400_000
    assert done["touch"].seconds < 30  # about 3 on two free cores


def test_a_gold_table_is_published_by_window_and_again_only_where_it_changed(lake, warehouse, workspace):
    def credit(days, path):
        frame = pl.DataFrame({"window_days": days, "path_id": path, "linear": 1.0})
        return frame.with_columns(workspace_id=pl.lit(workspace))

    lake.append("gold", "attribution_credit", pl.concat([credit([7], ["a"]), credit([30], ["b"])]))
    assert written(publish(lake, warehouse, workspace)) == {"attribution_credit": (2, 0)}
    lake.append("gold", "attribution_credit", credit([30], ["c"]))
    assert written(publish(lake, warehouse, workspace)) == {"attribution_credit": (1, 0)}
    query = "SELECT window_days, path_id FROM lake.attribution_credit ORDER BY path_id"
    assert rows(warehouse, workspace, query) == [(7, "a"), (30, "b"), (30, "c")]
