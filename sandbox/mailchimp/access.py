"""Who may ask Mailchimp, ten at a time, and the words shared by all its answers."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import uuid4

import orjson
import polars as pl
from fastapi import Depends, Request, Response

from sandbox.twin import Refused, TheStore, answer

API_KEY = "sandbox-api_key"
MOST_CONNECTIONS = 10
MOST_COUNT, DEFAULT_COUNT = 1000, 10
ABOUT = "https://mailchimp.com/developer/marketing/docs/errors/"
Tree = dict[str, Any]


def write_problem(status: int, title: str, detail: str, **more: Any) -> Response:
    """A problem document (RFC 7807)."""
    body = {"type": ABOUT, "title": title, "status": status, "detail": detail, "instance": str(uuid4())}
    return answer(body | more, status, {"content-type": "application/problem+json; charset=utf-8"})


def refuse(status: int, title: str, detail: str, **more: Any) -> Refused:
    """A refusal with a problem document."""
    return Refused(write_problem(status, title, detail, **more))


def refuse_fields(**messages: str) -> Refused:
    """The refusal of a resource with wrong fields; dots are written as two underscores."""
    errors = [{"field": name.replace("__", "."), "message": text} for name, text in messages.items()]
    detail = (
        "The resource submitted could not be validated. For field-specific details, see the 'errors' array."
    )
    return refuse(400, "Invalid Resource", detail, errors=errors)


def not_found() -> Refused:
    """The refusal of an id that does not exist."""
    return refuse(404, "Resource Not Found", "The requested resource could not be found.")


def play_fault(kind: str, _seconds: float, _path: str) -> Response:
    """Mailchimp's answer to a fault; it never says how long to wait."""
    if kind == "expired_token":
        return wrong_key()
    if kind == "rate_limit":
        return too_many()
    return write_problem(500, "Internal Server Error", "An unexpected internal error has occurred.")


def wrong_key() -> Response:
    """The answer to a key that is not known."""
    detail = "Your API key may be invalid, or you've attempted to access the wrong datacenter."
    return write_problem(401, "API Key Invalid", detail)


def too_many() -> Response:
    """The answer to the eleventh connection."""
    detail = f"You have exceeded the limit of {MOST_CONNECTIONS} simultaneous connections."
    return write_problem(429, "Too Many Requests", detail)


async def enter(request: Request, store: TheStore) -> AsyncIterator[None]:
    """Let a request in when its key is right and fewer than ten are being answered."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            secret = base64.b64decode(secret).decode().partition(":")[2]
        except (ValueError, binascii.Error):
            secret = ""
    if secret != API_KEY:
        raise Refused(wrong_key())
    open_now = store.table("connections")
    if open_now.get("open", 0) >= MOST_CONNECTIONS:
        raise Refused(too_many())
    open_now["open"] = open_now.get("open", 0) + 1
    try:
        yield
    finally:
        open_now["open"] -= 1


async def read_body(request: Request) -> Tree:
    """The JSON body."""
    try:
        body = orjson.loads(await request.body() or b"{}")
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise refuse(400, "JSON Parse Error", "We encountered an unspecified JSON parsing error.")
    return body


Body = Annotated[Tree, Depends(read_body)]


def read_page(request: Request) -> tuple[int, int]:
    """`offset` and `count` of a request."""
    numbers = []
    for name, default, most in (("offset", 0, None), ("count", DEFAULT_COUNT, MOST_COUNT)):
        text = request.query_params.get(name, str(default))
        if not text.isdigit() or (most is not None and int(text) > most):
            raise refuse_fields(**{name: f"Value must be a number{f' of at most {most}' if most else ''}"})
        numbers.append(int(text))
    return numbers[0], numbers[1]


def write_list(
    request: Request,
    name: str,
    items: Sequence[Any] | pl.DataFrame,
    describe: Callable[[Any], Any] | None = None,
    **more: Any,
) -> Response:
    """The page of a list (or of a table, by rows) asked for, described item by item, with `total_items`."""
    offset, count = read_page(request)
    page = items[offset : offset + count]
    if isinstance(page, pl.DataFrame):
        page = page.to_dicts()
    described = [describe(item) for item in page] if describe else list(page)
    return write(request, {name: described} | more | {"total_items": len(items), "_links": []})


def write(request: Request, body: Tree) -> Response:
    """A body with the fields asked for."""
    wanted, unwanted = (read_fields(request, name) for name in ("fields", "exclude_fields"))
    if wanted and unwanted:
        raise refuse(400, "Invalid Request", "'fields' and 'exclude_fields' cannot be used together.")
    if wanted:
        body = keep(body, wanted)
    elif unwanted:
        body = drop(body, unwanted)
    return answer(body)


def read_fields(request: Request, name: str) -> Tree:
    """A comma list of dotted paths as a tree; leaves are empty."""
    tree: Tree = {}
    for path in filter(None, request.query_params.get(name, "").split(",")):
        place = tree
        for part in path.strip().split("."):
            place = place.setdefault(part, {})
    return tree


def keep(body: Any, tree: Tree) -> Any:
    """The part of a body inside the tree; lists are looked through."""
    if not tree:
        return body
    if isinstance(body, list):
        return [keep(item, tree) for item in body]
    if not isinstance(body, dict):
        return body
    return {name: keep(body[name], inner) for name, inner in tree.items() if name in body}


def drop(body: Any, tree: Tree) -> Any:
    """The part of a body outside the tree."""
    if isinstance(body, list):
        return [drop(item, tree) for item in body]
    if not isinstance(body, dict):
        return body
    return {
        name: drop(value, tree[name]) if name in tree else value
        for name, value in body.items()
        if name not in tree or tree[name]
    }


def write_instant(at: datetime | None) -> str:
    """An instant as Mailchimp writes it; empty for none."""
    return "" if at is None else at.astimezone(UTC).isoformat(timespec="seconds")


def read_instant(request: Request, name: str) -> datetime | None:
    """An instant parameter."""
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise refuse_fields(**{name: "This value is not a valid datetime."}) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def hash_email(address: str) -> str:
    """The id of a member: MD5 of the lower-cased address."""
    return hashlib.md5(address.lower().encode()).hexdigest()
