"""Decides which request fails and how: rules of the scenario, rules given at /_faults, and a header."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

HEADER = b"x-sandbox-fault"
Kind = Literal[
    "rate_limit", "server_error", "server_error_after_effect", "expired_token",
    "truncated_json", "shuffled_page", "repeated_page", "slow",
]  # fmt: skip
KINDS: tuple[str, ...] = Kind.__args__  # type: ignore[attr-defined]
REFUSALS = {"rate_limit", "server_error", "expired_token"}  # answered before anything happens


class Rule(BaseModel):
    """When a twin fails; without `every` and `rate` each request that matches fails."""

    model_config = ConfigDict(extra="forbid")

    channel: str = Field("*", description="channel of the twin, * = all")
    path: str = Field("/", description="prefix of the path after the channel")
    kind: Kind = Field(description="what happens")
    method: str | None = Field(None, description="only requests of this method")
    every: int | None = Field(None, ge=1, description="on each n-th request that matches")
    rate: float | None = Field(None, ge=0, le=1, description="on this share of requests")
    times: int | None = Field(None, ge=1, description="stop after so many failures")
    seconds: float = Field(1.0, ge=0, description="delay, or the wait a rate limit asks for")


@dataclass(frozen=True, slots=True)
class Hit:
    """A fault that applies to one request."""

    kind: str
    seconds: float


class FaultBook:
    """The rules in force and how often each was met; safe for threads."""

    def __init__(self, rules: list[Rule], seed: int) -> None:
        self._lock = threading.Lock()
        self._random = random.Random(seed)
        self._rules = list(rules)
        self._seen = [0] * len(rules)
        self._hits = [0] * len(rules)

    def add(self, rules: list[Rule]) -> None:
        """Put more rules in force."""
        with self._lock:
            self._rules += rules
            self._seen += [0] * len(rules)
            self._hits += [0] * len(rules)

    def clear(self) -> None:
        """Take every rule out of force, those of the scenario too."""
        with self._lock:
            self._rules, self._seen, self._hits = [], [], []

    def describe(self) -> list[dict[str, Any]]:
        """The rules with the number of requests they matched (`seen`) and failed (`hits`)."""
        with self._lock:
            return [
                {**rule.model_dump(), "seen": seen, "hits": hits}
                for rule, seen, hits in zip(self._rules, self._seen, self._hits, strict=True)
            ]

    def pick(self, channel: str, path: str, method: str, header: str | None) -> Hit | None:
        """The fault of a request, or None; the header (`slow` or `slow:0.2`) wins over rules.

        Raises ValueError for a header that names no fault.
        """
        if header is not None:
            kind, _, seconds = header.partition(":")
            if kind not in KINDS:
                raise ValueError(f"X-Sandbox-Fault is {kind!r}, but allowed are {', '.join(KINDS)}.")
            return Hit(kind, float(seconds or 1.0))
        with self._lock:
            return next(
                (hit for i in range(len(self._rules)) if (hit := self._try(i, channel, path, method))), None
            )

    def _try(self, i: int, channel: str, path: str, method: str) -> Hit | None:
        rule = self._rules[i]
        if rule.channel not in ("*", channel) or not path.startswith(rule.path):
            return None
        if rule.method not in (None, method) or (rule.times is not None and self._hits[i] >= rule.times):
            return None
        self._seen[i] += 1
        if rule.every is not None and self._seen[i] % rule.every:
            return None
        if rule.rate is not None and self._random.random() >= rule.rate:
            return None
        self._hits[i] += 1
        return Hit(rule.kind, rule.seconds)
