import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from core.errors import VendorDown
from core.settings import Settings
from lake import embedded, roles
from lake.embedded import EmbeddedPostgres
from lake.warehouse import Warehouse

ROOT = Path(__file__).parents[2]


def put(warehouse, workspace, order_id):
    with warehouse.publishing(workspace) as owner:
        owner.execute(
            'INSERT INTO lake."order" (workspace_id, channel, account_id, order_id) VALUES (%s, %s, %s, %s)',
            [workspace, "shopify", "shop", order_id],
        )


@pytest.fixture
def tables(warehouse, lake, workspace):
    from lake.publish import publish

    publish(lake, warehouse, workspace)


def count(warehouse, workspace):
    with warehouse.connect(workspace) as link:
        return link.execute('SELECT count(*) FROM lake."order"').fetchone()[0]


def test_a_workspace_sees_its_own_rows_and_no_others(warehouse, tables, workspace):
    put(warehouse, workspace, "1001")
    assert count(warehouse, workspace) == 1
    assert count(warehouse, "11111111-1111-4111-8111-111111111111") == 0
    assert count(warehouse, "' OR true --") == 0


def test_an_unset_workspace_sees_nothing_even_on_a_connection_used_before(warehouse, tables, workspace):
    put(warehouse, workspace, "1001")
    with warehouse.connect(workspace) as link:
        assert link.execute('SELECT count(*) FROM lake."order"').fetchone()[0] == 1
    with psycopg.connect(roles.role_url(warehouse._url, roles.APP, warehouse._secret)) as fresh:
        assert fresh.execute('SELECT count(*) FROM lake."order"').fetchone()[0] == 0
    for _ in range(3):
        pooled = warehouse._open_pool().getconn()
        assert pooled.execute('SELECT count(*) FROM lake."order"').fetchone()[0] == 0
        warehouse._open_pool().putconn(pooled)


def test_the_owner_is_bound_by_the_policy_and_cannot_write_for_another_workspace(
    warehouse, tables, workspace
):
    with warehouse.publishing(workspace) as owner, pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute("INSERT INTO lake.\"order\" (workspace_id) VALUES ('someone-else')")


def test_dbt_builds_for_all_workspaces(warehouse, tables, workspace):
    put(warehouse, workspace, "1001")
    env = warehouse.dbt_env()
    with psycopg.connect(
        host=env["SPREADERS_DBT_HOST"],
        port=env["SPREADERS_DBT_PORT"],
        user=env["SPREADERS_DBT_USER"],
        password=env["DBT_ENV_SECRET_PASSWORD"],
        dbname=env["SPREADERS_DBT_DATABASE"],
    ) as builder:
        seen = builder.execute('SELECT count(*) FROM lake."order" WHERE workspace_id = %s', [workspace])
        assert seen.fetchone()[0] == 1
        builder.execute('CREATE TABLE marts.trial AS SELECT workspace_id, order_id FROM lake."order"')
        builder.execute("SELECT lake.protect('marts.trial')")
        builder.commit()
        try:
            with warehouse.connect("another") as link:
                assert link.execute("SELECT count(*) FROM marts.trial").fetchone()[0] == 0
            with warehouse.connect(workspace) as link:
                assert link.execute("SELECT count(*) FROM marts.trial").fetchone()[0] == 1
        finally:
            builder.execute("DROP TABLE marts.trial")


def test_every_table_of_the_lake_forces_its_policy(warehouse, tables):
    with warehouse.publishing("anyone") as owner:
        loose = owner.execute("""
            SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'lake' AND c.relkind IN ('r', 'p')
              AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (
                SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'workspace'))
        """).fetchall()
        total = owner.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'lake'").fetchone()[0]
    assert loose == []
    assert total > 15


def test_no_role_of_the_product_is_superuser_or_bypasses_policies(warehouse):
    with warehouse.publishing("anyone") as owner:
        strong = owner.execute(
            "SELECT rolname FROM pg_roles WHERE rolname LIKE 'spreaders%' AND (rolsuper OR rolbypassrls)"
        ).fetchall()
    assert strong == []


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM lake.publication",
        "INSERT INTO lake.\"order\" (workspace_id) VALUES ('x')",
        "ALTER TABLE lake.publication DISABLE ROW LEVEL SECURITY",
        "SET ROLE spreaders_owner",
        "CREATE TABLE lake.mine (a int)",
    ],
)
def test_the_app_role_can_neither_write_nor_change_the_rules(warehouse, tables, workspace, statement):
    with pytest.raises(psycopg.Error), warehouse.connect(workspace, read_only=False) as link:
        link.execute(statement)


def test_a_connection_is_read_only_unless_asked(warehouse, workspace):
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), warehouse.connect(workspace) as link:
        link.execute("CREATE TEMP TABLE t (a int)")


def test_opening_again_applies_nothing_and_joins_the_running_server(server, workspace):
    settings, warehouse = server
    with Warehouse.open(settings) as second:
        assert second._server.port == warehouse._server.port
        assert second.check(workspace).migrations == [f.stem for f in sorted(roles.MIGRATIONS.glob("*.sql"))]
    assert warehouse.check(workspace).latency_ms >= 0


def test_health_names_version_size_and_what_is_published(warehouse, workspace):
    health = warehouse.check(workspace)
    assert health.version.startswith("18")
    assert health.size_bytes > 1_000_000
    assert health.is_embedded
    assert health.published == []


