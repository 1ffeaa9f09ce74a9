"""The world of one scenario: lives days, takes actions, and shows what the platforms believe."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

import polars as pl

from sandbox.market import frames_ads, frames_mail, frames_reach, frames_shop, frames_site
from sandbox.market.actions import apply_action, tell_now
from sandbox.market.founding import found_market
from sandbox.market.living import live_day
from sandbox.market.scenario import Scenario
from sandbox.market.state import State
from sandbox.market.truth import Truth

CACHED_FRAMES = 64


class World:
    """A market that has lived the scenario's days; deterministic in scenario and journal.

    Frames are polars DataFrames, sorted, ids as strings, instants in UTC; ranges of days include both ends.
    """

    def __init__(self, scenario: Scenario, journal: Iterable[dict[str, Any]] = ()) -> None:
        self.scenario = scenario
        self.state = State(scenario)
        self.journal: list[dict[str, Any]] = []
        self.version = 0
        self.truth = Truth(self.state)
        self.cache: dict[tuple[Any, ...], pl.DataFrame] = {}
        self.lock = threading.RLock()  # twins serve from many threads
        found_market(self.state)
        while self.state.day < scenario.days - 1:
            live_day(self.state)
        for entry in journal:
            if entry["do"] == "advance":
                self.advance(entry["days"])
            else:
                self.act(entry["do"], channel=entry["channel"], **entry["fields"])

    @property
    def first_day(self) -> date:
        """The first day with numbers."""
        return self.scenario.first_day

    @property
    def today(self) -> date:
        """The last complete day, local."""
        return self.state.calendar.date_of(self.state.day)

    @property
    def now(self) -> datetime:
        """06:00 local of the morning after `today`, as UTC."""
        return tell_now(self.state)

    @property
    def currency(self) -> str:
        """ISO currency of the shop and of every account that names none."""
        return self.scenario.currency

    @property
    def timezone(self) -> str:
        """IANA zone of the shop and of every account that names none."""
        return self.scenario.timezone

    def advance(self, days: int = 1) -> None:
        """Live more days."""
        with self.lock:
            for _ in range(days):
                live_day(self.state)
            self.journal.append({"do": "advance", "days": days})
            self.change()

    def act(self, action: str, *, channel: str, **fields: Any) -> str | None:
        """Do something on a platform, effective from the next day on; gives the id of what is new.

        Fields are named like the columns of the frame concerned; raises ActionError.
        """
        fields = json.loads(json.dumps(fields, default=str))
        with self.lock:
            made = apply_action(self.state, action, channel, fields)
            self.journal.append({"do": action, "channel": channel, "fields": fields})
            self.change()
        return made

    def change(self) -> None:
        """Forget frames of the past version."""
        self.version += 1
        self.cache.clear()

    def show(self, frame: Callable[..., pl.DataFrame], *arguments: Any) -> pl.DataFrame:
        """A frame, made once for each version."""
        key = (frame.__name__, *arguments)
        with self.lock:
            if key not in self.cache:
                if len(self.cache) >= CACHED_FRAMES:
                    self.cache.pop(next(iter(self.cache)))
                days = [
                    self.state.calendar.day_of(part) if isinstance(part, date) else part for part in arguments
                ]
                self.cache[key] = frame(self.state, *days)
            return self.cache[key]

    def accounts(self, channel: str) -> pl.DataFrame:
        """account_id, name, currency, timezone."""
        return self.show(frames_reach.frame_accounts, channel)

    def campaigns(self, channel: str) -> pl.DataFrame:
        """Paid campaigns: campaign_id, account_id, name, objective, status, daily_budget_minor, ..."""
        return self.show(frames_ads.frame_campaigns, channel)

    def ad_sets(self, channel: str) -> pl.DataFrame:
        """ad_set_id, campaign_id, name, status, created_at, updated_at."""
        return self.show(frames_ads.frame_ad_sets, channel)

    def ads(self, channel: str) -> pl.DataFrame:
        """ad_id, ad_set_id, campaign_id, name, status, final_url, created_at, updated_at."""
        return self.show(frames_ads.frame_ads, channel)

    def ad_daily(self, channel: str, first: date, last: date) -> pl.DataFrame:
        """Delivery, spend and claimed conversions by day, ad and network, as reported now."""
        return self.show(frames_ads.frame_ad_daily, channel, first, last)

    def posts(self, channel: str) -> pl.DataFrame:
        """post_id, account_id, kind, title, text, url, published_at."""
        return self.show(frames_reach.frame_posts, channel)

    def post_daily(self, channel: str, first: date, last: date) -> pl.DataFrame:
        """Views, reactions and clicks of each post on each day."""
        return self.show(frames_reach.frame_post_daily, channel, first, last)

    def account_daily(self, channel: str, first: date, last: date) -> pl.DataFrame:
        """Followers (level), follows, unfollows, views and engagements of an account by day."""
        return self.show(frames_reach.frame_account_daily, channel, first, last)

    def mail_lists(self) -> pl.DataFrame:
        """list_id, name, created_at."""
        return self.show(frames_mail.frame_lists)

    def mail_members(self) -> pl.DataFrame:
        """list_id, person_id, email, status, first_name, subscribed_at, changed_at."""
        return self.show(frames_mail.frame_members)

    def mail_campaigns(self) -> pl.DataFrame:
        """mail_id, list_id, title, subject, send_at, status, segment."""
        return self.show(frames_mail.frame_mail_campaigns)

    def mail_events(self, first: date, last: date) -> pl.DataFrame:
        """mail_id, list_id, person_id, email, kind, is_machine, at, url."""
        return self.show(frames_mail.frame_mail_events, first, last)

    def products(self) -> pl.DataFrame:
        """product_id, variant_id, sku, title, price_minor, unit_cost_minor, updated_at."""
        return self.show(frames_shop.frame_products)

    def customers(self) -> pl.DataFrame:
        """customer_id, person_id, email, first_name, created_at, updated_at, orders_count, spent_minor."""
        return self.show(frames_shop.frame_customers)

    def orders(self) -> pl.DataFrame:
        """All orders so far with amounts, refunds, cancellation and the visits the shop saw."""
        return self.show(frames_shop.frame_orders)

    def order_lines(self) -> pl.DataFrame:
        """order_id, line_id, product_id, variant_id, sku, quantity, price_minor, unit_cost_minor."""
        return self.show(frames_shop.frame_lines)

    def refunds(self) -> pl.DataFrame:
        """refund_id, order_id, created_at, amount_minor."""
        return self.show(frames_shop.frame_refunds)

    def site_events(self, first: date, last: date) -> pl.DataFrame:
        """First-party events as received: page_view, identify and purchase."""
        return self.show(frames_site.frame_site_events, first, last)
