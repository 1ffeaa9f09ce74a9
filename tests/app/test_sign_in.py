"""Whoever opens the app must show a token; an API that is away is said in one sentence."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

import app.client
from tests.conftest import ROOT, free_port


@pytest.fixture
def page():
    return AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=20)


def sign_in(page, token):
    page.run()
    page.text_input[0].input(token)
    page.button[0].click().run()
    return page


def test_the_app_asks_for_a_token_first(page):
    page.run()
    assert not page.exception
    assert [box.label for box in page.text_input] == ["Login token"]
    assert not page.metric


def test_an_unknown_token_gets_the_api_s_own_sentence(page, api, monkeypatch):
    monkeypatch.setattr(app.client, "API_URL", api.url)
    sign_in(page, "spr_made-up")
    assert [box.value for box in page.error] == [
        "This token is not known here; `spreaders up` prints the right one."
    ]
    assert "token" not in page.session_state


def test_an_api_that_is_away_is_said_in_one_sentence(page, monkeypatch):
    url = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setattr(app.client, "API_URL", url)
    sign_in(page, "spr_any")
    assert [box.value for box in page.error] == [
        f"The API does not answer at {url}; start it with `spreaders up`."
    ]


def test_the_known_token_opens_the_overview(page, api, monkeypatch):
    monkeypatch.setattr(app.client, "API_URL", api.url)
    sign_in(page, f" {api.home.token} ")
    assert not page.exception
    assert [title.value for title in page.title] == ["Overview"]
    assert len(page.metric) == 8
