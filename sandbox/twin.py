"""What a vendor twin is and what the server hands to its routes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request, Response

from sandbox.guarded import GuardedWorld, read_state, write_state

Refuse = Callable[[str, float, str], Response]
Records = Callable[[Any], list[Any] | None]


class Refused(Exception):  # reads as what happened
    """A twin says no: raise it anywhere in a route, the server sends its answer."""

    def __init__(self, answer: Response) -> None:
        super().__init__("refused")
        self.answer = answer


def answer(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer from bytes that are JSON already, or from anything orjson can write."""
    body = content if isinstance(content, bytes) else orjson.dumps(content)
    return Response(body, status, dict(headers or {}), media_type="application/json")


def find_records(body: Any) -> list[Any] | None:
    """The list of records of a decoded answer: the first list of objects in it, or None."""
    if not isinstance(body, dict):
        return body if isinstance(body, list) else None
    for value in body.values():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return value
    return next((found for v in body.values() if isinstance(v, dict) and (found := find_records(v))), None)


@dataclass(frozen=True, slots=True)
class Twin:
    """A vendor's double; a module `sandbox/<channel>` is found by its attribute `twin`.

    Attributes:
        channel: The name it is mounted under: `/<channel>/...`.
        router: The vendor's own paths, without the channel.
        refuse: The vendor's answer to a fault: `refuse(kind, seconds, path)` with kind `rate_limit`
            (seconds = the wait asked for), `server_error` or `expired_token`; in the vendor's words.
        records: The list of records inside a decoded answer (drift and page faults change it), or None.
        has_loose_slash: Whether the vendor takes `/path/` for `/path`.
    """

    channel: str
    router: APIRouter
    refuse: Refuse
    records: Records = field(default=find_records)
    has_loose_slash: bool = False


class Store:
    """What a twin must remember beside the market (drafts, tokens, replies): JSON, kept over a restart."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self.scratch: dict[str, Any] = {}  # lives as long as the process
        known = read_state(file) if file is not None and file.is_file() else None
        self.values: dict[str, Any] = known if isinstance(known, dict) else {}

    def table(self, name: str) -> dict[str, Any]:
        """A named dictionary of JSON values; call `save` after changing it (under `world.hold()`)."""
        table: dict[str, Any] = self.values.setdefault(name, {})
        return table

    def next_id(self, name: str, start: int) -> str:
        """The next number of a series, as text."""
        series = self.table("_next_id")
        series[name] = series.get(name, start - 1) + 1
        return str(series[name])

    def save(self) -> None:
        """Write everything to disk, when the sandbox keeps its state."""
        if self._file is not None:
            write_state(self._file, self.values)


async def get_world(request: Request) -> GuardedWorld:
    """The shared market, for a route's parameter `world: TheWorld`."""
    world: GuardedWorld = request.app.state.world
    return world


async def get_store(request: Request) -> Store:
    """The store of the twin that is asked, for a route's parameter `store: TheStore`."""
    channel = request.url.path.split("/")[1]
    stores: dict[str, Store] = request.app.state.stores
    return stores[channel]


TheWorld = Annotated[GuardedWorld, Depends(get_world)]
TheStore = Annotated[Store, Depends(get_store)]
