"""One Spark session on the engine the settings name, through the Spark Connect client for every engine."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from core.errors import BadInput, ProviderNotConfigured
from core.settings import Settings
from transforms.spark.jvm import jvm_server

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

USUAL_PORT = 15002
ANSWER_SECONDS = 10.0
MOST_BYTES = 4 * 2**30


@contextmanager
def open_session(settings: Settings) -> Iterator[SparkSession]:
    """Yield a session of the engine in `settings.spark`; engine and session end with the block.

    `sail` runs in this process; `local` (or `local[2]`, two threads) starts a Java machine for the
    length of the block; `sc://host:port` is a server or cluster that sees the lake's folder.
    Times are UTC.

    Raises:
        BadInput: the setting names no engine.
        ProviderNotConfigured: the engine cannot start or be reached; the message says what to do.
    """
    with _server(settings) as url:
        session = _connect(url)
        try:
            yield session
        finally:
            session.stop()


@contextmanager
def _server(settings: Settings) -> Iterator[str]:
    """Yield the Spark Connect address of the engine."""
    engine = settings.spark
    if engine == "sail":
        with _sail() as url:
            yield url
    elif engine.startswith("local"):
        with jvm_server(settings) as url:
            yield url
    elif engine.startswith("sc://"):
        _check_answers(engine)
        yield engine
    else:
        raise BadInput(f"SPREADERS_SPARK={engine} names no engine; use sail, local or sc://host:port.")


@contextmanager
def _sail() -> Iterator[str]:
    # Read once, when the server is made.
    for name, value in sail_settings().items():
        os.environ.setdefault(name, value)
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer()
    server.start(background=True)
    try:
        host, port = server.listening_address or ("127.0.0.1", 0)
        yield f"sc://{host}:{port}"
    finally:
        server.stop()


def sail_settings() -> dict[str, str]:
    """Return what Sail is told unless the environment says otherwise.

    Sorts and sums that outgrow their fair part of the memory go on in temporary files; half of the
    machine's is theirs, and no more than the Java machine would take.
    """
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        # Every start and stop would be told on stderr.
        "RUST_LOG": "error",
        "SAIL_RUNTIME__MEMORY_POOL__TYPE": "fair",
        "SAIL_RUNTIME__MEMORY_POOL__FAIR__MAX_SIZE": str(min(memory // 2, MOST_BYTES)),
    }


def _check_answers(url: str) -> None:
    """Refuse an address where nobody listens: the client itself would try for minutes."""
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or USUAL_PORT), ANSWER_SECONDS):
            return
    except OSError as error:
        raise ProviderNotConfigured(
            f"No Spark answers at {url.split(';', maxsplit=1)[0]}; start it or set SPREADERS_SPARK=sail.",
            reason=str(error),
        ) from error


def _connect(url: str) -> SparkSession:
    from pyspark.sql import SparkSession

    session = SparkSession.builder.remote(url).create()
    session.conf.set("spark.sql.session.timeZone", "UTC")
    return session
