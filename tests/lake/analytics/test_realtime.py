"""The last minutes from the collector's events, each counted once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from core.context import Context
from core.errors import ProviderNotConfigured
from core.time import FixedClock
from ingestion.collector import spool
from ingestion.collector.spool import Spool
from lake.analytics.realtime import get_realtime_metrics
from transforms.origins import read_origin_rules

NOW = datetime(2026, 9, 1, 12, 0, 30, tzinfo=UTC)


def event(kind, browser, **more):
    seen = {"event_id": uuid4().hex, "kind": kind, "at": NOW.isoformat(), "anonymous_id": browser}
    return {**seen, **({"url": "https://shop.example/"} if kind == "page_view" else {}), **more}


@pytest.fixture
def ctx(tmp_path):
    collector = Spool(tmp_path, b"key", FixedClock(NOW))
    services = {"collector": collector, "origins": read_origin_rules()}
    return Context(uuid4(), "ann", frozenset({"*"}), FixedClock(NOW + timedelta(seconds=5)), services)


def put(ctx, *events, at=NOW):
    collector = ctx.service("collector")
    collector._clock = FixedClock(at)
    assert collector.append(ctx.workspace, events).refused == ()


def test_events_visitors_pages_and_purchases_are_counted_once(ctx):
    buy = {"order_id": "1001", "value_minor": 1990, "currency": "EUR"}
    again = event("page_view", "a")
    put(ctx, again, again, event("page_view", "b", url="https://shop.example/cart?x=1"))
    put(ctx, event("purchase", "a", **buy), event("purchase", "a", **buy))
    put(ctx, event("purchase", "b", order_id="1002", value_minor=500, currency="JPY"))
    told = get_realtime_metrics(ctx)
    assert (told.events, told.visitors, told.page_views, told.purchases) == (5, 2, 2, 2)
    assert {(e.currency, e.purchases, e.revenue_minor) for e in told.revenue} == {
        ("EUR", 1, 1990),
        ("JPY", 1, 500),
    }
    assert [(page.name, page.count) for page in told.top_pages] == [("/", 1), ("/cart", 1)]
    assert told.last_event_at >= NOW


def test_only_the_last_minutes_count(ctx):
    for name, minutes in (("old", 31), ("new", 28)):
        at = NOW - timedelta(minutes=minutes)
        put(ctx, event("page_view", name, at=at.isoformat()), at=at)
    told = get_realtime_metrics(ctx)
    assert (told.events, len(told.by_minute)) == (1, 30)
    assert [minute.events for minute in told.by_minute][:2] == [0, 1]
    assert get_realtime_metrics(ctx, minutes=60).events == 2


@pytest.mark.case("app/realtime-after-a-history")
def test_a_history_received_now_is_not_of_these_minutes(ctx):
    hours = [event("page_view", "b", at=(NOW - timedelta(hours=n)).isoformat()) for n in range(1, 400)]
    put(ctx, *hours, event("page_view", "a", at=(NOW - timedelta(minutes=5)).isoformat()))
    told = get_realtime_metrics(ctx)
    assert (told.events, told.visitors, told.last_event_at) == (1, 1, NOW - timedelta(minutes=5))
    assert [minute.events for minute in told.by_minute].index(1) == 24
    assert get_realtime_metrics(ctx, minutes=1440).events == 24


@pytest.mark.case("app/realtime-after-a-history")
def test_lines_of_other_days_are_not_even_parsed(ctx, monkeypatch):
    put(ctx, *[event("page_view", "b", at=(NOW - timedelta(days=n)).isoformat()) for n in range(9)])
    parsed = []
    monkeypatch.setattr(spool.orjson, "loads", lambda line: parsed.append(line) or json.loads(line))
    assert (get_realtime_metrics(ctx).events, len(parsed)) == (1, 1)


def test_a_browser_whose_clock_runs_ahead_counts_when_it_was_received(ctx):
    put(ctx, event("page_view", "a", at=(NOW + timedelta(hours=20)).isoformat()))
    told = get_realtime_metrics(ctx)
    assert (told.events, told.last_event_at) == (1, NOW)


@pytest.mark.parametrize(
    ("query", "referrer", "channel"),
    [
        ("?utm_source=facebook&utm_medium=paid_social", None, "meta_ads"),
        ("?gclid=x", "https://www.google.com/", "google_ads"),
        ("", "https://www.google.de/", "organic_search"),
        ("?utm_source=mailchimp&utm_medium=email", None, "mailchimp"),
        ("", "https://blog.example/", "referral"),
        ("", "https://shop.example/", "direct"),
        ("", None, "direct"),
    ],
)
def test_arrivals_are_told_by_the_models_own_rules(ctx, query, referrer, channel):
    first = event("page_view", "a", url=f"https://shop.example/{query}", referrer=referrer)
    put(ctx, first, event("page_view", "a", referrer="https://shop.example/"))
    assert [(c.name, c.count) for c in get_realtime_metrics(ctx).channels] == [(channel, 1)]


def test_another_workspace_and_a_process_without_collector_see_nothing(ctx):
    put(ctx, event("page_view", "a"))
    assert get_realtime_metrics(replace(ctx, workspace=uuid4())).events == 0
    with pytest.raises(ProviderNotConfigured, match="collector"):
        get_realtime_metrics(replace(ctx, services={}))
