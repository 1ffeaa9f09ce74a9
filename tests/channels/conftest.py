"""Vendors for a test to talk to: a function, a scripted server on a real socket, or the sandbox."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
import tenacity.nap

from channels.catalog import discover
from channels.connection import Connection, connect
from core.context import Context
from core.settings import Settings
from core.time import FixedClock

NOW = datetime(2026, 9, 1, 6, tzinfo=UTC)


@pytest.fixture
def play(monkeypatch):
    """Return a function that gives a connection whose requests go to `answer(request)`; nothing sleeps."""
    opened = []

    def connect_to(channel, answer, **fields):
        given = {c.name: f"test-{c.name}" for c in channel.credentials if c.required} | fields
        connection = Connection(channel, given, FixedClock(NOW))
        connection._client.close()
        connection._client = httpx.Client(transport=httpx.MockTransport(answer))
        connection.sleep = lambda _: None
        opened.append(connection)
        return connection

    yield connect_to
    for connection in opened:
        connection.close()


@pytest.fixture
def asked_of():
    """Return a function that gives a call context whose vendors are these connections."""

    def context(*connections):
        by_name = {connection.channel.name: connection for connection in connections}
        workspace = Settings.model_fields["workspace"].default
        return Context(workspace, "test", frozenset({"*"}), services={"connect": by_name.__getitem__})

    return context


class Vendor:
    """Answers from a script, over a real socket; the last answer repeats.

    An answer is (status, headers, body), None to hang up, or a function of the request (method,
    address, headers, body).
    """

    def __init__(self):
        self.script, self.seen, self.lock = [(200, {}, b"{}")], [], threading.Lock()
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                request = (self.command, self.path, dict(self.headers), body)
                with vendor.lock:
                    vendor.seen.append(request)
                    answer = vendor.script.pop(0) if len(vendor.script) > 1 else vendor.script[0]
                if callable(answer):
                    answer = answer(request)
                if answer is None:
                    self.close_connection = True
                    return
                status, headers, content = answer
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        serve = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        serve.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def vendor():
    vendor = Vendor()
    yield vendor
    vendor.close()


@pytest.fixture
def waits(monkeypatch):
    """The seconds every wait would have taken; nothing sleeps."""
    slept = []
    monkeypatch.setattr(tenacity.nap.time, "sleep", slept.append)
    return slept


@pytest.fixture(scope="session")
def market_now(sandbox):
    return datetime.fromisoformat(httpx.get(f"{sandbox.url}/_clock").json()["now"])


@pytest.fixture(scope="session")
def open_channel(sandbox, market_now, tmp_path_factory):
    """Open a fresh connection to a channel's twin."""
    home, made = tmp_path_factory.mktemp("home"), []

    def open_channel(name):
        settings = Settings(home=home, sandbox_url=sandbox.url, _env_file=None)
        made.append(connect(discover()[name], settings, FixedClock(market_now)))
        return made[-1]

    yield open_channel
    for connection in made:
        connection.close()


@pytest.fixture
def faults(sandbox):
    """Put fault rules in force until the test ends."""

    def add(channel, kind, **how):
        rule = {"channel": channel, "kind": kind, **how}
        httpx.post(f"{sandbox.url}/_faults", json=[rule]).raise_for_status()

    yield add
    httpx.delete(f"{sandbox.url}/_faults").raise_for_status()
