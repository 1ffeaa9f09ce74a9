"""The app answers to its own names only: no other site's page reaches it by DNS rebinding."""

from __future__ import annotations

import http.client

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse

from app.hosts import known_names, middleware

OURS = ("localhost:8701", "127.0.0.1:8701", "[::1]:8701", "LOCALHOST", "app.example.com", "10.0.0.7:8701")
OTHERS = ("evil.example", "evil.example:8701", "127.0.0.1.evil.example", "localhost.evil.example", "", "[")
UPGRADE = {
    "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}  # fmt: skip


@pytest.fixture
def client(monkeypatch):
    monkeypatch.setenv("SPREADERS_API_NAMES", '["app.example.com"]')
    monkeypatch.setenv("SPREADERS_API_HOST", "10.0.0.7")

    async def answer(_):
        return PlainTextResponse("ours")

    async def talk(socket):
        await socket.accept()
        await socket.send_text("ours")
        await socket.close()

    routes = [Route("/", answer), WebSocketRoute("/talk", talk)]
    return TestClient(Starlette(routes=routes, middleware=middleware()), base_url="http://localhost")


@pytest.mark.parametrize("host", OURS)
def test_it_answers_to_its_own_names(client, host):
    assert client.get("/", headers={"host": host}).text == "ours"
    with client.websocket_connect("/talk", headers={"host": host, "origin": f"http://{host}"}) as socket:
        assert socket.receive_text() == "ours"


@pytest.mark.parametrize("host", OTHERS)
def test_it_refuses_what_is_meant_for_another_name(client, host):
    assert client.get("/", headers={"host": host}).status_code == 421
    with pytest.raises(WebSocketDenialResponse) as refused, client.websocket_connect(
        "/talk", headers={"host": host}
    ):  # fmt: skip
        pass
    assert refused.value.status_code == 421


@pytest.mark.parametrize("origin", ["http://evil.example", "https://localhost.evil.example", "null"])
def test_another_site_s_page_opens_no_websocket(client, origin):
    with pytest.raises(WebSocketDenialResponse) as refused, client.websocket_connect(
        "/talk", headers={"host": "localhost", "origin": origin}
    ):  # fmt: skip
        pass
    assert refused.value.status_code == 403


def test_the_environment_adds_names_and_none_is_lost(monkeypatch):
    monkeypatch.delenv("SPREADERS_API_NAMES", raising=False)
    monkeypatch.delenv("SPREADERS_API_HOST", raising=False)
    assert known_names() == {"localhost", "127.0.0.1", "::1"}
    monkeypatch.setenv("SPREADERS_API_NAMES", '["app.example.com"]')
    assert known_names() == {"localhost", "127.0.0.1", "::1", "app.example.com"}


@pytest.mark.parametrize("path", ["/", "/sign-in", "/_stcore/health", "/_stcore/stream", "/page.js"])
@pytest.mark.parametrize("more", [{}, UPGRADE], ids=["page", "websocket"])
def test_the_running_app_is_behind_it(app_url, path, more):
    connection = http.client.HTTPConnection(app_url.removeprefix("http://"), timeout=30)
    connection.request("GET", path, headers={"Host": "evil.example", **more})
    assert connection.getresponse().status == 421
    connection.close()
