"""A caller's own SQL reads its workspace's rows and nothing else, whatever it tries."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from core.context import Context
from core.errors import BadInput, RateLimited
from lake.db import bounds
from lake.db import query as module
from lake.db.query import query
from lake.published import ensure_tables

ORDERS = 'lake."order"'


@pytest.fixture(scope="module")
def theirs(server):
    return _fill(server[1], "theirs", 3)


@pytest.fixture(scope="module")
def ctx(server, theirs):
    return _fill(server[1], "ours", 2)


def _fill(warehouse, name, count):
    workspace = uuid4()
    with warehouse.publishing(workspace) as owner:
        ensure_tables(owner)
        for number in range(count):
            owner.execute(
                f"INSERT INTO {ORDERS} (workspace_id, channel, account_id, order_id, total_micros)"
                " VALUES (%s, 'shopify', 'shop', %s, 1990000)",
                [str(workspace), f"{name} {number}"],
            )
    return Context(workspace, "test", frozenset({"*"}), services={"warehouse": warehouse})


def ask(ctx, statement, **more):
    return query(ctx, statement=statement, **more)


def test_the_answer_has_names_types_and_cells(ctx):
    answer = ask(ctx, f"SELECT order_id, total_micros, 1.10 AS exact, NULL, '50%' FROM {ORDERS} ORDER BY 1;")
    assert [(c.name, c.type) for c in answer.columns][:3] == [
        ("order_id", "text"), ("total_micros", "bigint"), ("exact", "numeric"),
    ]  # fmt: skip
    assert answer.rows == [[f"ours {n}", 1990000, "1.10", None, "50%"] for n in range(2)]
    assert (answer.row_count, answer.is_truncated) == (2, False)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT count(*), sum(total_micros), percentile_cont(0.5) WITHIN GROUP (ORDER BY 1) FROM {t}",
        "SELECT date_trunc('week', ordered_at), to_char(day_on, 'YYYY'), now()::date - 1 FROM {t}",
        "SELECT order_id, row_number() OVER (ORDER BY order_id), lag(order_id) OVER () FROM {t}",
        "WITH a AS (SELECT * FROM {t}) SELECT a.order_id, b.order_id FROM a JOIN a AS b USING (channel)",
        "SELECT extract(month FROM day_on), coalesce(currency, 'E') || upper(order_id), round(1.5) FROM {t}",
        "SELECT CASE WHEN order_id LIKE '%o%' THEN 1 ELSE 0 END FROM {t} WHERE order_id IN ('a')",
        "SELECT d::date FROM generate_series('2026-01-01'::date, '2026-01-05', '1 day') AS d",
        "SELECT jsonb_build_object('a', array_agg(order_id)) FROM {t} GROUP BY channel ORDER BY 1 LIMIT 5",
        "VALUES (1, 'a'), (2, 'b')",
        "SELECT 1 -- done",
        "(SELECT 1) UNION ALL (SELECT 2)",
    ],
)
def test_ordinary_questions_are_answered(ctx, statement):
    assert ask(ctx, statement.format(t=ORDERS)).columns


def test_another_workspace_sees_its_own_rows_only(ctx, theirs):
    count = f"SELECT count(*) FROM {ORDERS}"
    assert ask(ctx, count).rows == [[2]]
    assert ask(theirs, count).rows == [[3]]
    assert ask(ctx, f"SELECT count(*) FROM {ORDERS} WHERE workspace_id = '{theirs.workspace}'").rows == [[0]]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT set_config('app.workspace', '{them}', false), order_id FROM {t}",
        "SELECT order_id FROM {t} WHERE set_config('app.workspace', '{them}', true) IS NOT NULL",
        "WITH s AS MATERIALIZED (SELECT set_config('app.workspace', '{them}', false)) SELECT * FROM s, {t}",
        "SELECT 1 FROM {t} ORDER BY set_config('app.workspace', '{them}', false)",
        "SELECT (SELECT pg_catalog.set_config('app.workspace', '{them}', false)) FROM {t}",
        "SELECT count(*) FILTER (WHERE set_config('app.seal', 'x', false) = 'x') FROM {t}",
        "SELECT 1) OR EXISTS (SELECT set_config('app.workspace', '{them}', false)",
        "SELECT query_to_xml('SELECT set_config(''app.workspace'', ''x'', false)', true, true, '')",
    ],
)
def test_the_workspace_cannot_be_changed_from_inside(ctx, theirs, statement):
    with pytest.raises(BadInput, match="not open to queries"):
        ask(ctx, statement.format(t=ORDERS, them=theirs.workspace))


def test_even_a_connection_that_changes_its_workspace_sees_nothing(server, ctx, theirs):
    with server[1].querying(ctx.workspace) as link:
        count = f"SELECT count(*) FROM {ORDERS}"
        assert link.execute(count).fetchone() == (2,)
        changed = f"SELECT set_config('app.workspace', '{theirs.workspace}', false), order_id FROM {ORDERS}"
        assert all(row[1].startswith("ours") for row in link.execute(changed).fetchall())
        assert link.execute(count).fetchone() == (0,)
        assert link.execute("SELECT state.sealed_workspace()").fetchone() == (None,)
        link.execute("SELECT set_config('app.seal', %s, false)", ["0" * 64])
        assert link.execute(count).fetchone() == (0,)


@pytest.mark.parametrize(
    "call",
    [
        "pg_sleep(1)", "pg_read_file('/etc/passwd')", "pg_ls_dir('.')", "lo_import('/etc/passwd')",
        "lo_create(1)", "pg_advisory_lock(1)", "pg_try_advisory_xact_lock(1)", "pg_terminate_backend(1)",
        "pg_notify('a', 'b')", "current_setting('app.seal')", "pg_export_snapshot()", "random()",
        "nextval('state.none')", "repeat('x', 1000000000)", "table_to_xml('lake.touch', true, true, '')",
        "database_to_xml(true, true, '')", "txid_current()", "inet_server_addr()", "pg_backend_pid()",
        "pg_stat_get_activity(NULL)", "version()",
    ],
)  # fmt: skip
def test_a_function_that_does_more_than_compute_is_refused(ctx, call):
    with pytest.raises(BadInput):
        ask(ctx, f"SELECT {call}")


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("SELECT * FROM pg_catalog.pg_authid", "not open"),
        ("SELECT rolname FROM pg_roles", "not open to queries"),
        ("SELECT * FROM pg_settings", "not open to queries"),
        ("SELECT * FROM information_schema.role_table_grants", "not open to queries"),
        ("SELECT g::oid::regclass::text FROM generate_series(1, 3) AS g", "not open"),
        ("SELECT * FROM public.spreaders_migration", "not open"),
        ("SELECT * FROM state.seal", "not open"),
        ("SELECT key FROM (SELECT * FROM state.seal) AS s", "not open"),
        ("SELECT 1 WHERE EXISTS (SELECT 1 FROM pg_stat_activity)", "not open to queries"),
    ],
)
def test_other_schemas_are_closed(ctx, statement, told):
    with pytest.raises(BadInput, match=told):
        ask(ctx, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM {t}",
        "INSERT INTO state.note (text) VALUES ('x')",
        "UPDATE {t} SET order_id = 'x'",
        "DROP TABLE {t}",
        "SELECT 1; DELETE FROM {t}",
        "SELECT 1; SELECT 2",
        "SELECT * INTO copied FROM {t}",
        "WITH gone AS (DELETE FROM {t} RETURNING *) SELECT * FROM gone",
        "SELECT * FROM {t} FOR UPDATE",
        "COPY {t} TO STDOUT",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "DO $$ BEGIN END $$",
        "SET app.workspace = 'x'",
        "SET ROLE spreaders_owner",
        "BEGIN",
        "EXPLAIN ANALYZE SELECT 1",
        "CALL state.guard('x', 'y')",
        "LISTEN x",
        "SELECT 1) AS x; --",
        "SELECT 1 /*",
        "SELECT 'open",
        "SELECT $$ open",
        "",
    ],
)
def test_what_is_no_single_select_is_refused_in_a_sentence(ctx, statement):
    with pytest.raises(BadInput) as refused:
        ask(ctx, statement.format(t=ORDERS))
    assert refused.value.message.endswith(".")
    assert ask(ctx, f"SELECT count(*) FROM {ORDERS}").rows == [[2]]


def test_a_wrong_column_is_named(ctx):
    with pytest.raises(BadInput, match='column "nothing" does not exist'):
        ask(ctx, f"SELECT nothing FROM {ORDERS}")


def test_rows_and_bytes_have_a_limit_and_the_answer_says_so(ctx, monkeypatch):
    thousand = "SELECT n FROM generate_series(1, 1000) AS n"
    cut = ask(ctx, thousand, limit=999)
    assert (cut.row_count, cut.is_truncated) == (999, True)
    whole = ask(ctx, thousand, limit=1000)
    assert (whole.row_count, whole.is_truncated) == (1000, False)
    monkeypatch.setattr(module, "MOST_BYTES", 100)
    small = ask(ctx, thousand)
    assert small.is_truncated
    assert 0 < small.row_count < 100


def test_a_costly_query_is_refused_before_it_runs(ctx):
    with pytest.raises(BadInput, match="would cost"):
        ask(ctx, "SELECT count(*) FROM generate_series(1, 100000) AS a, generate_series(1, 100000) AS b")


def test_a_slow_query_is_stopped(ctx, monkeypatch):
    monkeypatch.setattr(bounds, "MOST_SECONDS", 0.5)
    slow = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with pytest.raises(BadInput, match="took too long"):
        ask(ctx, slow)


def test_the_role_of_queries_can_read_and_nothing_more(server, ctx):
    with server[1].querying(ctx.workspace) as link:
        for statement in (
            f"DELETE FROM {ORDERS}",
            "INSERT INTO state.note (text) VALUES ('x')",
            "CREATE TABLE lake.mine (a int)",
            "SET ROLE spreaders_app",
            "SELECT key FROM state.seal",
        ):
            with pytest.raises(psycopg.Error):
                link.execute(statement)


def test_a_question_runs_in_a_transaction_that_cannot_write(ctx, monkeypatch):
    cost_of, seen = module._cost_of, []

    def look(link, text):
        seen.append(link.execute("SHOW transaction_read_only").fetchone()[0])
        return cost_of(link, text)

    monkeypatch.setattr(module, "_cost_of", look)
    ask(ctx, "SELECT 1")
    assert seen == ["on"]


def test_a_nobody_workspace_reads_nothing(server):
    nobody = Context(UUID(int=9), "test", frozenset({"*"}), services={"warehouse": server[1]})
    assert ask(nobody, f"SELECT count(*) FROM {ORDERS}").rows == [[0]]


@pytest.mark.case("hardening/H1")
def test_the_deadline_is_one_for_the_whole_call(ctx, monkeypatch):
    monkeypatch.setattr(bounds, "MOST_SECONDS", 1.0)
    slow = (
        "SELECT i, (SELECT count(*) FROM generate_series(1, 92807 + i * 0) AS g)"
        " FROM generate_series(1, 2000) AS i"
    )
    began = time.monotonic()
    with pytest.raises(BadInput, match="took too long"):
        ask(ctx, slow, limit=10_000)
    assert time.monotonic() - began < 10  # ten fetches of a second each would have been let through


@pytest.mark.case("hardening/H2")
@pytest.mark.parametrize(
    "call",
    [
        "format('%1000000000s', 'x')",
        "array_fill(1, ARRAY[100000000])",
        "lpad('x', 900000000)",
        "repeat('x', 9)",
    ],
)
def test_a_function_that_makes_much_of_little_is_refused(ctx, call):
    with pytest.raises(BadInput, match="not open to queries"):
        ask(ctx, f"SELECT {call} IS NULL")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system has no /proc")
def test_a_query_that_grows_in_memory_is_stopped_and_the_server_lives_on(ctx, monkeypatch):
    monkeypatch.setattr(bounds, "MOST_MEMORY", 32 * 1024 * 1024)
    growing = "SELECT length(string_agg(md5(i::text), '')) FROM generate_series(1, 3000000) AS i"
    with pytest.raises(BadInput, match="more memory"):
        ask(ctx, growing)
    assert ask(ctx, "SELECT 1").rows == [[1]]


def test_rows_that_are_wide_together_are_read_one_by_one(ctx):
    wide = "SELECT (SELECT string_agg(md5(h::text), '') FROM generate_series(1, 60000) AS h) FROM {g}"
    answer = ask(ctx, wide.format(g="generate_series(1, 150) AS g"))
    assert answer.is_truncated
    assert 0 < answer.row_count <= 5
    assert [column.type for column in answer.columns] == ["text"]


def test_no_more_than_a_few_run_at_once(ctx, monkeypatch):
    monkeypatch.setattr(bounds, "_turns", threading.BoundedSemaphore(1))
    monkeypatch.setattr(bounds, "TURN_SECONDS", 0.1)
    with bounds.turn(), pytest.raises(RateLimited, match="ask again"):
        ask(ctx, "SELECT 1")


@pytest.mark.parametrize(
    ("statement", "near"),
    [
        ("SELECT * FROM lake.orders", "lake.order"),
        ('SELECT order_idd FROM lake."order"', "order_id"),
        ('SELECT total_micro FROM lake."order"', "total_micros"),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest(ctx, statement, near):
    with pytest.raises(BadInput, match=f"Nearest: .*{near}"):
        ask(ctx, statement)


def test_the_open_tables_and_their_columns_can_be_listed(ctx):
    listed = ask(
        ctx,
        "SELECT table_schema, table_name, column_name FROM information_schema.columns"
        " WHERE table_schema IN ('lake', 'marts', 'state') ORDER BY 1, 2, 3",
        limit=10_000,
    )
    assert ["lake", "order", "order_id"] in listed.rows
    assert not any(row[1] == "seal" for row in listed.rows)


def test_days_that_python_does_not_know_are_told_as_text(ctx):
    answer = ask(
        ctx, "SELECT 'infinity'::date, '0044-03-15 BC'::date, 'infinity'::timestamptz, date '2026-01-02'"
    )
    assert answer.rows == [["infinity", "0044-03-15 BC", "infinity", "2026-01-02"]]