def test_data_survives_a_stop_and_a_kill(home, workspace):
    settings = Settings(home=home, database_url=None)
    row = "INSERT INTO lake.publication VALUES (%s, 't', 'p', 'f', 1, NULL, 1)"
    with Warehouse.open(settings) as warehouse, warehouse.publishing(workspace) as owner:
        owner.execute(row, [workspace])
    assert warehouse._server._running_port() is None
    with Warehouse.open(settings) as warehouse:
        assert len(warehouse.check(workspace).published) == 1
        os.kill(int((home / "postgres/data/postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        deadline = time.monotonic() + 10
        while warehouse._server._running_port() and time.monotonic() < deadline:
            pass
    with Warehouse.open(settings) as warehouse:
        assert len(warehouse.check(workspace).published) == 1


OPEN_AND_WAIT = """
import sys
from core.settings import Settings
from lake.warehouse import Warehouse
warehouse = Warehouse.open(Settings(home=sys.argv[1], database_url=None))
print(warehouse._server.port, flush=True)
sys.stdin.readline()
"""


def start_user(home):
    return subprocess.Popen(
        [sys.executable, "-c", OPEN_AND_WAIT, str(home)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip


def test_processes_share_one_server_and_the_last_one_stops_it(home):
    users = [start_user(home) for _ in range(2)]
    ports = {user.stdout.readline().strip() for user in users}
    assert len(ports) == 1
    users[0].kill()  # a killed user is forgotten
    users[0].communicate()
    with socket.create_connection(("127.0.0.1", int(next(iter(ports))))):
        pass
    users[1].communicate("\n", timeout=60)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(next(iter(ports)))))


def test_a_home_with_a_very_long_path_works(home):
    home /= "long" * 40
    server = EmbeddedPostgres(home / "postgres", home / "logs" / "postgres.log", "word")
    try:
        with psycopg.connect(server.open()) as link:
            assert link.execute("SELECT 1").fetchone() == (1,)
    finally:
        server.close()


def start_and_stop(server):
    server.open()
    server.close()
    return server.port


def test_a_server_comes_back_on_its_port_unless_that_is_taken(home):
    server = EmbeddedPostgres(home / "postgres", home / "logs" / "postgres.log", "word")
    # Any program of the machine may take the port between two starts, hardly each time.
    assert any(start_and_stop(server) == start_and_stop(server) for _ in range(3))
    with socket.socket() as neighbour:
        neighbour.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        neighbour.bind(("127.0.0.1", server.port))
        neighbour.listen()
        assert start_and_stop(server) != neighbour.getsockname()[1]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make accounts")
def test_as_root_a_machine_without_the_servers_account_gets_it(home, monkeypatch):
    account = f"spreaders_t{os.getpid()}"
    monkeypatch.setattr(embedded, "OS_USER", account)
    server = EmbeddedPostgres(home / "pg", home / "pg.log", "secret-of-a-test")
    try:
        assert server.open().startswith("postgresql://")
        assert (home / "pg" / "data").owner() == account
    finally:
        server.close()
        subprocess.run(["userdel", account], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_can_run_the_server(home):
    import shutil

    for folder in [home, *home.parents]:
        folder.chmod(folder.stat().st_mode | 0o005)
    shutil.chown(home, "nobody")
    try:
        subprocess.run([sys.executable, "-c", ""], user="nobody", check=True)
    except PermissionError:
        pytest.skip("this Python lies where others may not go")
    done = subprocess.run(
        [sys.executable, "-c", OPEN_AND_WAIT, str(home)], user="nobody", group="nogroup", extra_groups=[],
        input="\n", text=True, capture_output=True, cwd=ROOT, env={"HOME": str(home)}, timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0


def test_a_database_given_by_address_is_used_and_set_up(server, tmp_path, workspace):
    _, warehouse = server
    address = psycopg.conninfo.make_conninfo(warehouse._url, dbname="bring_your_own")
    with psycopg.connect(super_url(warehouse), autocommit=True) as boss:
        boss.execute("CREATE DATABASE bring_your_own OWNER spreaders_owner")
    with Warehouse.open(Settings(home=tmp_path, database_url=address)) as other:
        health = other.check(workspace)
        assert not health.is_embedded
        assert health.migrations
    assert not (tmp_path / "postgres").exists()


def super_url(warehouse):
    return psycopg.conninfo.make_conninfo(warehouse._url, user="postgres", dbname="postgres")


def test_an_unreachable_database_gets_one_sentence_without_the_password(tmp_path):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    settings = Settings(home=tmp_path, database_url=f"postgresql://me:hidden-word@127.0.0.1:{port}/shop")
    with pytest.raises(VendorDown) as refused:
        Warehouse.open(settings)
    assert f"127.0.0.1:{port}/shop" in refused.value.message
    assert "SPREADERS_DATABASE_URL" in refused.value.message
    assert "hidden-word" not in str(refused.value.as_dict())


def test_a_wrong_password_is_named_as_such(server, tmp_path):
    _, warehouse = server
    address = psycopg.conninfo.conninfo_to_dict(warehouse._url)
    wrong = f"postgresql://{address['user']}:wrong-word@127.0.0.1:{address['port']}/{address['dbname']}"
    with pytest.raises(VendorDown, match="password authentication failed") as refused:
        Warehouse.open(Settings(home=tmp_path, database_url=wrong))
    assert "wrong-word" not in refused.value.message


def test_the_secret_is_readable_by_its_owner_only(server):
    settings, _ = server
    assert (settings.keys_path / "database").stat().st_mode & 0o077 == 0
