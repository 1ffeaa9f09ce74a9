"""The door to files made on request: `GET /files/<id>` with the caller's own token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse

from actions.dispatch import refuse_unstorable
from api.refusals import Refusal
from core.context import Context
from lake.state.files import File, find

REFUSED: dict[int | str, dict[str, Any]] = {
    401: {"model": Refusal, "description": "No token, or one that is not known here."},
    403: {"model": Refusal, "description": "The token may not read what the file holds."},
    404: {"model": Refusal, "description": "This workspace has no such file."},
}


def file_routes(caller: Callable[..., Awaitable[Context]]) -> APIRouter:
    """Return the route; an address holds no secret, the token travels in the header."""
    router = APIRouter(prefix="/files", tags=["files"])

    async def fetch(file_id: str, ctx: Context) -> FileResponse:
        """Send a report, export or backup of the caller's workspace."""
        refuse_unstorable(file_id, "The file's id")
        file, path = await run_in_threadpool(_find, ctx, file_id)
        # A page of ours in a browser must not be able to act as us.
        headers = {
            "Content-Security-Policy": "sandbox",
            "X-Content-Type-Options": "nosniff",
            "ETag": file.sha256,
        }
        return FileResponse(path, media_type=file.media_type, filename=file.name, headers=headers)

    fetch.__annotations__["ctx"] = Annotated[Context, Depends(caller)]
    router.add_api_route("/{file_id}", fetch, methods=["GET"], responses=REFUSED, response_class=FileResponse)
    return router


def _find(ctx: Context, file_id: str) -> tuple[File, Path]:
    file, path = find(ctx, file_id)
    ctx.allow(file.operation, is_read=True)
    return file, path
