"""The app as `spreaders up` starts it, over the loaded home's API."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from orchestration.launch import LOOK
from tests.conftest import ROOT, free_port, wait_for


@pytest.fixture(scope="session")
def app_url(api, tmp_path_factory) -> Iterator[str]:
    """The address of a running app."""
    log = tmp_path_factory.mktemp("app") / "app.log"
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app" / "main.py"), *LOOK]
    command += ["--server.headless=true", f"--server.port={port}", "--server.address=127.0.0.1"]
    env = api.home.environment(SPREADERS_API_URL=api.url)
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=out)
    try:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health", process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)
    told = log.read_text()
    assert "Traceback" not in told
    assert "deprecated" not in told.lower()
    assert api.home.token not in told
