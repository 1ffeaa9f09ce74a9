"""One request to the collector, whatever web framework carried it."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from core.errors import BadInput
from ingestion.collector.spool import Refused, Spool

MOST_BYTES = 1024 * 1024
MOST_EVENTS = 1000
HALF_PAIR = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class CollectResult:
    """How many events of the request are safe, and why the others are not."""

    accepted: int
    refused: tuple[Refused, ...]

    @property
    def status(self) -> int:
        """The HTTP status: 202 when anything was accepted, 422 when nothing was usable."""
        return 202 if self.accepted or not self.refused else 422

    def as_dict(self) -> dict[str, Any]:
        """Return the body of the answer: `{"accepted", "rejected": [{"index", "because"}]}`."""
        return {
            "accepted": self.accepted,
            "rejected": [{"index": r.index, "because": r.because} for r in self.refused],
        }


def collect(body: bytes, workspace: UUID | str, spool: Spool) -> CollectResult:
    """Accept one event `{…}` or many `{"batch": [{…}, …]}` of up to 1,000 events and 1 MiB.

    Accepted events are on disk when this returns.

    Raises:
        BadInput: the body is too large, no JSON, or no event at all.
        VendorDown: the events cannot be stored now; sending them again is safe.
    """
    if len(body) > MOST_BYTES:
        raise BadInput(f"The request has {len(body):,} bytes; send at most {MOST_BYTES:,} at a time.")
    sent = _parse(body)
    if not isinstance(sent, dict):
        raise BadInput('Send one event as a JSON object, or {"batch": [ … ]}.')
    events = sent.get("batch", [sent])
    if not isinstance(events, list):
        raise BadInput("The batch is no list; send the events between square brackets.")
    if len(events) > MOST_EVENTS:
        raise BadInput(f"The batch has {len(events):,} events; send at most {MOST_EVENTS:,} at a time.")
    stored = spool.append(workspace, events)
    return CollectResult(stored.accepted, stored.refused)


def _parse(body: bytes) -> Any:
    """Return the request as objects; a broken character in it becomes U+FFFD and costs nothing else.

    Text cut in the middle of an emoji is written by browsers as half of a pair, which strict JSON refuses.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as first:
        error = first
    try:
        return mend_text(json.loads(body.decode("utf-8", "replace")))
    except (ValueError, RecursionError):
        raise BadInput(f"The request is no JSON ({error}); send an event or a batch of events.") from None


def mend_text(value: Any) -> Any:
    """Return the value with every half of a surrogate pair replaced by U+FFFD."""
    match value:
        case str():
            return HALF_PAIR.sub("\ufffd", value)
        case list():
            return [mend_text(item) for item in value]
        case dict():
            return {mend_text(name): mend_text(item) for name, item in value.items()}
        case float() if not math.isfinite(value):
            raise ValueError("NaN and Infinity are no JSON")
    return value
