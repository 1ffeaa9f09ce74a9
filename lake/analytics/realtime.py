"""What happens on the site this minute, from the collector's own files and not from the models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Protocol
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from pydantic import BaseModel, Field

from core.context import Context
from core.operation import operation
from lake.analytics.origins import DIRECT, OriginRule, channel_of

READ_EVENTS = 20_000
TOP = 10

Minutes = Annotated[int, Field(description="How many minutes back.", ge=1, le=1440)]


class Events(Protocol):
    """The collector's events, as the process that runs it hands them over."""

    def read_happened(
        self, workspace: UUID | str, since: datetime, until: datetime, size: int
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield the events that happened and were received since then, in lists."""


class Minute(BaseModel):
    """One minute."""

    at: datetime = Field(description="Its start, UTC.")
    events: int = Field(description="Events that happened in it.")
    purchases: int = Field(description="Of these, purchases.")


class Counted(BaseModel):
    """How often a page was seen or a channel brought somebody."""

    name: str = Field(description="Path of the page, or the marketing channel.")
    count: int = Field(description="How often.")


class Earned(BaseModel):
    """What was bought in one currency."""

    currency: str = Field(description="ISO 4217 currency.")
    purchases: int = Field(description="Orders, each counted once.")
    revenue_minor: int = Field(description="Their value as the site told it, minor units.")


class Realtime(BaseModel):
    """The answer of `analytics.getRealtimeMetrics`."""

    now: datetime = Field(description="The instant of the answer, UTC.")
    since: datetime = Field(description="The first instant counted, UTC.")
    events: int = Field(description="Events, each counted once however often it was sent.")
    visitors: int = Field(description="Browsers seen.")
    page_views: int = Field(description="Pages seen.")
    purchases: int = Field(description="Orders, each counted once.")
    revenue: list[Earned] = Field(description="Value of the orders by currency, most orders first.")
    top_pages: list[Counted] = Field(description="The ten pages seen most.")
    channels: list[Counted] = Field(description="Arrivals from outside by channel, and direct ones.")
    by_minute: list[Minute] = Field(description="Every minute of the range, oldest first.")
    last_event_at: datetime | None = Field(description="When the latest event happened, UTC.")


@operation("analytics.getRealtimeMetrics", effect="read")
def get_realtime_metrics(ctx: Context, *, minutes: Minutes = 30) -> Realtime:
    """Return events, visitors, purchases, revenue, top pages and channels of the last minutes.

    An event counts by its own time, from the first question after the collector answered for it: what is
    received now but happened earlier, such as a history loaded again, is not of these minutes. Revenue is
    what the site told, minor units by currency; refunds and the shop's own books come with the next load.

    Raises:
        ProviderNotConfigured: this process has no access to the collector.
    """
    now = ctx.clock.now()
    since = now - timedelta(minutes=minutes)
    collector: Events = ctx.service("collector")
    events = _once(collector.read_happened(ctx.workspace, since, now, READ_EVENTS))
    views = [event for event in events if event["kind"] == "page_view"]
    orders = _orders(events)
    return Realtime(
        now=now,
        since=since,
        events=len(events),
        visitors=len({event["anonymous_id"] for event in events}),
        page_views=len(views),
        purchases=len(orders),
        revenue=_earned(orders),
        top_pages=_top(Counter(_path(event) for event in views if event.get("url"))),
        channels=_top(Counter(_arrivals(views, ctx.service("origins")))),
        by_minute=_by_minute(events, since, minutes),
        last_event_at=max(map(_happened, events), default=None),
    )


def _once(batches: Iterable[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return the events, each once: a browser that missed our answer sends them again."""
    found: dict[str, dict[str, Any]] = {}
    for batch in batches:
        for event in batch:
            found.setdefault(event["event_id"], event)
    return list(found.values())


def _orders(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = {event["order_id"]: event for event in events if event["kind"] == "purchase"}
    return list(found.values())


def _earned(orders: list[dict[str, Any]]) -> list[Earned]:
    counts, sums = Counter[str](), Counter[str]()
    for order in orders:
        counts[order["currency"]] += 1
        sums[order["currency"]] += order["value_minor"]
    return [
        Earned(currency=code, purchases=count, revenue_minor=sums[code])
        for code, count in counts.most_common()
    ]


def _arrivals(views: list[dict[str, Any]], rules: Sequence[OriginRule]) -> Iterator[str]:
    """Yield the channel of each view that came from outside, and of a browser's first view."""
    seen: set[str] = set()
    for view in views:
        channel = _channel(view, rules)
        if channel != DIRECT or view["anonymous_id"] not in seen:
            yield channel
        seen.add(view["anonymous_id"])


def _channel(view: Mapping[str, Any], rules: Sequence[OriginRule]) -> str:
    url, referrer = urlsplit(view.get("url") or ""), urlsplit(view.get("referrer") or "")
    tags = {name: values[0] for name, values in parse_qs(url.query).items()}
    outside = referrer.hostname if referrer.hostname != url.hostname else None
    return channel_of(rules, tags, outside or "")


def _path(event: Mapping[str, Any]) -> str:
    return urlsplit(event["url"]).path or "/"


def _top(counts: Counter[str]) -> list[Counted]:
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [Counted(name=name, count=count) for name, count in ranked[:TOP]]


def _happened(event: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(event["at"])


def _by_minute(events: list[dict[str, Any]], since: datetime, minutes: int) -> list[Minute]:
    counts, bought = Counter[int](), Counter[int]()
    for event in events:
        minute = min((_happened(event) - since) // timedelta(minutes=1), minutes - 1)
        counts[minute] += 1
        bought[minute] += event["kind"] == "purchase"
    return [
        Minute(at=since + timedelta(minutes=n), events=counts[n], purchases=bought[n]) for n in range(minutes)
    ]
