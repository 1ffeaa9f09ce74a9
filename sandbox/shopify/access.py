"""Who may ask Shopify, how much, in which version, and how it says no."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

from fastapi import Request, Response

from sandbox.twin import Refused, Store, answer

TOKEN = "sandbox-access_token"
VERSIONS = ("2025-10", "2026-01", "2026-04", "2026-07")
# Plan -> points in the bucket, points restored a second, REST calls in the bucket, calls restored a second.
PLANS = {"Basic": (2000, 100, 40, 2), "Advanced": (4000, 200, 80, 4), "Shopify Plus": (20_000, 1000, 400, 20)}
PLAN = "Shopify Plus"
MOST_COST = 1000
DOCUMENTATION = "https://shopify.dev/api/usage/rate-limits"
WRONG_TOKEN = "[API] Invalid API key or access token (unrecognized login or wrong password)"


def serve_version(asked: str) -> str:
    """The version that answers: the one asked for, else the oldest supported one."""
    return asked if asked in VERSIONS or asked == "unstable" else VERSIONS[0]


def authorise(request: Request) -> None:
    """Refuse a request without the token."""
    if request.headers.get("x-shopify-access-token") != TOKEN:
        raise Refused(answer({"errors": WRONG_TOKEN}, 401))


def write_headers(request: Request) -> dict[str, str]:
    """The headers of every answer."""
    version = serve_version(request.path_params.get("version", ""))
    return {"X-Shopify-API-Version": version, "X-Request-Id": str(uuid4())}


def play_fault(kind: str, seconds: float, path: str) -> Response:
    """Shopify's answer to a fault."""
    if kind == "expired_token":
        return answer({"errors": WRONG_TOKEN}, 401)
    if kind == "server_error":
        return answer({"errors": "Internal Server Error"}, 500)
    if path.endswith("graphql.json"):
        # An empty bucket that restores so slowly that the dearest query may be asked after `seconds`.
        rate = max(1, round(MOST_COST / max(seconds, 0.001)))
        return answer(write_throttled(MOST_COST, (PLANS[PLAN][0], 0, rate)))
    text = f"Exceeded {PLANS[PLAN][3]} calls per second for api client. Reduce request rates."
    return answer({"errors": text}, 429, {"Retry-After": f"{seconds:.1f}"})


def write_throttled(cost: int, bucket: tuple[int, int, int]) -> dict[str, Any]:
    """The body of a query for which there are not enough points."""
    error = {"message": "Throttled", "extensions": {"code": "THROTTLED", "documentation": DOCUMENTATION}}
    return {"errors": [error], "extensions": write_cost(cost, None, bucket)}


def write_cost(asked: int, used: int | None, bucket: tuple[int, int, int]) -> dict[str, Any]:
    """The cost of a query and the bucket: size, points left, restore rate."""
    size, left, rate = bucket
    status = {"maximumAvailable": float(size), "currentlyAvailable": left, "restoreRate": float(rate)}
    return {"cost": {"requestedQueryCost": asked, "actualQueryCost": used, "throttleStatus": status}}


class Bucket:
    """A leaky bucket in the store: points, or REST calls."""

    def __init__(self, store: Store, name: str, size: int, rate: int) -> None:
        self.kept = store.table(name)
        self.size = size
        self.rate = rate

    def left(self) -> float:
        """What is there now."""
        now = time.time()
        left = self.kept.get("left", self.size) + (now - self.kept.get("at", now)) * self.rate
        self.kept["left"], self.kept["at"] = min(float(self.size), left), now
        return float(self.kept["left"])

    def take(self, number: float) -> bool:
        """Take something out if it is there."""
        if self.left() < number:
            return False
        self.kept["left"] -= number
        return True


def points_of(store: Store) -> Bucket:
    """The bucket of query points."""
    return Bucket(store, "points", PLANS[PLAN][0], PLANS[PLAN][1])


def calls_of(store: Store) -> Bucket:
    """The bucket of REST calls."""
    return Bucket(store, "calls", PLANS[PLAN][2], PLANS[PLAN][3])
