"""The Conversions API: server events of a pixel, kept once by event id and name."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import orjson
from fastapi import APIRouter, Response

from sandbox.meta.ask import Ask, TheAsk
from sandbox.meta.errors import bad_param, fail, missing_node
from sandbox.meta_ads.nodes import PIXEL
from sandbox.meta_ads.reading import MarketingAsk
from sandbox.twin import TheStore, TheWorld

MOST_EVENTS = 1000
OLDEST_SECONDS = 7 * 86_400
KEPT_SECONDS = 48 * 3600  # a repeat within it is the same event
router = APIRouter()


@router.get("/{version}/{node}/adspixels")
def list_pixels(ask: MarketingAsk) -> Response:
    """The account's pixel."""
    return ask.reply({"data": [{"id": PIXEL, "name": "Sandbox pixel"}]})


@router.post("/{version}/{node}/events")
def send_events(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Take events; one too old refuses the whole request. Test events are not counted."""
    if node != PIXEL:
        raise missing_node(node, "Post")
    events = read_events(ask)
    now = world.now.timestamp()
    for event in events:
        check_event(event, now)
    if not ask.text("test_event_code"):
        with world.hold():
            kept = store.table("events")
            for event in events:
                keep_event(kept, event)
            store.save()
    return ask.reply({"events_received": len(events), "messages": [], "fbtrace_id": "A1sandbox"})


def read_events(ask: Ask) -> list[dict[str, Any]]:
    """The events: objects, or JSON texts of objects as the official SDK sends them."""
    listed = ask.value("data")
    if not isinstance(listed, list) or not listed:
        raise bad_param("data", "The parameter data is required")
    if len(listed) > MOST_EVENTS:
        raise bad_param("data", f"At most {MOST_EVENTS} events can be sent in a request")
    try:
        return [orjson.loads(event) if isinstance(event, str) else event for event in listed]
    except orjson.JSONDecodeError:
        raise bad_param("data", "data must be a list of events") from None


def check_event(event: dict[str, Any], now: float) -> None:
    """Refuse an event the vendor refuses."""
    for name in ("event_name", "event_time", "user_data"):
        if not event.get(name):
            raise bad_param("data", f"Missing required event parameter {name}", 2804008)
    if int(event["event_time"]) < now - OLDEST_SECONDS:
        raise fail(
            100,
            "Invalid parameter",
            subcode=2804003,
            title="Event timestamp too old",
            explanation="The timestamp for this event is too far in the past: at most 7 days.",
        )
    if event.get("action_source") == "website" and not event["user_data"].get("client_user_agent"):
        raise bad_param("data", "client_user_agent is required for website events", 2804050)
    purchase = event.get("custom_data") or {}
    if event["event_name"] == "Purchase" and not (
        purchase.get("currency") and purchase.get("value") is not None
    ):
        raise bad_param("data", "Purchase events need currency and value", 2804009)


def keep_event(kept: dict[str, Any], event: dict[str, Any]) -> None:
    """The first of equal events stays."""
    key = f"{event['event_name']}/{event.get('event_id') or len(kept)}"
    known = kept.get(key)
    if known is None or int(event["event_time"]) - int(known["event_time"]) > KEPT_SECONDS:
        kept[key] = event


@router.get("/{version}/{node}/stats")
def read_stats(ask: MarketingAsk, store: TheStore, node: str) -> Response:
    """How many events of each name were kept, by hour."""
    if node != PIXEL:
        raise missing_node(node)
    hours: dict[int, Counter[str]] = {}
    for event in store.table("events").values():
        hour = int(event["event_time"]) // 3600 * 3600
        hours.setdefault(hour, Counter())[event["event_name"]] += 1
    rows = [
        {
            "start_time": datetime.fromtimestamp(hour, UTC).strftime("%Y-%m-%dT%H:%M:%S%z"),
            "aggregation": ask.text("aggregation", "event"),
            "data": [{"value": name, "count": count} for name, count in sorted(counts.items())],
        }
        for hour, counts in sorted(hours.items())
    ]
    return ask.reply({"data": rows})
