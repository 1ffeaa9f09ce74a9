"""The four database roles and the migrations, brought up to date at every opening."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import conninfo, sql

from core.errors import ProviderNotConfigured, VendorDown

DBT, APP, QUERY = "spreaders_dbt", "spreaders_app", "spreaders_query"
MIGRATIONS = Path(__file__).parent / "migrations"
# Any fixed number: it keeps two processes from migrating at once.
MIGRATION_LOCK = 7_350_218
CONNECT_SECONDS = 10
AS_DBT = f"-- as {DBT}\n"


def role_url(url: str, role: str, secret: str) -> str:
    """Return the owner's connection address with another role in it.

    The role's password is derived from the secret, so every machine that knows the owner's
    address knows it and it is stored nowhere.
    """
    return conninfo.make_conninfo(url, user=role, password=_derive(secret, role))


def seal(secret: str, workspace: str) -> str:
    """Return the signature that proves to the database which workspace we meant (state.sealed_workspace)."""
    key = _derive(secret, "seal")
    return hashlib.sha256(f"{key}/{workspace}/{key}".encode()).hexdigest()


def _derive(secret: str, purpose: str) -> str:
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).hexdigest()


@contextmanager
def connect(url: str, **options: Any) -> Iterator[psycopg.Connection]:
    """Yield a connection that commits at the end.

    Raises:
        VendorDown: the server cannot be reached or refuses; the message names it, never a password.
    """
    try:
        link = psycopg.connect(url, connect_timeout=CONNECT_SECONDS, **options)
    except psycopg.OperationalError as error:
        raise unreachable(url, error) from None
    with link:
        yield link


def unreachable(url: str, error: Exception) -> VendorDown:
    """Return the one sentence for a database that does not answer."""
    parts = conninfo.conninfo_to_dict(url)
    password = str(parts.get("password") or "\0")
    said = str(error).strip().splitlines()[-1].replace(password, "…")
    where = f"{parts.get('host', 'localhost')}:{parts.get('port', 5432)}/{parts.get('dbname', '')}"
    return VendorDown(
        f"The database at {where} cannot be used ({said}); start it or correct SPREADERS_DATABASE_URL."
    )


def prepare(url: str, secret: str) -> list[str]:
    """Create missing roles and apply missing migrations as owner; return the names applied now."""
    with connect(url) as owner:
        owner.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            for role in (DBT, APP, QUERY):
                _ensure_role(owner, url, role, secret)
            done = _migrate(owner, url, secret)
            _ensure_seal(owner, _derive(secret, "seal"))
        except psycopg.errors.InsufficientPrivilege as error:
            raise ProviderNotConfigured(
                f"The database user of SPREADERS_DATABASE_URL may not set up the warehouse ({error}); "
                "give it CREATEROLE and ownership of the database.".replace("\n", " ")
            ) from None
    return done


def applied(link: psycopg.Connection) -> list[str]:
    """Return the names of the migrations this database has had."""
    rows = link.execute("SELECT name FROM public.spreaders_migration ORDER BY name").fetchall()
    return [name for (name,) in rows]


def pending(link: psycopg.Connection) -> list[str]:
    """Return the names of the migrations this database still lacks, in order."""
    done = set(applied(link))
    return [file.stem for file in sorted(MIGRATIONS.glob("*.sql")) if file.stem not in done]


def _ensure_seal(owner: psycopg.Connection, key: str) -> None:
    """Give the database the key of today's secret."""
    if owner.execute("SELECT key FROM state.seal").fetchall() != [(key,)]:
        owner.execute("DELETE FROM state.seal")
        owner.execute("INSERT INTO state.seal (key) VALUES (%s)", [key])


def _ensure_role(owner: psycopg.Connection, url: str, role: str, secret: str) -> None:
    """Create the role, or give it today's password when the derived one no longer fits."""
    address = role_url(url, role, secret)
    password = sql.Literal(conninfo.conninfo_to_dict(address)["password"])
    exists = owner.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    if not (exists and _may_log_in(address)):
        verb = sql.SQL("ALTER" if exists else "CREATE")
        statement = sql.SQL("{verb} ROLE {role} LOGIN PASSWORD {password}")
        owner.execute(statement.format(verb=verb, role=sql.Identifier(role), password=password))
    # A caller's SQL is read by the database as a temporary view before it runs.
    rights = sql.SQL({DBT: "CONNECT, CREATE", APP: "CONNECT", QUERY: "CONNECT, TEMPORARY"}[role])
    grant = sql.SQL("GRANT {} ON DATABASE {} TO {}")
    owner.execute(grant.format(rights, sql.Identifier(owner.info.dbname), sql.Identifier(role)))
    owner.commit()


def _may_log_in(address: str) -> bool:
    try:
        psycopg.connect(address, connect_timeout=CONNECT_SECONDS).close()
    except psycopg.OperationalError:
        return False
    return True


def _migrate(owner: psycopg.Connection, url: str, secret: str) -> list[str]:
    owner.execute(
        "CREATE TABLE IF NOT EXISTS public.spreaders_migration"
        " (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
    )
    owner.execute(sql.SQL("GRANT SELECT ON public.spreaders_migration TO {}").format(sql.Identifier(APP)))
    new = pending(owner)
    for name in new:
        text = (MIGRATIONS / f"{name}.sql").read_text()
        if text.startswith(AS_DBT):
            owner.commit()  # the builder sees what came before
            with connect(role_url(url, DBT, secret)) as builder:
                builder.execute(text)
        else:
            owner.execute(text)
        owner.execute("INSERT INTO public.spreaders_migration (name) VALUES (%s)", [name])
    return new
