"""The first-party collector's door: POST /collect from sites, and the snippet that calls it."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from api.body import read_body
from api.identity import Identity
from api.refusals import Refusal, refusal
from core.errors import SpreadersError
from core.settings import Settings
from core.time import Clock
from ingestion.collector.collect import collect
from ingestion.collector.spool import Spool
from ingestion.personal import load_hash_key

# Any site may send: the site key only lets it add events, never read.
OPEN = {"Access-Control-Allow-Origin": "*"}
PREFLIGHT = {
    **OPEN,
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "authorization,content-type",
    "Access-Control-Max-Age": "86400",
}
REFUSED: dict[int | str, dict[str, Any]] = {
    401: {"model": Refusal, "description": "No site key, or one that is not known here."},
    403: {"model": Refusal, "description": "The key may not add events."},
    422: {"description": "Nothing of the request was usable; it says why."},
    503: {"model": Refusal, "description": "The events cannot be stored now; send them again."},
}


def collect_routes(settings: Settings, identity: Identity, clock: Clock) -> APIRouter:
    """Return the routes of the collector; events are on disk before the answer leaves."""
    router = APIRouter(tags=["collector"])
    spool = Spool(settings.collector_path, load_hash_key(settings), clock)
    snippet = files("ingestion").joinpath("snippet/spreaders.js").read_bytes()

    @router.post("/collect", status_code=202, responses=REFUSED)
    async def receive(request: Request, site: str = "") -> JSONResponse:
        """Accept one event or `{"batch": [...]}`; authorised by the site key, as bearer or `?site=`."""
        key = request.headers.get("authorization", "").removeprefix("Bearer ") or site
        try:
            identity.verify(key).allow("collect")
            body = await read_body(request)
            result = await run_in_threadpool(collect, body, settings.workspace, spool)
        except SpreadersError as error:
            return refusal(error, OPEN)  # without the header a page could not read why
        return JSONResponse(result.as_dict(), result.status, OPEN)

    @router.options("/collect")
    def preflight() -> Response:
        """Let a browser on any site send events."""
        return Response(status_code=204, headers=PREFLIGHT)

    @router.get("/spreaders.js")
    def script() -> Response:
        """Serve the snippet a site includes."""
        return Response(
            snippet, media_type="text/javascript", headers={"Cache-Control": "max-age=3600", **OPEN}
        )

    return router
