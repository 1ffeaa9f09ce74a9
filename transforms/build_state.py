"""What dbt remembers of its builds: what the lake shows, what was made from it, which checks do not hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

Part = tuple[str, str, str, str]
PUBLISHED = "SELECT input, workspace_id, channel, month, fingerprint FROM lake.published_part"
CONSUMED = """
    SELECT model, input, workspace_id, channel, month, fingerprint FROM intermediate.build_state
    WHERE input LIKE 'lake.%'
"""
BUILDS = "SELECT md5(string_agg(b::text, ',' ORDER BY b::text)) FROM intermediate.build_state AS b"
RELATIONS = """
    SELECT relname::text FROM pg_class
    WHERE relnamespace IN ('staging'::regnamespace, 'intermediate'::regnamespace, 'marts'::regnamespace)
"""
# The project as a whole is remembered beside its models, under a name no model has.
PROJECT = "SELECT fingerprint FROM intermediate.build_state WHERE model = '' AND input = 'project'"
REMEMBER = """
    INSERT INTO intermediate.build_state VALUES ('', 'project', '', '', '', %s)
    ON CONFLICT (model, input, workspace_id, channel, month) DO UPDATE SET fingerprint = excluded.fingerprint
"""
STANDING = """
    SELECT DISTINCT check_name, status, message FROM marts.check_result
    WHERE status <> 'pass' AND check_name = ANY(%s) ORDER BY check_name
"""


@dataclass(frozen=True, slots=True)
class State:
    """The fingerprints of the lake's parts now and as each model or check consumed them, and what is there.

    `project` is the hash of the project all of it was last built from, none when that did not end well.
    """

    project: str | None
    published: Mapping[Part, str]
    consumed: Mapping[str, Mapping[Part, str]]
    relations: frozenset[str]


@dataclass(frozen=True, slots=True)
class Standing:
    """A check that did not hold when it was last run."""

    name: str
    status: str
    message: str


@contextmanager
def connect(env: Mapping[str, str]) -> Iterator[psycopg.Connection]:
    """Yield a connection of dbt's own role, by the variables of its profile."""
    names = {"HOST": "host", "PORT": "port", "USER": "user", "DATABASE": "dbname"}
    address = {to: env[f"SPREADERS_DBT_{name}"] for name, to in names.items()}
    password = env["DBT_ENV_SECRET_PASSWORD"]
    with psycopg.connect(**address, password=password, connect_timeout=10) as link:  # type: ignore[arg-type]
        yield link


def read_state(env: Mapping[str, str]) -> State | None:
    """Return what is remembered; none before the first build, or when the database does not answer."""
    try:
        with connect(env) as link:
            project = link.execute(PROJECT).fetchone()
            published = {(i, w, c, m): f for i, w, c, m, f in link.execute(PUBLISHED).fetchall()}
            consumed: dict[str, dict[Part, str]] = {}
            for name, i, w, c, m, fingerprint in link.execute(CONSUMED).fetchall():
                consumed.setdefault(name, {})[i, w, c, m] = fingerprint
            relations = frozenset(name for (name,) in link.execute(RELATIONS).fetchall())
    except (psycopg.errors.UndefinedTable, psycopg.OperationalError):
        return None  # dbt will tell what is wrong with the database
    return State(project[0] if project else None, published, consumed, relations)


def hash_builds(env: Mapping[str, str]) -> str | None:
    """Return a hash of what every model was last made from; none before the first build."""
    try:
        with connect(env) as link:
            row = link.execute(BUILDS).fetchone()
    except (psycopg.errors.UndefinedTable, psycopg.OperationalError):
        return None
    return str(row[0]) if row and row[0] else None


def remember_project(env: Mapping[str, str], project: str) -> None:
    """Note that all models stand as the project of this hash describes them; the next run forgets it."""
    with connect(env) as link:
        link.execute(REMEMBER, [project])


def read_standing(env: Mapping[str, str], checks: Iterable[str]) -> list[Standing]:
    """Return those of the checks that did not hold when they were last run."""
    with connect(env) as link:
        return [Standing(*row) for row in link.execute(STANDING, [list(checks)]).fetchall()]
