"""Every engine opens by one setting, and a missing one is told in a sentence that says what to do."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import BadInput, ProviderNotConfigured
from core.settings import Settings
from tests.conftest import ROOT
from transforms.spark import jvm as jvm_spark
from transforms.spark.session import open_session

NO_REPOSITORY = (
    "<ivysettings><settings defaultResolver='none'/><resolvers><chain name='none'/></resolvers></ivysettings>"
)
OPENED = """
from pathlib import Path; import sys
from core.settings import Settings
from transforms.spark.session import open_session
for _ in range(2):
    with open_session(Settings(home=Path(sys.argv[1]))) as spark:
        print(spark.range(3).count(), spark.conf.get("spark.sql.session.timeZone"))
"""


def refused(settings: Settings) -> ProviderNotConfigured:
    with pytest.raises(ProviderNotConfigured) as caught, open_session(settings):
        pass
    return caught.value


def test_sail_opens_and_ends_twice_in_one_process_and_says_nothing_else(tmp_path):
    command = [sys.executable, "-W", "error", "-c", OPENED, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (done.stdout, done.stderr) == ("3 UTC\n3 UTC\n", "")


@pytest.mark.parametrize("engine", ["spark", "locally", "local[x]", ""])
def test_an_unknown_engine_is_refused_with_the_known_ones(tmp_path, engine):
    with (
        pytest.raises(BadInput, match="names no engine; use"),
        open_session(Settings(home=tmp_path, spark=engine)),
    ):
        pass


def test_a_cluster_that_does_not_answer_is_named_at_once(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        error = refused(Settings(home=tmp_path, spark=f"sc://127.0.0.1:{port}/;token=secret"))
    assert (
        error.message == f"No Spark answers at sc://127.0.0.1:{port}/; start it or set SPREADERS_SPARK=sail."
    )


@pytest.mark.parametrize("java_home", [None, "/nowhere"])
def test_without_java_the_sentence_says_how_to_get_it(tmp_path, monkeypatch, java_home):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    if java_home:
        monkeypatch.setenv("JAVA_HOME", java_home)
    error = refused(Settings(home=tmp_path, spark="local"))
    assert "needs Java 17" in error.message
    assert "openjdk-17-jre-headless" in error.message
    assert "SPREADERS_SPARK=sail" in error.message


@pytest.mark.jvm
def test_without_the_jars_the_sentence_says_where_they_come_from(tmp_path, monkeypatch, jvm):
    """Spark reads spark-defaults.conf where SPARK_CONF_DIR says: here it names no repository at all."""
    ivy = tmp_path / "ivysettings.xml"
    ivy.write_text(NO_REPOSITORY)
    (tmp_path / "spark-defaults.conf").write_text(f"spark.jars.ivySettings {ivy}\n")
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    monkeypatch.setattr(jvm_spark, "FETCH_WAITS", ())
    error = refused(Settings(home=tmp_path, spark="local", spark_jars=tmp_path / "jars"))
    assert "io.delta:delta-spark_4.2_2.13:4.4.0 could not be fetched" in error.message
    assert Path(str(error.evidence["log"])).read_text()


@pytest.mark.parametrize(("failures", "is_open"), [(1, True), (2, True), (3, False)])
def test_jars_that_did_not_come_are_asked_for_again(tmp_path, monkeypatch, failures, is_open):
    tries = tmp_path / "tries"
    tries.write_text("")
    program = f"""
import pathlib, time
tries = pathlib.Path({str(tries)!r})
tries.write_text(tries.read_text() + "x")
if len(tries.read_text()) <= {failures}:
    raise SystemExit("download failed: io.delta#delta-kernel-api;4.4.0!delta-kernel-api.jar")
print("Spark Connect server started at: 127.0.0.1:15002", flush=True)
time.sleep(60)
"""
    monkeypatch.setattr(jvm_spark, "submit", lambda _: [sys.executable, "-c", program])
    monkeypatch.setattr(jvm_spark, "find_java", lambda: Path("/usr/bin/java"))
    monkeypatch.setattr(jvm_spark, "FETCH_WAITS", (0.0, 0.0))
    settings = Settings(home=tmp_path, spark="local", spark_jars=tmp_path / "jars")
    if is_open:
        with jvm_spark.jvm_server(settings) as address:
            assert address.startswith("sc://localhost:15002/;token=")
    else:
        with pytest.raises(ProviderNotConfigured, match="could not be fetched"):
            jvm_spark.jvm_server(settings).__enter__()
    assert len(tries.read_text()) == min(failures + 1, 3)


@pytest.mark.jvm
def test_the_java_machine_listens_on_this_machine_only_and_wants_its_token(jvm):
    address = jvm.client._builder.endpoint
    assert address.startswith(("localhost:", "127.0.0.1:"))
    from pyspark.sql import SparkSession

    with pytest.raises(Exception, match="(?i)token|unauthenticated"):
        SparkSession.builder.remote(f"sc://{address}").create().range(1).count()
    assert os.environ.get("SPARK_CONNECT_AUTHENTICATE_TOKEN") is None
