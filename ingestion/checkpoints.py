"""How far a stream was loaded: numbers committed together with the data, so never ahead of it."""

from __future__ import annotations

from dataclasses import dataclass

from ingestion.plan import Marks
from lake.delta import Lake
from lake.layout import bronze_name


@dataclass(frozen=True, slots=True)
class Place:
    """One stream of one account of one workspace."""

    workspace: str
    channel: str
    account_id: str
    stream: str

    @property
    def bronze(self) -> str:
        """Name of the bronze table."""
        return bronze_name(self.channel, self.stream)

    def mark(self, kind: str) -> str:
        """Return the name a number of that kind is committed under."""
        return f"{kind}:{self.workspace}:{self.channel}:{self.account_id}:{self.stream}"


def read_marks(lake: Lake, place: Place) -> Marks:
    """Return how far earlier loads came."""
    table = lake.open("bronze", place.bronze)
    if table is None:
        return Marks()
    return Marks(
        seq=table.transaction_version(place.mark("ingest")) or 0,
        until=table.transaction_version(place.mark("watermark")),
        since=table.transaction_version(place.mark("since")),
    )


def write_marks(place: Place, marks: Marks) -> dict[str, int]:
    """Return the marks as names and numbers for a commit of bronze."""
    named = {"ingest": marks.seq or None, "watermark": marks.until, "since": marks.since}
    return {place.mark(kind): number for kind, number in named.items() if number is not None}
