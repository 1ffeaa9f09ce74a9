"""Keyed hashes that stand for persons, put in place before anything is stored."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from typing import Any

from core.errors import ProviderNotConfigured
from core.files import keep_secret
from core.settings import Settings

PREFIX = "person:"
HASHED = re.compile(r"person:[0-9a-f]{64}")


def load_hash_key(settings: Settings) -> bytes:
    """Return the key of the hashes: the setting, else the one under `home/keys`, made at first use.

    Raises:
        ProviderNotConfigured: the key file cannot be read or made, or is torn.
    """
    if settings.hash_key is not None:
        return settings.hash_key.get_secret_value().encode()
    path = settings.keys_path / "hash.key"
    try:
        return keep_secret(path).encode()
    except OSError as error:
        raise ProviderNotConfigured(
            f"The key file {path} cannot be used; make its folder writable or set SPREADERS_HASH_KEY."
        ) from error


def hash_person(key: bytes, value: object) -> str:
    """Return `person:<hex>` for an e-mail address, a phone number or any other personal value.

    Letter case and outer spaces do not matter; what is hashed already stays as it is.
    """
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    if HASHED.fullmatch(text):
        return text
    return PREFIX + hmac.new(key, text.strip().casefold().encode(), hashlib.sha256).hexdigest()


def hide_persons(record: Any, paths: Sequence[tuple[str, ...]], key: bytes) -> Any:
    """Return the record with the values at the paths hashed; lists on the way are walked through."""
    for path in paths:
        record = _hide(record, path, key)
    return record


def _hide(node: Any, path: tuple[str, ...], key: bytes) -> Any:
    if isinstance(node, list):
        return [_hide(item, path, key) for item in node]
    if node is None:
        return None
    if not path:
        return hash_person(key, node)
    if not isinstance(node, dict):
        # Not the shape we know: whatever stands here may be the person.
        return hash_person(key, node)
    if path[0] not in node:
        return node
    return {**node, path[0]: _hide(node[path[0]], path[1:], key)}
