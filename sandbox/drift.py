"""Changes the shape of a twin's records from a day of the scenario on, as vendors do without telling."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import orjson

from sandbox.guarded import GuardedWorld
from sandbox.twin import Records


class DriftBook:
    """The drifts of a scenario and whether their day has come."""

    def __init__(self, drifts: list[Any], world: GuardedWorld) -> None:
        self._world = world
        self._drifts = list(drifts)

    def concerns(self, channel: str) -> bool:
        """Whether a drift of this channel is in force."""
        return any(drift.channel == channel and self._has_come(drift) for drift in self._drifts)

    def change(self, channel: str, asked: bytes, body: bytes, records: Records) -> bytes:
        """The body after the drifts whose `stream_hint` occurs in what was asked (path, query or body)."""
        mine = [
            drift
            for drift in self._drifts
            if drift.channel == channel and self._has_come(drift) and drift.stream_hint.encode() in asked
        ]
        if not mine:
            return body
        try:
            content = orjson.loads(body)
        except orjson.JSONDecodeError:
            return body
        for record in records(content) or []:
            for drift in mine:
                change_record(record, drift.kind, drift.field.split("."))
        return orjson.dumps(content)

    def _has_come(self, drift: Any) -> bool:
        first: date = self._world.first_day
        today: date = self._world.today
        return today >= first + timedelta(days=drift.from_day)


def change_record(record: dict[str, Any], kind: str, path: list[str]) -> None:
    """Change one field (dots in its name for nesting) of a record in place."""
    *above, name = path
    for step in above:
        inner = record.get(step)
        if not isinstance(inner, dict):
            return
        record = inner
    if kind == "new_field":
        record[name] = "drift"
    elif kind == "missing_field":
        record.pop(name, None)
    elif name in record:
        record[name] = change_type(record[name])


def change_type(value: Any) -> Any:
    """The same content as another JSON type: numbers become text, digits a number, anything else a list."""
    if isinstance(value, bool | list | dict) or value is None:
        return str(value)
    if isinstance(value, int | float):
        return str(value)
    return int(value) if value.isdigit() else [value]
