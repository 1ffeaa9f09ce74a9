"""The app's only way to numbers: the API, with the token of the person who is signed in."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import cache
from threading import Lock
from time import monotonic
from typing import Any

import streamlit as st

from core.http import Client, HTTPError, make_client

API_URL = os.environ.get("SPREADERS_API_URL", "http://127.0.0.1:8700")
CACHE_SECONDS = 60
MOST_ANSWERS = 400
AT_ONCE = 6
Call = tuple[str, Mapping[str, Any]]

# Answers by token, operation and arguments, with the instant until which each is good.
_answers: dict[tuple[str, str, str], tuple[Any, float]] = {}
_lock = Lock()
_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="call")


class ApiRefused(Exception):
    """The API said no; the text is its own sentence."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def call(name: str, **arguments: Any) -> Any:
    """Return an operation's result as plain JSON, a minute old at most.

    Raises:
        ApiRefused: the API refused or does not answer; its message says what to do.
    """
    return _cached(name, arguments, st.session_state["token"])


def call_all(*calls: Call) -> list[Any]:
    """Return the results of several operations, asked for at the same time.

    Raises:
        ApiRefused: one of them was refused.
    """
    token = st.session_state["token"]
    waiting = [_threads.submit(_cached, name, arguments, token) for name, arguments in calls]
    return [future.result() for future in waiting]


def change(name: str, **arguments: Any) -> Any:
    """Call an operation that changes something, and ask again for everything afterwards."""
    answer = request(name, arguments, st.session_state["token"])
    forget()
    return answer


def forget() -> None:
    """Ask again for everything after something was changed."""
    with _lock:
        _answers.clear()


def fetch_file(file_id: str, token: str) -> bytes:
    """Return the content of a report or export."""
    answer = _send("GET", f"/files/{file_id}", token, None)
    return bytes(answer.content)


def request(name: str, arguments: Mapping[str, Any], token: str) -> Any:
    """Call an operation with a token, uncached."""
    return _send("POST", f"/v1/{name.replace('.', '/')}", token, _plain(arguments)).json()


def _cached(name: str, arguments: Mapping[str, Any], token: str) -> Any:
    key = (token, name, json.dumps(_plain(arguments), sort_keys=True))
    answer, good_until = _answers.get(key, (None, 0.0))
    if good_until > monotonic():
        return answer
    answer = request(name, arguments, token)
    with _lock:
        _answers.pop(key, None)
        while len(_answers) >= MOST_ANSWERS:
            del _answers[next(iter(_answers))]
        _answers[key] = (answer, monotonic() + CACHE_SECONDS)
    return answer


def _plain(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments as JSON has them; what is None stays with the API's default."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in arguments.items()
        if value is not None
    }


def _send(method: str, path: str, token: str, body: dict[str, Any] | None) -> Any:
    try:
        answer = _client(API_URL).request(
            method, path, json=body, headers={"Authorization": f"Bearer {token}"}
        )
    except HTTPError as error:
        raise ApiRefused(
            f"The API does not answer at {API_URL}; start it with `spreaders up`.", 503
        ) from error
    except ValueError as error:  # a token that no header can hold
        raise ApiRefused("This is no login token; `spreaders up` prints the right one.", 401) from error
    if answer.is_success:
        return answer
    raise ApiRefused(_sentence(answer), answer.status_code)


def _sentence(answer: Any) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return f"The API answered {answer.status_code}; see its log."


@cache
def _client(url: str) -> Client:
    """Return the one client of this process; its connections stay open."""
    return make_client(url, connections=AT_ONCE * 2)
