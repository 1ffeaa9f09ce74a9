"""The batch endpoint: up to 50 calls in one, answered as a list of code, headers and body text."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from starlette.types import Message

from sandbox.meta.ask import Ask, TheAsk
from sandbox.meta.errors import bad_param, fail

LARGEST = 50
router = APIRouter()


@router.post("/{version}")
async def run_batch(request: Request, ask: TheAsk) -> Response:
    """Run the calls one after the other, each with the token of the batch."""
    calls = ask.value("batch")
    if not isinstance(calls, list):
        raise fail(100, "(#100) The parameter batch is required")
    if len(calls) > LARGEST:
        raise bad_param("batch", f"Too many requests in batch message. Maximum batch size is {LARGEST}")
    channel = request.url.path.split("/")[1]
    has_headers = ask.flag("include_headers", default=True)
    answers = [await run_call(request, ask, channel, call, has_headers=has_headers) for call in calls]
    return ask.reply(answers)


async def run_call(
    request: Request, ask: Ask, channel: str, call: dict[str, Any], *, has_headers: bool
) -> dict[str, Any]:
    """One call inside the app, as if it had come alone."""
    asked = urlsplit(str(call.get("relative_url", "")).lstrip("/"))
    path = (
        asked.path
        if asked.path.startswith("v") and "." in asked.path.split("/")[0]
        else f"v{ask.version}.0/{asked.path}"
    )
    body = str(call.get("body", "")).encode()
    token = f"Bearer {call.get('access_token') or ask.token}".encode()
    headers = [(b"authorization", token), (b"host", request.headers["host"].encode())]
    if body:
        headers.append((b"content-type", b"application/x-www-form-urlencoded"))
    scope = {
        **{key: request.scope[key] for key in ("type", "asgi", "http_version", "scheme", "server", "client")},
        "method": str(call.get("method", "GET")).upper(),
        "path": f"/{channel}/{path}",
        "raw_path": f"/{channel}/{path}".encode(),
        "root_path": "",
        "query_string": asked.query.encode(),
        "headers": headers,
    }
    answer: dict[str, Any] = {"code": 0, "body": ""}

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer["code"] = message["status"]
            if has_headers:
                answer["headers"] = [{"name": k.decode(), "value": v.decode()} for k, v in message["headers"]]
        else:
            answer["body"] += message.get("body", b"").decode()

    await request.app(scope, receive, send)
    return answer
