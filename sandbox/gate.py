"""The gate in front of the twins: plays faults and drift on requests and answers, whatever the vendor."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.drift import DriftBook
from sandbox.faults import HEADER, REFUSALS, FaultBook, Hit
from sandbox.twin import Records, Twin, answer


@dataclass(slots=True)
class Kept:
    """An answer held back until it is known what leaves."""

    start: MutableMapping[str, Any]
    body: bytes


class Gate:
    """ASGI middleware; `twins` is filled by the server once the twins are found."""

    def __init__(self, app: ASGIApp, twins: dict[str, Twin], faults: FaultBook, drift: DriftBook) -> None:
        self.app = app
        self.twins = twins
        self.faults = faults
        self.drift = drift

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, with whatever goes wrong with it."""
        twin, path = self._find(scope)
        if twin is None:
            await self.app(scope, receive, send)
            return
        header = next((v.decode() for k, v in scope["headers"] if k == HEADER), None)
        try:
            hit = self.faults.pick(twin.channel, path, scope["method"], header)
        except ValueError as error:
            await answer({"error": str(error)}, 400)(scope, receive, send)
            return
        if hit is not None and hit.kind == "slow":
            await asyncio.sleep(hit.seconds)
            hit = None
        if hit is not None and hit.kind in REFUSALS:
            await twin.refuse(hit.kind, hit.seconds, path)(scope, receive, send)
            return
        asked = path.encode() + b"?" + scope["query_string"]
        if hit is None and not self.drift.concerns(twin.channel):
            await self.app(scope, receive, send)
            return
        request = await read_body(receive)
        kept = await self._run(scope, request)
        if hit is not None and hit.kind == "server_error_after_effect":
            await twin.refuse("server_error", hit.seconds, path)(scope, receive, send)
            return
        body = self.drift.change(twin.channel, asked + b"\n" + request, kept.body, twin.records)
        await send_answer(kept, play(hit, body, twin.records) if hit else body, send)

    def _find(self, scope: Scope) -> tuple[Twin | None, str]:
        if scope["type"] != "http":
            return None, ""
        _, channel, *rest = scope["path"].split("/")
        twin = self.twins.get(channel)
        if twin is not None and twin.has_loose_slash and len(rest) > 1 and not rest[-1]:
            scope["path"] = scope["path"].rstrip("/")
            rest = rest[:-1]
        return twin, "/" + "/".join(rest)

    async def _run(self, scope: Scope, request: bytes) -> Kept:
        kept = Kept({}, b"")

        async def replay() -> Message:
            return {"type": "http.request", "body": request, "more_body": False}

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept.start = message
            else:
                kept.body += message.get("body", b"")

        await self.app(scope, replay, keep)
        return kept


async def read_body(receive: Receive) -> bytes:
    """The whole body of a request."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return body


async def send_answer(kept: Kept, body: bytes, send: Send) -> None:
    """Send a held answer with a new body of the right length."""
    headers = [(k, v) for k, v in kept.start["headers"] if k.lower() != b"content-length"]
    await send({**kept.start, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})


def play(hit: Hit, body: bytes, records: Records) -> bytes:
    """The body a fault turns this one into."""
    if hit.kind == "truncated_json":
        return body[: len(body) // 2]
    changes: dict[str, Callable[[list[Any]], None]] = {"shuffled_page": shuffle, "repeated_page": repeat}
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body
    found = records(content)
    if found is None or is_batch(found):
        return body
    changes[hit.kind](found)
    return orjson.dumps(content)


def is_batch(found: list[Any]) -> bool:
    """Whether the list is the answers to a batch of calls: vendors promise one a call, in order."""
    return bool(found) and all(
        entry is None or (isinstance(entry, dict) and entry.keys() >= {"code", "body"}) for entry in found
    )


def shuffle(page: list[Any]) -> None:
    """Other order, same records; always another order when there are two."""
    before = list(page)
    random.Random(len(page)).shuffle(page)
    if page == before:
        page.reverse()


def repeat(page: list[Any]) -> None:
    """The records of the page come twice, as when a vendor serves a page again."""
    page += page[:]
