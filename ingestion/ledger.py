"""What a load did: its counts, and the row of `ops/load` that keeps them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

import polars as pl

from ingestion.checkpoints import Place
from ingestion.plan import Slice
from lake.delta import Lake

# The log has all of them.
MOST_NOTES = 20
MORE = "There is more of the kind; the log has all of it."
log = logging.getLogger(__name__)


@dataclass(slots=True)
class LoadResult:
    """Counts of one load of one stream of one account.

    `received == loaded + quarantined` counts the vendor's records as they came; `loaded` includes
    those that are as stored already. `new`, `changed`, `deleted` count distinct good records.
    `error` is the sentence of what stopped the load; what came before it is stored. `notes` say what
    the read did not bring though it went on, and whether records could count as deleted.
    """

    channel: str
    stream: str
    account_id: str
    load_id: str
    received: int = 0
    loaded: int = 0
    new: int = 0
    changed: int = 0
    deleted: int = 0
    quarantined: int = 0
    seconds: float = 0.0
    error: str | None = None
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Say something once; after `MOST_NOTES` only that there is more."""
        log.warning("%s %s of %s: %s", self.channel, self.stream, self.account_id, text)
        if text not in self.notes:
            self.notes = [*self.notes[:MOST_NOTES], text if len(self.notes) < MOST_NOTES else MORE]

    def continued(self, later: LoadResult) -> LoadResult:
        """Return this load and a later try of the same stream as one: counts added, the later outcome."""
        counts = ("received", "loaded", "new", "changed", "deleted", "quarantined", "seconds")
        added = {name: getattr(self, name) + getattr(later, name) for name in counts}
        return replace(later, notes=list(dict.fromkeys([*self.notes, *later.notes])), **added)


@dataclass(frozen=True, slots=True)
class Step:
    """Progress of a load: slices done of all, records received so far."""

    channel: str
    stream: str
    account_id: str
    done: int
    total: int
    received: int


Progress = Callable[[Step], None]


def write_load(lake: Lake, place: Place, result: LoadResult, slices: list[Slice], at: datetime) -> None:
    """Append the load to `ops/load`."""
    days = [one.span.days for one in slices if one.span.days]
    row = {
        "workspace_id": place.workspace,
        "load_id": result.load_id,
        "channel": result.channel,
        "stream": result.stream,
        "account_id": result.account_id,
        "received": result.received,
        "loaded": result.loaded,
        "new": result.new,
        "changed": result.changed,
        "deleted": result.deleted,
        "quarantined": result.quarantined,
        "seconds": result.seconds,
        "first_on": min((d.first for d in days), default=None),
        "last_on": max((d.last for d in days), default=None),
        "since_at": slices[0].span.since if slices else None,
        "loaded_at": at,
        "error": result.error,
    }
    lake.append("ops", "load", pl.DataFrame([row]))
