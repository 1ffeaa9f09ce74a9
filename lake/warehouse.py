"""The serving warehouse: a Postgres where every connection sees one workspace only."""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from urllib.parse import quote
from uuid import UUID

import psycopg
from psycopg import conninfo, sql
from psycopg_pool import ConnectionPool, PoolTimeout

from core.disk import DiskFull, is_disk_full
from core.errors import SpreadersError, VendorDown
from core.files import keep_secret
from core.settings import Settings
from lake import roles
from lake.embedded import EmbeddedPostgres

POOL_SIZE = 8
POOL_SECONDS = 15.0
# After this long without a connection an embedded server is looked at.
SOON_SECONDS = 2.0
FRESHNESS = """
    SELECT table_name, sum(rows)::bigint, max(loaded_at), max(published_at)
    FROM lake.publication GROUP BY table_name ORDER BY table_name
"""


@dataclass(frozen=True, slots=True)
class Freshness:
    """How much of a lake table is published and how new it is; instants are UTC."""

    table: str
    rows: int
    loaded_at: datetime | None
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Health:
    """What the warehouse says about itself."""

    version: str
    latency_ms: float
    size_bytes: int
    is_embedded: bool
    migrations: list[str]
    published: list[Freshness]


class Warehouse:
    """An open warehouse; `open` makes one, `close` gives everything back."""

    def __init__(self, url: str, secret: str, server: EmbeddedPostgres | None) -> None:
        self._url, self._secret, self._server = url, secret, server
        self._pool: ConnectionPool[psycopg.Connection] | None = None
        self._opening = threading.Lock()
        self._reviving = threading.Lock()
        atexit.register(self.close)

    @classmethod
    def open(cls, settings: Settings) -> Warehouse:
        """Return the warehouse with roles and migrations up to date.

        Uses `settings.database_url`, or starts (or joins) the embedded server under `settings.home`.

        Raises:
            VendorDown: the database cannot be reached or started; the message says what to do.
            ProviderNotConfigured: its user may not create roles or tables.
        """
        if settings.database_url is not None:
            url, server = settings.database_url.get_secret_value(), None
            stated = conninfo.conninfo_to_dict(url).get("password")
            secret = str(stated) if stated else keep_secret(settings.keys_path / "database")
        else:
            secret = keep_secret(settings.keys_path / "database")
            server = EmbeddedPostgres(settings.home / "postgres", settings.logs_path / "postgres.log", secret)
            url = server.open()
        warehouse = cls(url, secret, server)
        try:
            roles.prepare(url, secret)
        except BaseException:
            warehouse.close()
            raise
        return warehouse

    def close(self) -> None:
        """Close the connections; the embedded server stops with its last user."""
        atexit.unregister(self.close)
        if self._pool is not None:
            self._pool.close()
            self._pool = None
        if self._server is not None:
            self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def connect(self, workspace: UUID | str, *, read_only: bool = True) -> Iterator[psycopg.Connection]:
        """Yield a connection of the app role, in a transaction that sees this workspace's rows.

        The transaction commits at the end and rolls back on an error.

        An embedded server that was killed is started again.

        Raises:
            VendorDown: no connection within 15 seconds, or it was lost.
            DiskFull: the database's disk is full.
        """
        pool, link = self._take()
        try:
            with link.transaction():
                if read_only:
                    link.execute("SET TRANSACTION READ ONLY")
                _enter(link, workspace)
                yield link
        except psycopg.errors.DiskFull as error:
            raise self._disk_full() from error
        except psycopg.OperationalError as error:
            if link.closed:
                raise self._unreachable(error) from error
            raise
        finally:
            pool.putconn(link)

    def _take(self) -> tuple[ConnectionPool[psycopg.Connection], psycopg.Connection]:
        """Return the pool and a connection of it."""
        pool = self._open_pool()
        try:
            return pool, pool.getconn(timeout=POOL_SECONDS if self._server is None else SOON_SECONDS)
        except (PoolTimeout, psycopg.OperationalError) as error:
            if self._server is None:
                raise self._unreachable(error) from None
        self.revive()
        pool = self._open_pool()
        try:
            return pool, pool.getconn()
        except (PoolTimeout, psycopg.OperationalError) as error:
            raise self._unreachable(error) from None

    def revive(self) -> None:
        """Start an embedded server that was killed again; any other is its owner's.

        Raises:
            VendorDown: it does not start.
            DiskFull: it does not, because its disk is full.
        """
        if self._server is None or self._server.is_up:
            return
        if self._server.revive():
            self._url = self._server.address
            with self._opening:
                pool, self._pool = self._pool, None
            if pool is not None:
                pool.close()

    def is_reachable(self) -> bool:
        """Return whether the database answers now, within about two seconds.

        A killed embedded server is started again in the background, so that a later look finds it.
        """
        if self._server is not None and not self._server.is_up:
            if self._reviving.acquire(blocking=False):
                threading.Thread(target=self._revive_aside, daemon=True).start()
            return False
        pool = self._open_pool()
        try:
            with pool.connection(timeout=SOON_SECONDS) as link:
                link.execute("SELECT 1")
        except (PoolTimeout, psycopg.OperationalError):
            return False
        return True

    def _revive_aside(self) -> None:
        try:
            with suppress(SpreadersError):  # the next look says so again
                self.revive()
        finally:
            self._reviving.release()

    def _unreachable(self, error: Exception) -> SpreadersError:
        """Return the one sentence for a database that does not answer; our own server is ours to start."""
        if is_disk_full(error):
            return self._disk_full()
        if self._server is None:
            return roles.unreachable(self._url, error)
        return VendorDown(
            f"The embedded Postgres does not answer and is being started again; repeat the call, and read "
            f"{self._server.log} if it stays away."
        )

    def _disk_full(self) -> DiskFull:
        return DiskFull(self._server.folder if self._server else "The database's disk")

    @contextmanager
    def querying(self, workspace: UUID | str) -> Iterator[psycopg.Connection]:
        """Yield a connection of its own for a caller's SQL, with rights to read and nothing else.

        It sees the workspace we sign here; SQL that names another one sees nothing.

        Raises:
            VendorDown: the database cannot be reached.
        """
        self.revive()
        address = roles.role_url(self._url, roles.QUERY, self._secret)
        with roles.connect(address, autocommit=True) as link:
            link.execute("SELECT set_config('app.workspace', %s, false)", [str(workspace)])
            seal = roles.seal(self._secret, str(workspace))
            link.execute("SELECT set_config('app.seal', %s, false)", [seal])
            yield link

    def pending_migrations(self) -> list[str]:
        """Return the migrations this release brings and the database lacks, in order."""
        self.revive()
        with roles.connect(self._url) as owner:
            return roles.pending(owner)

    def migrate(self) -> list[str]:
        """Apply the pending migrations and return their names."""
        return roles.prepare(self._url, self._secret)

    @contextmanager
    def publishing(self, workspace: UUID | str) -> Iterator[psycopg.Connection]:
        """Yield the owner's connection for one workspace; each `transaction()` commits by itself."""
        self.revive()
        with roles.connect(self._url, autocommit=True) as link:
            link.execute("SELECT set_config('app.workspace', %s, false)", [str(workspace)])
            yield link

    def dbt_env(self) -> dict[str, str]:
        """Return the environment variables dbt's profile reads; the password's name keeps it out of logs."""
        parts = conninfo.conninfo_to_dict(roles.role_url(self._url, roles.DBT, self._secret))
        return {
            "SPREADERS_DBT_HOST": str(parts.get("host") or "localhost"),
            "SPREADERS_DBT_PORT": str(parts.get("port") or 5432),
            "SPREADERS_DBT_USER": roles.DBT,
            "SPREADERS_DBT_DATABASE": str(parts.get("dbname") or "postgres"),
            "DBT_ENV_SECRET_PASSWORD": str(parts["password"]),
        }

    def reader_env(self, workspace: UUID | str) -> dict[str, str]:
        """Return the environment in which a process of its own reads one workspace's rows, and no more.

        The address is SQLAlchemy's and holds no password: that is in `PGPASSWORD`.
        """
        parts = conninfo.conninfo_to_dict(roles.role_url(self._url, roles.APP, self._secret))
        where = f"{parts.get('host') or 'localhost'}:{parts.get('port') or 5432}"
        name = quote(str(parts.get("dbname") or "postgres"))
        entry = quote(f"-c app.workspace={workspace} -c default_transaction_read_only=on")
        return {
            "SPREADERS_CHECKS_URL": f"postgresql+psycopg2://{roles.APP}@{where}/{name}?options={entry}",
            "PGPASSWORD": str(parts["password"]),
        }

    def schema_url(self, schema: str) -> str:
        """Return the owner's address inside a schema of its own, made at first use.

        For tools that keep their state beside the warehouse; the address holds a password.
        """
        self.revive()
        with roles.connect(self._url) as owner:
            owner.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
        joint = "&" if "?" in self._url else "?"
        return f"{self._url}{joint}options=-csearch_path%3D{schema}"

    def check(self, workspace: UUID | str) -> Health:
        """Return version, latency (ms of one round trip), size and what of the lake is published."""
        with self.connect(workspace) as link:
            started = time.perf_counter()
            row = link.execute("SELECT current_setting('server_version')").fetchone()
            latency = (time.perf_counter() - started) * 1000
            size = link.execute("SELECT pg_database_size(current_database())").fetchone()
            published = [Freshness(*line) for line in link.execute(FRESHNESS).fetchall()]
            migrations = roles.applied(link)
        return Health(
            str(row[0]) if row else "",
            round(latency, 3),
            int(size[0]) if size else 0,
            self._server is not None,
            migrations,
            published,
        )

    def _open_pool(self) -> ConnectionPool[psycopg.Connection]:
        with self._opening:
            if self._pool is None:
                address = roles.role_url(self._url, roles.APP, self._secret)
                self._pool = ConnectionPool(
                    address, min_size=1, max_size=POOL_SIZE, timeout=POOL_SECONDS, open=True,
                    kwargs={"autocommit": True}, check=ConnectionPool.check_connection,
                )  # fmt: skip
            return self._pool


def _enter(link: psycopg.Connection, workspace: UUID | str) -> None:
    """Name the workspace for this transaction alone, so a pooled connection carries nothing over."""
    link.execute("SELECT set_config('app.workspace', %s, true)", [str(workspace)])
