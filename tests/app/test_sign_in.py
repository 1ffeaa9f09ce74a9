"""An API that is away is told in one sentence; the pages show nothing without a token."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

import app.client
from app.client import ApiRefused, request
from tests.conftest import ROOT, free_port


@pytest.fixture
def page():
    return AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=60)


def test_nothing_is_shown_without_a_session(page):
    page.run()
    assert not page.exception
    assert [box.value for box in page.info] == ["You are signed out."]
    assert not page.metric


def test_an_api_that_is_away_is_told_in_one_sentence(monkeypatch):
    url = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setattr(app.client, "API_URL", url)
    with pytest.raises(ApiRefused, match=f"The API does not answer at {url}; start it with `spreaders up`."):
        request("db.getHealth", {}, "spr_any")


def test_a_text_that_no_header_can_hold_is_no_token(monkeypatch):
    monkeypatch.setattr(app.client, "API_URL", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(ApiRefused) as refused:
        request("db.getHealth", {}, "tök€n")
    assert refused.value.status in {401, 503}


def test_a_known_token_opens_the_overview(page, api, monkeypatch):
    monkeypatch.setattr(app.client, "API_URL", api.url)
    page.session_state["token"] = api.home.token
    page.run()
    assert not page.exception
    assert [title.value for title in page.title] == ["Overview"]
    assert len(page.metric) == len(api.call("analytics.getOverview").json()["kpis"])


def test_a_token_that_is_no_longer_known_ends_the_session(page, api, monkeypatch):
    monkeypatch.setattr(app.client, "API_URL", api.url)
    page.session_state["token"] = "spr_made-up"
    page.run()
    assert [box.value for box in page.error] == [
        "This token is not known here; `spreaders up` prints the right one."
    ]
    assert "token" not in page.session_state
