"""One request to the collector, whatever web framework carried it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from core.errors import BadInput
from ingestion.collector.spool import Refused, Spool

MOST_BYTES = 1024 * 1024
MOST_EVENTS = 1000


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
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadInput(f"The request is no JSON ({error}); send an event or a batch of events.") from None
    if not isinstance(sent, dict):
        raise BadInput('Send one event as a JSON object, or {"batch": [ … ]}.')
    events = sent.get("batch", [sent])
    if not isinstance(events, list):
        raise BadInput("The batch is no list; send the events between square brackets.")
    if len(events) > MOST_EVENTS:
        raise BadInput(f"The batch has {len(events):,} events; send at most {MOST_EVENTS:,} at a time.")
    stored = spool.append(workspace, events)
    return CollectResult(stored.accepted, stored.refused)
