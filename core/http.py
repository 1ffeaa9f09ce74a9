"""The one place that knows the HTTP library; everyone else asks it for a client."""

from __future__ import annotations

from typing import Any

import httpx

Client = httpx.Client
Response = httpx.Response
TransportError = httpx.TransportError
HTTPError = httpx.HTTPError
# Failures before the first byte left: even a write may be sent again.
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)

CONNECT_SECONDS = 10.0
READ_SECONDS = 120.0


def make_client(
    base_url: str = "", *, headers: dict[str, str] | None = None, connections: int = 10
) -> Client:
    """Return a synchronous client with bounded time and connections.

    Redirects are not followed: a vendor's answer is untrusted input.
    """
    return httpx.Client(
        base_url=base_url,
        headers=headers,
        timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
        follow_redirects=False,
    )


def basic_auth(user: str, password: str) -> Any:
    """Return HTTP Basic credentials for a request's `auth`."""
    return httpx.BasicAuth(user, password)
