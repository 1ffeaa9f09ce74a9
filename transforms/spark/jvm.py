"""JVM Spark with delta-spark as a child process that listens on a port of this machine only."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from core.errors import BadInput, ProviderNotConfigured
from core.settings import Settings
from lake.locks import hold

MASTER = re.compile(r"local(\[(\d+|\*)\])?")
# The newest pair whose jar is published: delta-spark 4.4.1 has a wheel but no jar.
PACKAGE = "io.delta:delta-spark_4.2_2.13:4.4.0"
SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"
LOGGING = Path(__file__).with_name("log4j2.properties")
STARTED = re.compile(r"Spark Connect server started at: \S*:(\d+)")
# The first start on a machine fetches jars.
START_SECONDS = 300.0
# Waits before jars that did not come are asked for again: Ivy keeps those that came.
FETCH_WAITS = (2.0, 5.0, 15.0)
STOP_SECONDS = 20.0
POLL_SECONDS = 0.1
CONF: Mapping[str, str] = MappingProxyType(
    {
        "spark.jars.packages": PACKAGE,
        # Spark brings its own: a second one is 60 MB for nothing.
        "spark.jars.excludes": "org.apache.hadoop:hadoop-client-api,org.apache.hadoop:hadoop-client-runtime",
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.session.timeZone": "UTC",
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": "0",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "4g",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        # Made for one machine: a Delta log of a few commits needs no fifty tasks to be read.
        "spark.databricks.delta.snapshotPartitions": "1",
        "spark.sql.shuffle.partitions": "8",
    }
)


@contextmanager
def jvm_server(settings: Settings) -> Iterator[str]:
    """Yield the Spark Connect address of a JVM Spark that lives as long as the block.

    Jars come from Maven Central by Ivy into `settings.spark_jars`; another repository, a proxy or more
    memory are said where Spark always reads them: `spark-defaults.conf` in the folder SPARK_CONF_DIR names.

    Raises:
        BadInput: the engine is spelled neither `local` nor `local[N]`.
        ProviderNotConfigured: no Java, no jars, or Spark did not start; the message says what to do.
    """
    if not MASTER.fullmatch(settings.spark):
        raise BadInput(f"SPREADERS_SPARK={settings.spark} names no engine; use local or local[2].")
    java = find_java()
    token = secrets.token_urlsafe(24)
    environment = os.environ | {"SPARK_CONNECT_AUTHENTICATE_TOKEN": token, "PATH": with_java(java)}
    settings.logs_path.mkdir(parents=True, exist_ok=True)
    # Two machines fetching jars into one folder at once would spoil each other's.
    with hold(settings.spark_jars / ".lock", alone=True):
        server, port = start(settings, environment)
    try:
        yield f"sc://localhost:{port}/;token={token}"
    finally:
        stop(server)


def start(settings: Settings, environment: Mapping[str, str]) -> tuple[subprocess.Popen[bytes], int]:
    """Start the server; return it and its port. Jars that did not come are asked for again.

    Raises:
        ProviderNotConfigured: no jars, or Spark did not start.
    """
    log = settings.logs_path / "spark.log"
    waits = list(FETCH_WAITS)
    while True:
        with log.open("wb") as out:
            server = subprocess.Popen(  # noqa: S603 - our own command
                submit(settings), env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
        try:
            return server, wait_for_port(server, log)
        except BaseException as error:
            stop(server)
            if not (waits and isinstance(error, ProviderNotConfigured) and is_without_jars(log)):
                raise
        time.sleep(waits.pop(0))


def find_java() -> Path:
    """Return the Java program that Spark would use.

    Raises:
        ProviderNotConfigured: there is none.
    """
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home) / "bin") if home else None)
    if found is None:
        raise ProviderNotConfigured(
            "SPREADERS_SPARK=local needs Java 17: install it (Debian: apt-get install "
            "openjdk-17-jre-headless) or set SPREADERS_SPARK=sail, which needs none.",
            java_home=home,
        )
    return Path(found)


def with_java(java: Path) -> str:
    """Return a PATH on which that Java is found."""
    return f"{java.parent}{os.pathsep}{os.environ.get('PATH', '')}"


def submit(settings: Settings) -> list[str]:
    """Return the command that starts the server."""
    import pyspark

    threads = settings.spark if "[" in settings.spark else "local[*]"
    conf = {**CONF, "spark.master": threads, "spark.jars.ivy": str(settings.spark_jars)}
    command = [str(Path(pyspark.__file__).parent / "bin" / "spark-submit"), "--class", SERVER]
    command += ["--driver-java-options", f"-Dlog4j2.configurationFile={LOGGING.as_uri()}"]
    for name, value in conf.items():
        command += ["--conf", f"{name}={value}"]
    return [*command, "spark-internal"]


def wait_for_port(server: subprocess.Popen[bytes], log: Path) -> int:
    """Return the port the server listens on, as its log tells.

    Raises:
        ProviderNotConfigured: it ended or said nothing in time.
    """
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        text = log.read_text(errors="replace")
        if found := STARTED.search(text):
            return int(found[1])
        if server.poll() is not None:
            raise ProviderNotConfigured(reason_of(log), log=str(log))
        time.sleep(POLL_SECONDS)
    raise ProviderNotConfigured(f"JVM Spark did not start in {START_SECONDS:.0f} seconds.", log=str(log))


def is_without_jars(log: Path) -> bool:
    """Return whether Spark ended because jars did not come, as its log tells."""
    text = log.read_text(errors="replace")
    return "unresolved dependency" in text or "download failed" in text


def reason_of(log: Path) -> str:
    """Return why Spark ended, from its log, and what to do."""
    text = log.read_text(errors="replace")
    if is_without_jars(log):
        return (
            f"The jars of {PACKAGE} could not be fetched; let this machine reach Maven Central, name your "
            "mirror as spark.jars.repositories in spark-defaults.conf, or set SPREADERS_SPARK=sail."
        )
    if "UnsupportedClassVersionError" in text:
        return "SPREADERS_SPARK=local needs Java 17 or newer; set JAVA_HOME to one or SPREADERS_SPARK=sail."
    errors = [line for line in text.splitlines() if "ERROR" in line or "Exception" in line]
    return f"JVM Spark did not start: {(errors or ['it gave no reason'])[0][:300]}"


def stop(server: subprocess.Popen[bytes]) -> None:
    """End the server and wait until it is gone."""
    server.terminate()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
