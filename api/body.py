"""Reading a request's body, as much as is allowed and no more."""

from __future__ import annotations

from fastapi import Request
from starlette.exceptions import HTTPException

MAX_BODY_BYTES = 4 * 2**20


async def read_body(request: Request) -> bytes:
    """Return the body; one over the limit is refused (413) without reading on."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY_BYTES:
            raise HTTPException(413, f"The body is too large, send at most {MAX_BODY_BYTES:,} bytes")
    return bytes(body)
