"""How every refusal looks to a caller: one body, whoever refuses."""

from __future__ import annotations

import math
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from actions.dispatch import unforeseen
from core.errors import AuthExpired, BadInput, NotFound, RateLimited, SpreadersError

REFUSALS = {
    401: "No token, or one that is not known here.",
    403: "The token lacks the scope, or a guardrail refused.",
    404: "The named thing does not exist in this workspace.",
    422: "The arguments do not fit; the message names each one.",
    424: "A key or address is missing; the message names the setting.",
    429: "The vendor asks to wait; `Retry-After` says how long.",
    501: "The vendor offers no such thing.",
    503: "The vendor or the database did not answer; a later retry is safe.",
}


class Refusal(BaseModel):
    """The body of every refused call."""

    error: str = Field(description="Name of the error, by what to do next.")
    message: str = Field(description="One sentence that says what to do.")
    evidence: dict[str, Any] = Field(description="What was seen: a vendor's code, a setting, a scope.")


def answer_refusals(app: FastAPI) -> None:
    """Give every error of the application the same body."""
    app.add_exception_handler(SpreadersError, _refuse)
    app.add_exception_handler(HTTPException, _refuse_request)
    app.add_exception_handler(Exception, _own_up)


def refusal(error: SpreadersError, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return the answer to a refused call."""
    more = {**(headers or {})}
    if isinstance(error, AuthExpired):
        more["WWW-Authenticate"] = "Bearer"
    if isinstance(error, RateLimited):
        more["Retry-After"] = str(math.ceil(error.retry_after.total_seconds()))
    return JSONResponse(error.as_dict(), error.status, more)


async def _refuse(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, SpreadersError)  # noqa: S101 - the handler is registered for this class only
    return refusal(error)


async def _refuse_request(_: Request, error: Exception) -> JSONResponse:
    """Answer what the web framework refuses: unknown paths, wrong methods, bodies too large."""
    assert isinstance(error, HTTPException)  # noqa: S101 - the handler is registered for this class only
    kind = NotFound if error.status_code == NotFound.status else BadInput
    body = kind(f"{error.detail}; /openapi.json lists every path.").as_dict()
    return JSONResponse(body, error.status_code, error.headers)


async def _own_up(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse(unforeseen(error).as_dict(), 500)
