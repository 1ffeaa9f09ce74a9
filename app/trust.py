"""How complete and sound the numbers are, as one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from app.look import channel_title

PASSED = {"pass", "success"}
SIGN = {"good": ":green[●]", "warning": ":orange[●]", "bad": ":red[●]"}


@dataclass(frozen=True, slots=True)
class Trust:
    """The state of the numbers and its sentence."""

    state: Literal["good", "warning", "bad"]
    sentence: str

    def text(self) -> str:
        """Return the sentence with a dot of the state's colour."""
        return f"{SIGN[self.state]} {self.sentence}"


def tell_trust(health: Mapping[str, Any]) -> Trust:
    """Return what `db.getHealth` with its detail says: up to which day, from how much, what is missing."""
    detail = health["detail"]
    if detail is None or health["latest_on"] is None:
        return Trust("bad", "There are no numbers yet.")
    streams = {(row["channel"], row["stream"]) for row in detail["freshness"]}
    failed = sorted({channel_title(row["channel"]) for row in detail["freshness"] if row["error"]})
    gate = detail["soundness"]["gate"]
    stopped = sum(row["verdict"] == "stop" for row in gate)
    stale = sum(bool(row["is_stale"]) for row in gate)
    begin = f"Complete to {date.fromisoformat(health['latest_on']):%-d %b %Y}, {len(streams)} streams"
    missing = []
    if failed:
        missing.append(f"{', '.join(failed)} could not be read in full")
    if stopped:
        missing.append(f"{_tables(stopped)} stopped by a failed check")
    if stale:
        missing.append(f"{_tables(stale)} out of date")
    aside = len(detail["quarantine"])
    if aside:
        missing.append(f"{aside:,} {'record' if aside == 1 else 'records'} set aside as unreadable")
    if not missing:
        return Trust("good", f"{begin}, nothing missing.")
    state: Literal["warning", "bad"] = "bad" if failed or stopped else "warning"
    return Trust(state, f"{begin.replace('Complete', 'Numbers')}; {'; '.join(missing)}.")


def _tables(count: int) -> str:
    return f"{count} {'table is' if count == 1 else 'tables are'}"
