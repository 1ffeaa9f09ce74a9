"""The app as `spreaders up` starts it, over the loaded home's API, and a browser to look at it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.conftest import ROOT, free_port, require, wait_for

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
SIZE = {"width": 1440, "height": 1100}
# First use of a page compiles it on a busy machine; every wait ends as soon as what it waits for is there.
PATIENCE_MS = 45_000


@pytest.fixture(scope="session")
def app_url(api, tmp_path_factory) -> Iterator[str]:
    """The address of a running app."""
    log = tmp_path_factory.mktemp("app") / "app.log"
    port = free_port()
    command = [sys.executable, "-m", "app", f"--server.port={port}", "--server.address=127.0.0.1"]
    env = api.home.environment(SPREADERS_API_URL=api.url)
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=out)
    try:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health", process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)
    output = log.read_text()
    assert "Traceback" not in output
    assert "deprecated" not in output.lower()
    assert api.home.token not in output


@pytest.fixture(scope="module")
def browser():
    program = require("chromium", "chromium-browser", "google-chrome")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield running
        running.close()


@pytest.fixture
def open_browser(browser, app_url):
    """Open a browser of its own cookies; any request to another host than ours fails the test."""
    contexts, outside = [], []

    def note(request):
        if not request.url.startswith((app_url, "data:", "blob:")):
            outside.append(request.url)

    def open_one(**options):
        context = browser.new_context(**{"viewport": SIZE, "base_url": app_url, **options})
        context.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        context.on("request", note)
        contexts.append(context)
        return context

    yield open_one
    for context in contexts:
        context.close()
    assert outside == []


@pytest.fixture
def page(open_browser):
    opened = open_browser().new_page()
    opened.goto("/")
    return opened


@pytest.fixture
def signed_in(open_browser, api):
    """A page of a browser that is signed in, on no page yet."""

    def open_signed_in(**options):
        context = open_browser(**options)
        answer = context.request.post(
            "/sign-in", form={"token": api.home.token, "next": "/"}, max_redirects=0
        )
        assert answer.status == 303
        return context.new_page()

    return open_signed_in


@pytest.fixture
def pictures(tmp_path) -> Path:
    """Where screenshots go: beside the documentation only when it is asked for."""
    return ROOT / "docs" / "images" if os.environ.get("SPREADERS_WRITE_IMAGES") == "1" else tmp_path
