"""Which names the app answers to, so that no other site's page can reach it through a name of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from core.host_names import LOCAL, MISDIRECTED, host_name

NOT_OURS = "The app does not go by that name; add it to SPREADERS_API_NAMES."
NOT_FROM_THERE = "Pages of that site may not open the app; add it to SPREADERS_API_NAMES."


class KnownHosts:
    """Refuses what is meant for another host (421), and a websocket that another site's page opens (403)."""

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        self._app = app
        self._names = frozenset(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request or websocket on, or refuse it."""
        refused = None
        if scope["type"] in {"http", "websocket"}:
            refused = self._refusal(Headers(scope=scope), is_websocket=scope["type"] == "websocket")
        await (refused or self._app)(scope, receive, send)

    def _refusal(self, headers: Headers, *, is_websocket: bool) -> PlainTextResponse | None:
        if host_name(f"//{headers.get('host', '')}") not in self._names:
            return PlainTextResponse(NOT_OURS, MISDIRECTED)
        origin = headers.get("origin")
        if is_websocket and origin is not None and host_name(origin) not in self._names:
            return PlainTextResponse(NOT_FROM_THERE, 403)
        return None


def known_names() -> frozenset[str]:
    """Return this machine's own names and those that the environment adds for the API."""
    names = json.loads(os.environ.get("SPREADERS_API_NAMES") or "[]")
    host = os.environ.get("SPREADERS_API_HOST")
    return frozenset({*LOCAL, *names, *([host] if host else [])})


def middleware() -> list[Middleware]:
    """Return what stands before every route, Streamlit's own included."""
    return [Middleware(KnownHosts, names=known_names())]
