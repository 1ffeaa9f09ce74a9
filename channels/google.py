"""What YouTube and Google Ads share: Google's OAuth tokens and its error envelope."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import orjson

from channels.contract import Credential
from core.errors import AuthExpired, Rejected, SpreadersError

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
    """Return the `error` object of a refused answer; empty when the body is not Google's envelope.

    A refused stream sends the object inside a list.
    """
    try:
        body = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return {}
    first = body[0] if isinstance(body, list) and body else body
    error = first.get("error") if isinstance(first, dict) else None
    return error if isinstance(error, dict) else {}


def read_refused_token(answer: Answer) -> SpreadersError | None:
    """Return the error of the token endpoint (RFC 6749: `{"error": "invalid_grant"}`), or None."""
    try:
        body = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return None
    code = body.get("error") if isinstance(body, dict) else None
    if not isinstance(code, str) or answer.status >= 500:
        return None
    if code in {"invalid_grant", "invalid_client", "unauthorized_client"}:
        return AuthExpired(
            f"Google refuses the stored consent ({code}); connect the account again.", code=code
        )
    return Rejected(f"Google's token endpoint refused the request: {code}.", code=code)
