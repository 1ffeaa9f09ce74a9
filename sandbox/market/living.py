"""One day in the life of the market, in the order in which things happen."""

from __future__ import annotations

import numpy as np

from sandbox.market.buyers import plan_baseline, plan_harvest
from sandbox.market.claims import claim_orders
from sandbox.market.mailing import live_mail, plan_newsletters
from sandbox.market.organic import live_organic, publish_planned
from sandbox.market.paid import change_campaigns, deliver
from sandbox.market.response import season_of
from sandbox.market.shop import JOURNEY_DAYS, sell
from sandbox.market.site import collect
from sandbox.market.state import State
from sandbox.market.touches import settle_touches


def live_day(state: State) -> None:
    """Live the next day; everything it writes belongs to that day."""
    day = state.day + 1
    state.calendar.extend(day + 2)
    state.demand = season_of(state.scenario.baseline, state.calendar.date_of(day), day)
    change_campaigns(state, day)
    publish_planned(state, day)
    plan_newsletters(state, day)
    delivered, buyers = deliver(state, day)
    buyers += live_organic(state, day)
    buyers += live_mail(state, day)
    buyers.append(plan_baseline(state, day))
    plan_harvest(state, day, np.concatenate(buyers))
    touches = settle_touches(state, day, delivered)
    for done in delivered:
        state.deliveries.write(day, done.rows)
    state.touches.write(day, touches)
    recent = state.touches.read(day - JOURNEY_DAYS, day)
    recent = recent[np.argsort(recent["at"], kind="stable")]
    orders = sell(state, day, recent)
    claim_orders(state, day, orders, recent)
    collect(state, day, touches, orders)
    state.day = day
