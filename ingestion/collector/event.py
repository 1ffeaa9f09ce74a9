"""What an event from the site must look like, and the form in which it is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote_plus, urlsplit

from core.errors import BadInput
from core.money import minor_digits

KINDS = frozenset({"page_view", "identify", "purchase"})
# Longest text accepted, by field.
LIMITS: Mapping[str, int] = MappingProxyType(
    {
        "event_id": 64,
        "kind": 16,
        "at": 40,
        "anonymous_id": 64,
        "user_id": 320,
        "url": 4096,
        "referrer": 4096,
        "order_id": 64,
        "currency": 3,
    }
)
FIELDS = frozenset({*LIMITS, "value_minor"})
REQUIRED = ("event_id", "kind", "at", "anonymous_id")
MOST_MINOR = 10**13
# A visitor's clock may be a little fast; an event from tomorrow or from another decade is noise.
MOST_AHEAD = timedelta(days=1)
MOST_BEHIND = timedelta(days=1125)
CLICK_IDS: Mapping[str, str] = MappingProxyType(
    {"gclid": "gclid", "gbraid": "gclid", "wbraid": "gclid", "fbclid": "fbclid", "mc_cid": "mc_cid"}
)
UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
# The rest of a query string is dropped before anything is stored: shops put names and mail
# addresses there.
ADDRESS = re.compile(r"[^\s@/?#&=]+@[^\s@/?#&=]+\.[^\s@/?#&=.]+")
KEPT_PARAMETERS = frozenset({*UTM, *CLICK_IDS})


class EventRefused(Exception):
    """The event breaks a rule; the message says which, without repeating what was sent."""


def check_event(raw: object, now: datetime, hash_person: Callable[[str], str]) -> dict[str, Any]:
    """Return the event as it is kept: whole texts, UTC instants, the user hashed, links cut to what counts.

    Raises:
        EventRefused: a field is missing, unknown, too long, of the wrong type or impossible.
    """
    if not isinstance(raw, dict):
        raise EventRefused("an event is a JSON object")
    event = {name: value for name, value in raw.items() if value is not None}
    if not event.keys() <= FIELDS:
        raise EventRefused("unknown field; the fields are " + ", ".join(sorted(FIELDS)))
    _check_texts(event)
    event["at"] = _read_instant(event["at"], now)
    if event["kind"] == "identify" and "user_id" not in event:
        raise EventRefused("user_id is missing: identify says who the visitor is")
    if event["kind"] == "purchase" and "order_id" not in event:
        raise EventRefused("order_id is missing: purchase names the order")
    _check_value(event)
    if "user_id" in event:
        event["person_key"] = hash_person(event.pop("user_id"))
    for name in ("anonymous_id", "order_id", "event_id"):
        if name in event and find_addresses(event[name]):
            event[name] = hash_person(event[name])
    if "url" in event:
        event["url"] = _cut_url(event["url"])
    if "referrer" in event:
        event["referrer"] = _cut_referrer(event["referrer"])
    return event


def _check_texts(event: Mapping[str, Any]) -> None:
    for name, limit in LIMITS.items():
        value = event.get(name)
        if value is not None and (not isinstance(value, str) or not 0 < len(value) <= limit):
            raise EventRefused(f"{name} is a text of 1 to {limit} characters")
    for name in REQUIRED:
        if name not in event:
            raise EventRefused(f"{name} is missing")
    if event["kind"] not in KINDS:
        raise EventRefused("kind is one of " + ", ".join(sorted(KINDS)))


def _read_instant(text: str, now: datetime) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise EventRefused("at is an ISO 8601 instant, such as 2026-08-01T12:00:00Z") from None
    if at.tzinfo is None:
        raise EventRefused("at has no zone; end it with Z")
    if not now - MOST_BEHIND <= at <= now + MOST_AHEAD:
        raise EventRefused("at is more than a day ahead or three years ago")
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _check_value(event: Mapping[str, Any]) -> None:
    if ("value_minor" in event) != ("currency" in event):
        raise EventRefused("value_minor and currency come together")
    if "value_minor" not in event:
        if event["kind"] == "purchase":
            raise EventRefused("value_minor is missing: purchase states its value")
        return
    value = event["value_minor"]
    if type(value) is not int or not 0 <= value <= MOST_MINOR:
        raise EventRefused("value_minor is a whole number of minor units, not negative")
    try:
        minor_digits(event["currency"])
    except BadInput:
        raise EventRefused("currency is three capital letters, such as EUR") from None


def _cut_url(url: str) -> str:
    """Keep address and path, and of the query what tells where the visit came from."""
    if not url.startswith(("https://", "http://")):
        raise EventRefused("url begins with https:// or http://")
    address, _, rest = url.partition("#")[0].partition("?")
    scheme, _, place = address.partition("://")
    host, slash, path = place.partition("/")
    path = "/".join("" if find_addresses(part) else part for part in path.split("/"))
    kept = [
        part
        for part in rest.split("&")
        if part.partition("=")[0] in KEPT_PARAMETERS and not find_addresses(part.partition("=")[2])
    ]
    address = f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"
    return f"{address}?{'&'.join(kept)}" if kept else address


def find_addresses(text: str) -> bool:
    """Tell whether a text holds an e-mail address, plain or percent-encoded (also twice)."""
    for _ in range(3):
        if ADDRESS.search(text):
            return True
        plain = unquote_plus(text) if "%" in text or "+" in text else text
        if plain == text:
            return False
        text = plain
    return False


def _cut_referrer(url: str) -> str:
    """Keep the site a visitor came from, not the page: search words and names stand in there."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return ""
    if not host or "@" in host:
        return ""
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}/"
