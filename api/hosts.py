"""Which names the API answers to, so that no other site's page can borrow a visitor's network."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import BadInput, MissingScope
from core.host_names import LOCAL, MISDIRECTED, host_name
from core.settings import Settings

# Any site may send events and load the snippet: the site key only lets it add.
OPEN_PATHS = frozenset({"/collect", "/spreaders.js"})


class KnownHosts:
    """Refuses requests meant for another host (421) or sent by another site's page (403)."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._names = {*LOCAL, settings.api_host, *settings.api_names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = self._refusal(Headers(scope=scope), scope["path"])
        await (refused or self._app)(scope, receive, send)

    def _refusal(self, headers: Headers, path: str) -> JSONResponse | None:
        if host_name(f"//{headers.get('host', '')}") not in self._names:
            error = BadInput("This API does not go by that name; add it to SPREADERS_API_NAMES.")
            return JSONResponse(error.as_dict(), MISDIRECTED)
        origin = headers.get("origin")
        if origin is not None and path not in OPEN_PATHS and host_name(origin) not in self._names:
            denied = MissingScope("Pages of that site may not call this API; add it to SPREADERS_API_NAMES.")
            return JSONResponse(denied.as_dict(), denied.status)
        return None
