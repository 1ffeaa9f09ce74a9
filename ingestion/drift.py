"""Differences between what a vendor sends and what its stream declares, recorded once each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import polars as pl

from channels.contract import Stream
from ingestion.checkpoints import Place
from ingestion.parse import Chunk
from lake.delta import Lake

Kind = Literal["new", "missing", "changed_type"]


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference: a field, what was declared, what came (JSON type names)."""

    field: str
    kind: Kind
    expected: str | None
    seen: str | None


@dataclass(slots=True)
class DriftLog:
    """Drift of one load; writes each (field, kind) of a stream once per workspace."""

    lake: Lake
    place: Place
    stream: Stream
    load_id: str
    at: datetime
    recorded: set[tuple[str, str]] = field(default_factory=set)

    def note_page(self, page: Chunk) -> None:
        """Record new and missing fields of a page."""
        if page.new_fields or page.missing_fields:
            new = [Drift(name, "new", None, seen) for name, seen in page.new_fields.items()]
            declared = self.stream.fields
            self._write(
                [*new, *(Drift(name, "missing", str(declared[name]), None) for name in page.missing_fields)]
            )

    def note_types(self, changed: dict[str, tuple[str, str]]) -> None:
        """Record fields whose values have another type than declared."""
        if changed:
            self._write(Drift(name, "changed_type", was, now) for name, (was, now) in changed.items())

    def _write(self, found: Iterable[Drift]) -> None:
        fresh = [drift for drift in found if (drift.field, drift.kind) not in self.recorded]
        if not fresh:
            return
        # Loads of other accounts may see the same at the same moment; one of them writes it.
        with self.lake.hold(f"drift.{self.place.bronze}.{self.place.workspace}"):
            self.recorded |= self._read()
            rows = [self._row(drift) for drift in fresh if (drift.field, drift.kind) not in self.recorded]
            if rows:
                frame = pl.DataFrame(rows, infer_schema_length=None).sort("field", "kind")
                self.lake.append("ops", "drift", frame)
        self.recorded |= {(drift.field, drift.kind) for drift in fresh}

    def _row(self, drift: Drift) -> dict[str, object]:
        return {
            "workspace_id": self.place.workspace,
            "channel": self.place.channel,
            "stream": self.place.stream,
            "field": drift.field,
            "kind": drift.kind,
            "expected": drift.expected,
            "seen": drift.seen,
            "first_seen_at": self.at,
            "load_id": self.load_id,
        }

    def _read(self) -> set[tuple[str, str]]:
        mine = (pl.col("channel") == self.place.channel) & (pl.col("stream") == self.place.stream)
        rows = self.lake.read("ops", "drift", self.place.workspace, mine, columns=["field", "kind"])
        return {(name, kind) for name, kind in rows.iter_rows()}
