"""What platforms claim: every order they touched within their window, whoever caused it."""

from __future__ import annotations

import numpy as np

from sandbox.market.records import CHANNELS, CLAIM, CLICK, DAY, IMPRESSION, Records, fill
from sandbox.market.shop import match_people
from sandbox.market.state import State


def claim_orders(state: State, day: int, orders: Records, recent: Records) -> None:
    """Write the claims all platforms make on the orders of a day."""
    paid = recent[(recent["campaign"] >= 0) & (recent["kind"] <= CLICK)]
    position, touches = match_people(state, orders, paid)
    channel_of = np.array([CHANNELS.index(campaign.channel) for campaign in state.catalogue.campaigns] or [0])
    channels = channel_of[touches["campaign"]]
    for code, channel in enumerate(CHANNELS):
        spec = state.scenario.paid.get(channel)
        if spec is None:
            continue
        mine = channels == code
        rng = state.dice.roll("claims", day, code)
        at, seen = position[mine], touches[mine]
        age = orders["at"][at] - seen["at"]
        rules = spec.claims
        clicked = (seen["kind"] == CLICK) & (age <= rules.click_window_days * DAY)
        viewed = (seen["kind"] == IMPRESSION) & (age <= rules.view_window_days * DAY)
        viewed &= (rng.random(len(orders)) < rules.view_share)[at]
        by_click = np.bincount(at[clicked], minlength=len(orders))
        viewed &= by_click[at] == 0
        weight = np.zeros(len(seen))
        if rules.credit == "split":
            weight[clicked] = 1 / by_click[at[clicked]]
        else:
            weight[find_last(at, clicked)] = 1
        weight[find_last(at, viewed)] = 1
        kept = weight > 0
        state.claims.write(
            day,
            fill(
                CLAIM, int(kept.sum()), touch_at=seen["at"][kept], source=seen["source"][kept],
                order=orders["order"][at[kept]], is_view=viewed[kept], weight=weight[kept],
                value=np.rint(orders["total"][at[kept]] * weight[kept] / state.scenario.worth_of(channel)),
            ),
        )  # fmt: skip


def find_last(position: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Index of the last chosen touch of every order."""
    index = np.flatnonzero(chosen)
    last = np.full(int(position.max(initial=-1)) + 1, -1)
    last[position[index]] = index
    return last[last >= 0]
