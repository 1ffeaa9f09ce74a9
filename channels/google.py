"""What YouTube and Google Ads share: Google's OAuth tokens and its error envelope."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from channels.contract import Credential
from core.errors import (
    AuthExpired,
    MissingScope,
    NotFound,
    RateLimited,
    Rejected,
    SpreadersError,
    VendorDown,
)

if TYPE_CHECKING:
    from channels.connection import Answer, Connection

OAUTH_HOST: Final = "https://oauth2.googleapis.com"
TOKEN_PATH: Final = "/token"
# An access token lives about an hour; a minute early keeps long answers inside it.
EARLY_SECONDS: Final = 60.0
# The refresh token does not rotate. It dies after six months unused, on revocation, and after seven
# days while the OAuth app is still in "Testing".
CREDENTIALS: Final = (
    Credential("client_id", "OAuth client id of your Google Cloud project", secret=False),
    Credential("client_secret", "OAuth client secret"),
    Credential("refresh_token", "refresh token of the Google account that owns the data"),
)


def authorise(connection: Connection) -> tuple[dict[str, str], dict[str, str]]:
    """Return the bearer header, fetching an access token when none is held or it is about to end."""
    with connection.lock:
        token, ends = connection.memo.get("access_token", ("", 0.0))
        if time.monotonic() >= ends:
            renew(connection)
            token, ends = connection.memo["access_token"]
    return {"Authorization": f"Bearer {token}"}, {}


def renew(connection: Connection) -> None:
    """Trade the refresh token for a new access token and keep it in the connection.

    Raises:
        AuthExpired: Google no longer takes the refresh token; a person must connect again.
    """
    form = {
        "grant_type": "refresh_token",
        **{name: connection.fields[name] for name in ("client_id", "client_secret", "refresh_token")},
    }
    granted = connection.post(TOKEN_PATH, host="oauth", form=form, safe=True, signed=False).json()
    connection.keep_secret(granted["access_token"])
    ends = time.monotonic() + float(granted["expires_in"]) - EARLY_SECONDS
    connection.memo["access_token"] = (granted["access_token"], ends)


def read_error(answer: Answer) -> dict[str, Any]:
    """Return the `error` object of an answer; empty when the body holds none.

    A stream that breaks midway is a list whose status was sent long before: its last element holds the
    error, with HTTP 200.
    """
    try:
        body = answer.json()
    except VendorDown:
        return {}
    parts = body if isinstance(body, list) else [body]
    errors = (part["error"] for part in parts if isinstance(part, dict) and part.get("error"))
    error = next(errors, None)
    return error if isinstance(error, dict) else {}


def read_broken(answer: Answer) -> SpreadersError | None:
    """Return the error inside an answer of HTTP 200 that says no more than its status; None without one."""
    error = read_error(answer)
    if not error:
        return None
    code, message = error.get("code"), f"Google broke off its answer: {error.get('message') or ''}"
    evidence = {"code": code, "vendor_status": error.get("status")}
    if code == 429:
        return RateLimited(message, answer.retry_after(), **evidence)
    kinds: dict[object, type[SpreadersError]] = {
        400: Rejected,
        401: AuthExpired,
        403: MissingScope,
        404: NotFound,
    }
    return kinds.get(code, VendorDown)(message, **evidence)


def read_refused_token(answer: Answer) -> SpreadersError | None:
    """Return the error of the token endpoint (RFC 6749: `{"error": "invalid_grant"}`), or None."""
    try:
        body = answer.json()
    except VendorDown:
        return None
    code = body.get("error") if isinstance(body, dict) else None
    if not isinstance(code, str) or answer.status >= 500:
        return None
    if code in {"invalid_grant", "invalid_client", "unauthorized_client"}:
        return AuthExpired(
            f"Google refuses the stored consent ({code}); connect the account again.", code=code
        )
    return Rejected(f"Google's token endpoint refused the request: {code}.", code=code)
