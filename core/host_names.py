"""The names of this machine's servers, as browsers put them into `Host` and `Origin`."""

from __future__ import annotations

from urllib.parse import urlsplit

LOCAL = ("localhost", "127.0.0.1", "::1")
MISDIRECTED = 421


def host_name(address: str) -> str | None:
    """Return the name in an origin, or in a host after `//`; None where there is none."""
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
