"""Who may ask YouTube, how often, and how it says no."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

import orjson
from fastapi import Depends, Request, Response

from sandbox.google.tokens import check_token
from sandbox.guarded import GuardedWorld
from sandbox.twin import Refused, Store, answer

PACIFIC = ZoneInfo("America/Los_Angeles")
# A project's allowance for a day that ends at midnight Pacific, by bucket.
ALLOWANCE = {"units": 10_000, "search": 100, "insert": 100, "stats": 10_000}
LIST_UNITS, WRITE_UNITS = 1, 50
EXPIRED = (
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other"
    " valid authentication credential."
)
T = TypeVar("T")


def write_error(status: int, reason: str, message: str, domain: str = "youtube.common") -> Response:
    """YouTube's error envelope."""
    error: dict[str, Any] = {
        "code": status,
        "message": message,
        "errors": [{"message": message, "domain": domain, "reason": reason}],
    }
    if status == 401:
        error["status"] = "UNAUTHENTICATED"
    return answer({"error": error}, status)


def refuse(status: int, reason: str, message: str, domain: str = "youtube.common") -> Refused:
    """A refusal in YouTube's envelope."""
    return Refused(write_error(status, reason, message, domain))


def play_fault(kind: str, _seconds: float, _path: str) -> Response:
    """YouTube's answer to a fault; it never says how long to wait."""
    if kind == "expired_token":
        return write_error(401, "authError", EXPIRED, "global")
    if kind == "rate_limit":
        message = "The request cannot be completed because of too many recent requests."
        return write_error(403, "rateLimitExceeded", message, "usageLimits")
    return write_error(503, "backendError", "Backend Error", "global")


def authorise(request: Request) -> None:
    """Refuse a request without a living token."""
    if check_token(request) != "valid":
        raise refuse(401, "authError", EXPIRED, "global")


def spend(world: GuardedWorld, store: Store, units: int, bucket: str = "units") -> None:
    """Take units from the day's allowance; refuses when it is used up."""
    with world.hold():
        spent = store.table("quota").setdefault(world.now.astimezone(PACIFIC).date().isoformat(), {})
        if spent.get(bucket, 0) + units > ALLOWANCE[bucket]:
            message = "The request cannot be completed because you have exceeded your quota."
            raise refuse(403, "quotaExceeded", message, "youtube.quota")
        spent[bucket] = spent.get(bucket, 0) + units


async def read_body(request: Request) -> dict[str, Any]:
    """The JSON body."""
    try:
        body = orjson.loads(await request.body() or b"{}")
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise refuse(400, "parseError", "Parse Error", "global")
    return body


Body = Annotated[dict[str, Any], Depends(read_body)]


def read_parts(request: Request, known: set[str]) -> set[str]:
    """The parts asked for, each of them known."""
    asked = {part for text in request.query_params.getlist("part") for part in text.split(",") if part}
    if not asked:
        raise refuse(400, "missingRequiredParameter", "Required parameter: part", "global")
    unknown = sorted(asked - known)
    if unknown:
        raise refuse(400, "unknownPart", f"'{unknown[0]}'", "youtube.part")
    return asked


def read_ids(request: Request, name: str = "id") -> list[str]:
    """The ids asked for: comma lists and repeated parameters."""
    return [part for text in request.query_params.getlist(name) for part in text.split(",") if part]


def read_page(
    request: Request, items: Sequence[T], default: int = 5, most: int = 50
) -> tuple[Sequence[T], dict[str, Any]]:
    """The items of the page asked for, and the members of the answer that tell about paging."""
    text = request.query_params.get("maxResults", str(default))
    if not text.isdigit() or not int(text) <= most:
        raise refuse(
            400, "invalidParameter", f"Invalid value '{text}'. Values must be within the range: [0, {most}]"
        )
    size = int(text)
    token = request.query_params.get("pageToken", "")
    try:
        start = int(base64.urlsafe_b64decode(token).removeprefix(b"at:")) if token else 0
    except (ValueError, binascii.Error):
        message = "The request specifies an invalid page token."
        raise refuse(400, "invalidPageToken", message, "youtube.parameter") from None
    told: dict[str, Any] = {"pageInfo": {"totalResults": len(items), "resultsPerPage": size}}
    if size and start + size < len(items):
        told["nextPageToken"] = write_token(start + size)
    if start:
        told["prevPageToken"] = write_token(max(0, start - size))
    return items[start : start + size], told


def write_token(start: int) -> str:
    """The token of a page."""
    return base64.urlsafe_b64encode(f"at:{start}".encode()).decode()


def write_list(kind: str, items: Sequence[Any], told: dict[str, Any] | None = None) -> Response:
    """A list answer."""
    return answer({"kind": f"youtube#{kind}", "etag": make_etag(items), **(told or {}), "items": list(items)})


def make_etag(content: Any) -> str:
    """An etag of a content."""
    return f"{hash(orjson.dumps(content)) & (2**64 - 1):016x}"
