"""Signing in: a link leads on after it, the token stays on the server, and an ended session opens nothing."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app import doors
from app.client import ApiRefused
from app.places import all_places, is_place
from app.sessions import STAY_SECONDS, Sessions, cookie_name

pytestmark = pytest.mark.case("app/7")
HOST = "http://127.0.0.1:8701"
COOKIE = cookie_name("127.0.0.1:8701")


@pytest.fixture
def sessions(monkeypatch):
    kept = Sessions()
    monkeypatch.setattr(doors, "SESSIONS", kept)
    return kept


@pytest.fixture
def client(sessions, monkeypatch):
    def request(name, arguments, token):
        if token != "spr_right":
            raise ApiRefused("This token is not known here; `spreaders up` prints the right one.", 401)

    monkeypatch.setattr(doors, "request", request)
    return TestClient(Starlette(routes=doors.routes()), base_url=HOST, follow_redirects=False)


def test_a_deep_link_asks_to_sign_in_and_leads_on(client):
    answer = client.get("/channels?channel=meta_ads&period=last-month")
    assert answer.status_code == 303
    form = client.get(answer.headers["location"])
    assert 'value="/channels?channel=meta_ads&amp;period=last-month"' in form.text
    done = client.post("/sign-in", data={"token": " spr_right ", "next": "/channels?channel=meta_ads"})
    assert (done.status_code, done.headers["location"]) == (303, "/channels?channel=meta_ads")
    assert client.get("/channels?channel=meta_ads").status_code == 200
    assert client.get("/sign-in").headers["location"] == "/"


def test_the_cookie_is_for_the_server_only_and_holds_no_token(client):
    done = client.post("/sign-in", data={"token": "spr_right"})
    cookie = done.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "spr_right" not in cookie + done.headers["location"]


def test_a_wrong_token_is_told_and_begins_nothing(client):
    answer = client.post("/sign-in", data={"token": "<b>", "next": "/metrics"})
    assert answer.status_code == 401
    assert "This token is not known here" in answer.text
    assert 'value="/metrics"' in answer.text
    assert "set-cookie" not in answer.headers
    assert client.get("/").status_code == 303


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", "/nothing", ""]
)
def test_it_leads_to_our_own_pages_only(client, target):
    done = client.post("/sign-in", data={"token": "spr_right", "next": target})
    assert done.headers["location"] == "/"


def test_another_site_s_form_signs_nobody_in(client):
    answer = client.post("/sign-in", data={"token": "spr_right"}, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_signing_out_ends_the_session_for_every_copy_of_the_cookie(client, sessions):
    client.post("/sign-in", data={"token": "spr_right"})
    session = client.cookies[COOKIE]
    assert sessions.token(session) == "spr_right"
    other_site = client.get("/sign-out", headers={"sec-fetch-site": "cross-site"})
    assert other_site.headers["location"] == "/"
    assert sessions.token(session) == "spr_right"
    client.get("/sign-out", headers={"sec-fetch-site": "same-origin"})
    assert sessions.token(session) is None
    client.cookies.set(COOKIE, session)
    assert client.get("/").status_code == 303


def test_a_session_ends_after_a_week_and_with_its_token():
    clock = [0.0]
    sessions = Sessions(now=lambda: clock[0])
    one, other = sessions.begin("spr_1"), sessions.begin("spr_2")
    assert one != other
    sessions.end_token("spr_2")
    assert (sessions.token(one), sessions.token(other)) == ("spr_1", None)
    clock[0] = STAY_SECONDS + 1
    assert sessions.token(one) is None
    assert sessions.token(None) is sessions.token("made-up") is None


def test_pages_have_our_icon_and_ask_no_other_host(client):
    client.post("/sign-in", data={"token": "spr_right"})
    for place in all_places():
        page = client.get(f"/{place.path}")
        assert 'href="/icon.svg"' in page.text
        assert "favicon.png" not in page.text
        assert "default-src 'self'" in page.headers["content-security-policy"]
    assert client.get("/icon.svg").headers["content-type"].startswith("image/svg+xml")
    assert client.get("/app.webmanifest").json()["icons"][0]["src"] == "/icon.svg"


def test_earlier_and_unknown_addresses_lead_to_a_page(client):
    assert client.get("/quality?history=7").headers["location"] == "/data?history=7"
    assert client.get("/nothing").headers["location"] == "/"
    assert client.get("/nothing.js").status_code == 404
    assert is_place("/data?history=7")
    assert not is_place("/sign-out")
