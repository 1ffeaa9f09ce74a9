"""From a decision to an order: people who will buy, when, and what they touch on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sandbox.market.clock import draw_seconds
from sandbox.market.records import BUYER, CHANNELS, CLICK, DAY, IMPRESSION, TOUCH, VISIT, Records, fill
from sandbox.market.response import draw_lags
from sandbox.market.settings_paid import Lag
from sandbox.market.state import State

CLOSING_SHARE = 0.6  # part of harvest clicks that lead straight into the order


def plan_buyers(
    state: State,
    rng: np.random.Generator,
    day: int,
    number: int,
    *,
    channel: str,
    lag: Lag,
    kind: NDArray[Any],
    campaign: int = -1,
    source: int | NDArray[Any] = -1,
    ago: NDArray[np.int64] | None = None,
    person: NDArray[Any] | None = None,
    start_at: NDArray[np.int64] | None = None,
    through: int = -1,
) -> Records:
    """Buyers who decide on a day, with their causal touch and the moment of their order; queues both.

    `ago` moves the causal touch back by days (carry-over); `through` adds a click on another campaign.
    """
    if person is None:
        person = state.people.draw(rng, channel, number)
    if start_at is None:
        start_at = day * DAY + draw_seconds(rng, number)
    lags = draw_lags(rng, lag, number)
    left = (start_at // DAY + 1) * DAY - 1 - start_at
    wait = 240 + rng.exponential(2400, number)
    same_day = start_at + np.where(wait < left, wait, left * rng.random(number)).astype(np.int64)
    later = (start_at // DAY + lags) * DAY + draw_seconds(rng, number)
    touch_at = start_at if ago is None else start_at - ago * DAY
    buyers = fill(
        BUYER,
        number,
        start_at=start_at,
        touch_at=touch_at,
        order_at=np.where(lags == 0, same_day, later),
        person=person,
        channel=CHANNELS.index(channel),
        campaign=campaign,
        source=source,
        kind=kind,
        buyer=np.arange(state.buyers, state.buyers + number),
    )
    state.buyers += number
    state.due_buyers.add(buyers)
    causal = fill(
        TOUCH, number, at=touch_at, person=person, campaign=campaign, source=source, kind=kind,
        is_cause=True, buyer=buyers["buyer"],
    )  # fmt: skip
    state.due_touches.add(causal)
    if through >= 0:
        click = fill(
            TOUCH, number, at=start_at, person=person, campaign=through, source=-1, kind=CLICK,
            buyer=buyers["buyer"],
        )  # fmt: skip
        state.due_touches.add(click)
    return buyers


def plan_harvest(state: State, day: int, buyers: Records) -> None:
    """Touches on the way that do not cause the order: brand search, retargeting, a last direct visit."""
    number = len(buyers)
    rng = state.dice.roll("harvest", day)
    span = np.maximum(60, buyers["order_at"] - buyers["start_at"])
    closed = np.zeros(number, dtype=bool)
    for campaign in state.catalogue.campaigns:
        spec = campaign.spec
        for kind, share in ((CLICK, spec.harvest_click), (IMPRESSION, spec.harvest_view)):
            if share == 0:
                continue
            chosen = rng.random(number) < share
            at = buyers["start_at"] + (span * rng.random(number)).astype(np.int64)
            closing = chosen & ~closed & (rng.random(number) < CLOSING_SHARE) & (kind == CLICK)
            at = np.where(closing, buyers["order_at"] - 60 - (rng.random(number) * 120).astype(np.int64), at)
            closed |= closing
            state.due_touches.add(
                fill(
                    TOUCH, int(chosen.sum()), at=at[chosen], person=buyers["person"][chosen],
                    campaign=campaign.index, source=-1, kind=kind, buyer=buyers["buyer"][chosen],
                )
            )  # fmt: skip
    same_session = (buyers["order_at"] - buyers["start_at"] < DAY) & (buyers["kind"] != IMPRESSION)
    same_session &= buyers["order_at"] // DAY == buyers["start_at"] // DAY
    open_end = ~closed & ~same_session
    count = int(open_end.sum())
    state.due_touches.add(
        fill(
            TOUCH, count, at=buyers["order_at"][open_end] - 60 - (rng.random(count) * 120).astype(np.int64),
            person=buyers["person"][open_end], campaign=-1, kind=VISIT,
            source=draw_entrances(state, rng, count), buyer=buyers["buyer"][open_end],
        )
    )  # fmt: skip


def draw_entrances(state: State, rng: np.random.Generator, number: int) -> NDArray[np.int64]:
    """Unpaid entrances: direct, organic search or a referral site."""
    catalogue, mix = state.catalogue, state.scenario.baseline.visit_mix
    entrances = np.array([catalogue.direct, catalogue.search, *catalogue.referrals])
    sites = len(catalogue.referrals)
    weights = [mix.get("direct", 0), mix.get("organic_search", 0), *[mix.get("referral", 0) / sites] * sites]
    return entrances[rng.choice(len(entrances), number, p=np.array(weights) / sum(weights))]


def plan_baseline(state: State, day: int) -> Records:
    """Buyers who would have come anyway, and visits that buy nothing."""
    baseline, scale = state.scenario.baseline, state.scenario.scale
    rng = state.dice.roll("baseline", day)
    noise = float(rng.lognormal(0, baseline.noise))
    number = int(rng.poisson(baseline.orders_per_day * scale * state.demand * noise))
    visits = int(rng.poisson(baseline.visits_per_day * scale * state.demand**0.7 * noise))
    state.due_touches.add(
        fill(
            TOUCH, visits, at=day * DAY + draw_seconds(rng, visits), campaign=-1,
            person=state.people.draw(rng, "baseline", visits),
            source=draw_entrances(state, rng, visits), kind=VISIT, buyer=-1,
        )
    )  # fmt: skip
    return plan_buyers(
        state, rng, day, number, channel="baseline", lag=baseline.lag,
        source=draw_entrances(state, rng, number), kind=np.full(number, VISIT),
    )  # fmt: skip
