"""A day in the shop: orders with lines, tax, shipping, cancellations, refunds and test orders."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sandbox.market.records import CLICK, DAY, LINE, ORDER, REFUND, VISIT, Records, fill
from sandbox.market.state import State

NEVER = -(2**62)
JOURNEY_DAYS = 30  # how far back the shop remembers a visitor


def sell(state: State, day: int, recent: Records) -> Records:
    """Orders of a day in order of time; writes orders, lines and (future) refunds."""
    shop = state.scenario.shop
    buyers = state.due_buyers.take(day)
    rng = state.dice.roll("shop", day)
    tests = int(rng.poisson(len(buyers) * shop.test_share))
    size = len(buyers) + tests
    orders = fill(ORDER, size, buyer=-1, campaign=-1, cause_source=-1, cancel_at=NEVER, first_source=-1)
    real = orders[: len(buyers)]
    for column, name in (
        ("at", "order_at"), ("buyer", "buyer"), ("person", "person"), ("channel", "channel"),
        ("campaign", "campaign"), ("cause_source", "source"), ("touch_at", "touch_at"),
    ):  # fmt: skip
        real[column] = buyers[name]
    orders["is_test"][len(buyers) :] = True
    orders["at"][len(buyers) :] = day * DAY + rng.integers(9 * 3600, 18 * 3600, tests)
    orders["touch_at"][len(buyers) :] = NEVER
    orders = orders[np.argsort(orders["at"], kind="stable")]
    orders["order"] = state.order_count + np.arange(size)
    state.order_count += size
    lines = pick_products(state, rng, orders)
    price_orders(state, rng, orders, lines)
    credit_visits(state, rng, orders, recent)
    state.orders.write(day, orders)
    state.lines.write(day, lines)
    state.refunds.write(day, draw_refunds(state, rng, orders))
    return orders


def pick_products(state: State, rng: np.random.Generator, orders: Records) -> Records:
    """Order lines at list price; people of a high price level take dearer products."""
    scenario = state.scenario
    size = len(orders)
    prices = np.array([product.price_minor for product in scenario.products], dtype=float)
    weights = np.array([product.weight for product in scenario.products])
    levels = np.array([segment.price_level for segment in scenario.segments])
    taste = weights * (prices / prices.mean()) ** np.log2(levels)[:, None]
    cumulated = np.cumsum(taste, axis=1) / taste.sum(axis=1, keepdims=True)
    owner = np.concatenate([np.arange(size), np.flatnonzero(rng.random(size) < scenario.shop.second_line)])
    row = cumulated[state.people.segment[orders["person"][owner]]]
    product = np.minimum((row < rng.random(len(owner))[:, None]).sum(axis=1), len(prices) - 1)
    quantity = 1 + (rng.random(len(owner)) < scenario.shop.second_piece)
    lines = fill(
        LINE, len(owner), order=orders["order"][owner], product=product, quantity=quantity,
        price=(prices[product] * quantity).astype(np.int64),
    )  # fmt: skip
    return lines[np.argsort(lines["order"], kind="stable")]


def price_orders(state: State, rng: np.random.Generator, orders: Records, lines: Records) -> None:
    """Discounts, subtotal, tax, shipping, cost and total; lines keep what is left of their price."""
    shop, size = state.scenario.shop, len(orders)
    costs = np.array([product.unit_cost_minor for product in state.scenario.products], dtype=np.int64)
    owner = lines["order"] - (orders["order"][0] if size else 0)
    discounted = rng.random(size) < shop.discount_share
    off = np.where(discounted[owner], np.rint(lines["price"] * shop.discount_rate), 0).astype(np.int64)
    lines["price"] -= off
    orders["discount"] = sum_by(owner, off, size)
    orders["subtotal"] = sum_by(owner, lines["price"], size)
    orders["cost"] = sum_by(owner, costs[lines["product"]] * lines["quantity"], size)
    orders["tax"] = np.rint(orders["subtotal"] * shop.tax_rate / (1 + shop.tax_rate))
    orders["shipping"] = np.where(orders["subtotal"] >= shop.free_shipping_from_minor, 0, shop.shipping_minor)
    orders["total"] = orders["subtotal"] + orders["shipping"]


def sum_by(owner: NDArray[Any], values: NDArray[Any], size: int) -> NDArray[np.int64]:
    """Exact integer sums of values by owner."""
    sums = np.zeros(size, dtype=np.int64)
    np.add.at(sums, owner, values)
    return sums


def credit_visits(state: State, rng: np.random.Generator, orders: Records, recent: Records) -> None:
    """First and last visit and the landing visit the shop saw before each order, -1 where it was lost."""
    for name in ("first_source", "last_source", "landing_source"):
        orders[name] = -1
    visits = recent[(recent["kind"] == CLICK) | (recent["kind"] == VISIT)]
    position, mine = match_people(state, orders, visits)
    # Ordered by time within each order: assignment keeps the last, reversed assignment the first.
    orders["landing_source"][position] = mine["source"]
    orders["first_source"][position[::-1]] = mine["source"][::-1]
    unpaid = [state.catalogue.direct, state.catalogue.search, *state.catalogue.referrals]
    tagged = ~np.isin(mine["source"], unpaid)
    orders["last_source"][position[tagged]] = mine["source"][tagged]
    lost = rng.random(len(orders)) < state.scenario.tracking.stripped_utm
    for name in ("first_source", "last_source"):
        orders[name][lost] = -1


def match_people(state: State, orders: Records, touches: Records) -> tuple[NDArray[np.int64], Records]:
    """Touches of the people who order, before it, and the position of that order; in time order."""
    mark = np.full(len(state.people.segment), -1, dtype=np.int64)
    real = np.flatnonzero(~orders["is_test"])
    mark[orders["person"][real]] = real
    position = mark[touches["person"]]
    chosen = position >= 0
    position, touches = position[chosen], touches[chosen]
    before = touches["at"] <= orders["at"][position]
    return position[before], touches[before]


def draw_refunds(state: State, rng: np.random.Generator, orders: Records) -> Records:
    """Cancellations (refunded in full within hours) and later refunds, in part or whole."""
    shop, size = state.scenario.shop, len(orders)
    real = ~orders["is_test"]
    cancelled = real & (rng.random(size) < shop.cancel_share)
    orders["cancel_at"][cancelled] = orders["at"][cancelled] + rng.integers(
        1200, 20_000, int(cancelled.sum())
    )
    refunded = real & ~cancelled & (rng.random(size) < shop.refund_share)
    days = 1 + rng.exponential(shop.refund_delay_days, size)
    part = np.where(rng.random(size) < 0.6, 1.0, rng.uniform(0.3, 0.9, size))
    at = np.where(cancelled, orders["cancel_at"], orders["at"] + (days * DAY).astype(np.int64))
    amount = np.where(cancelled, orders["total"], np.rint(orders["total"] * part)).astype(np.int64)
    chosen = cancelled | refunded
    return fill(
        REFUND, int(chosen.sum()), at=at[chosen], order=orders["order"][chosen], amount=amount[chosen]
    )
