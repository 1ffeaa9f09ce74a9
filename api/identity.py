"""Bearer tokens: made at first start, kept as hashes, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.context import require_scope
from core.errors import AuthExpired
from core.files import exclusive, read_json_object, write_atomic
from core.settings import Settings

TOKENS_FILE = "tokens.json"
LOCK_FILE = ".tokens.lock"


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever holds a token: a name for the audit line and the scopes it was given."""

    actor: str
    scopes: frozenset[str]

    def allow(self, scope: str) -> None:
        """Raise `MissingScope` unless the holder was granted the scope."""
        require_scope(self.actor, self.scopes, scope)


class Identity:
    """The tokens of one home; the file holds SHA-256 hashes only."""

    def __init__(self, settings: Settings) -> None:
        self._shown = settings.first_token_path
        self._site = settings.site_key_path
        self._file = settings.keys_path / TOKENS_FILE
        self._turn = settings.keys_path / LOCK_FILE

    def first_token(self) -> str:
        """Return the token made at first start, making it if there is none yet.

        It is kept in `keys/first-token`, readable by its owner only, so that `spreaders up` can show
        it again; delete the file once other tokens exist.
        """
        return self._made(self._shown, "spr_", "owner", "*")

    def site_key(self) -> str:
        """Return the key a web site carries in the open: it may add events and nothing else."""
        return self._made(self._site, "site_", "site", "collect")

    def issue(self, actor: str, scopes: frozenset[str]) -> str:
        """Return a new token with these scopes, shown this once; `*:read` lets its holder only read."""
        token = f"spr_{secrets.token_urlsafe(32)}"
        with exclusive(self._turn):
            self._add(token, actor, scopes)
        return token

    def verify(self, token: str) -> Caller:
        """Return who holds the token.

        Raises:
            AuthExpired: nobody does.
        """
        digest = _digest(token)
        for known, holder in self._holders().items():
            if hmac.compare_digest(known, digest):
                return Caller(holder["actor"], frozenset(holder["scopes"]))
        raise AuthExpired("This token is not known here; `spreaders up` prints the right one.")

    def _made(self, shown: Path, prefix: str, actor: str, scope: str) -> str:
        with exclusive(self._turn):  # two first starts make one token
            token = shown.read_text(encoding="utf-8").strip() if shown.exists() else ""
            if not token:
                token = f"{prefix}{secrets.token_urlsafe(32)}"
                write_atomic(shown, token)
            # Also after a crash between the two files, or a torn list of tokens.
            if _digest(token) not in self._holders():
                self._add(token, actor, frozenset({scope}))
            return token

    def _add(self, token: str, actor: str, scopes: frozenset[str]) -> None:
        holders = {**self._holders(), _digest(token): {"actor": actor, "scopes": sorted(scopes)}}
        write_atomic(self._file, json.dumps(holders))

    def _holders(self) -> dict[str, Any]:
        return read_json_object(self._file)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
