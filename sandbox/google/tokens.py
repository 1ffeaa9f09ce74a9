"""Google's OAuth token endpoint and the check of the access tokens it hands out.

A token carries its own expiry and a signature, so it stays valid over a restart of the sandbox.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Literal
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response

from sandbox.twin import answer

LIFETIME_SECONDS = 3599
CLIENT = {"client_id": "sandbox-client_id", "client_secret": "sandbox-client_secret"}
REFRESH_TOKEN = "sandbox-refresh_token"
SIGNING_KEY = b"sandbox-google"
PREFIX = "ya29.sandbox"

TokenState = Literal["valid", "expired", "unknown", "absent"]


def token_routes(scope: str) -> APIRouter:
    """POST /token with the refresh grant, as oauth2.googleapis.com answers it."""
    routes = APIRouter()

    @routes.post("/token")
    async def refresh(request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        if form.get("client_id") != CLIENT["client_id"]:
            return refuse(401, "invalid_client", "The OAuth client was not found.")
        if form.get("client_secret") != CLIENT["client_secret"]:
            return refuse(401, "invalid_client", "Unauthorized")
        if form.get("grant_type") != "refresh_token":
            return refuse(400, "unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type', '')}")
        if form.get("refresh_token") != REFRESH_TOKEN:
            return refuse(400, "invalid_grant", "Token has been expired or revoked.")
        token = issue_token(time.time() + LIFETIME_SECONDS)
        granted = {
            "access_token": token,
            "expires_in": LIFETIME_SECONDS,
            "scope": scope,
            "token_type": "Bearer",
        }
        return answer(granted, headers={"Cache-Control": "no-store"})

    return routes


def issue_token(expires_at: float) -> str:
    """An access token that dies at a Unix time."""
    text = f"{PREFIX}.{int(expires_at)}"
    return f"{text}.{sign(text)}"


def check_token(request: Request) -> TokenState:
    """What the bearer token of a request (header or `access_token` parameter) is worth."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        token = request.query_params.get("access_token", "")
    if not token:
        return "absent"
    text, _, signature = token.rpartition(".")
    expires_at = text.removeprefix(f"{PREFIX}.")
    if not (expires_at.isdigit() and hmac.compare_digest(signature, sign(text))):
        return "unknown"
    return "valid" if time.time() < int(expires_at) else "expired"


def sign(text: str) -> str:
    """The signature of a token text."""
    return hmac.new(SIGNING_KEY, text.encode(), hashlib.sha256).hexdigest()[:32]


def refuse(status: int, error: str, description: str) -> Response:
    """An OAuth error (RFC 6749) as Google words it."""
    return answer({"error": error, "error_description": description}, status)
