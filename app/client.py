"""The app's only way to numbers: the API, with the token the user typed in."""

from __future__ import annotations

import os
from datetime import date
from typing import Any

import streamlit as st

from core.http import HTTPError, make_client

API_URL = os.environ.get("SPREADERS_API_URL", "http://127.0.0.1:8700")
CACHE_SECONDS = 30


class ApiRefused(Exception):
    """The API said no; the text is its own sentence."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def call(name: str, **arguments: Any) -> Any:
    """Return an operation's result as plain JSON, a few seconds old at most.

    Raises:
        ApiRefused: the API refused or does not answer; its message says what to do.
    """
    given = {key: value.isoformat() if isinstance(value, date) else value for key, value in arguments.items()}
    return _cached(name, given, st.session_state["token"])


@st.cache_data(ttl=CACHE_SECONDS, show_spinner=False)
def _cached(name: str, arguments: dict[str, Any], token: str) -> Any:
    return request(name, {k: v for k, v in arguments.items() if v is not None}, token)


def forget() -> None:
    """Ask again for everything after something was changed."""
    _cached.clear()


def request(name: str, arguments: dict[str, Any], token: str) -> Any:
    """Call an operation with a token, uncached."""
    try:
        with make_client(API_URL, headers={"Authorization": f"Bearer {token}"}) as client:
            answer = client.post(f"/v1/{name.replace('.', '/')}", json=arguments)
    except HTTPError as error:
        raise ApiRefused(
            f"The API does not answer at {API_URL}; start it with `spreaders up`.", 503
        ) from error
    if answer.is_success:
        return answer.json()
    raise ApiRefused(answer.json().get("message", answer.text), answer.status_code)
