"""Who is signed in: a random id in the browser's cookie, the API token on this side only."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock

STAY_SECONDS = 7 * 24 * 3600
MOST_SESSIONS = 10_000


@dataclass
class Sessions:
    """Sessions of this process; each ends a week after it began, or at sign-out."""

    now: Callable[[], float] = time.monotonic
    _tokens: dict[str, tuple[str, float]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def begin(self, token: str) -> str:
        """Keep a token and return the new session's id."""
        session = secrets.token_urlsafe(32)
        with self._lock:
            self._drop_ended()
            self._tokens[session] = (token, self.now() + STAY_SECONDS)
        return session

    def token(self, session: str | None) -> str | None:
        """Return the token of a session; None where it has ended or never was."""
        token, ends_at = self._tokens.get(session or "", (None, 0.0))
        return token if ends_at > self.now() else None

    def end(self, session: str | None) -> None:
        """Forget a session."""
        with self._lock:
            self._tokens.pop(session or "", None)

    def end_token(self, token: str) -> None:
        """Forget every session of a token that the API no longer knows."""
        with self._lock:
            for session in [name for name, (kept, _) in self._tokens.items() if kept == token]:
                del self._tokens[session]

    def _drop_ended(self) -> None:
        now = self.now()
        for session in [name for name, (_, ends_at) in self._tokens.items() if ends_at <= now]:
            del self._tokens[session]
        while len(self._tokens) >= MOST_SESSIONS:
            del self._tokens[next(iter(self._tokens))]


SESSIONS = Sessions()


def cookie_name(host: str) -> str:
    """Return the cookie's name; it holds the port, since browsers share cookies between ports."""
    port = host.rpartition(":")[2]
    return f"spreaders_session_{port}" if port.isdigit() else "spreaders_session"


def session_of(cookies: Mapping[str, str], host: str) -> str | None:
    """Return the session's id that a browser sent."""
    return cookies.get(cookie_name(host))
