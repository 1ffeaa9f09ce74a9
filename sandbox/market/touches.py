"""Settles the touches of a day: which ad was seen or clicked, and who else clicked."""

from __future__ import annotations

import numpy as np

from sandbox.market.clock import draw_seconds
from sandbox.market.paid import Delivered
from sandbox.market.records import CLICK, DAY, IMPRESSION, TOUCH, VISIT, Records, fill
from sandbox.market.state import State


def settle_touches(state: State, day: int, delivered: list[Delivered]) -> Records:
    """All touches up to the end of a day, in order of time; completes the clicks of the day's delivery.

    A touch of carry-over lies in the past: an impression whose effect shows today.
    """
    due = state.due_touches.take(day)
    paid = due["campaign"] >= 0
    parts = [due[~paid]]
    waiting = due[paid]
    ran = {done.campaign.index: done for done in delivered}
    for index in np.unique(np.concatenate([waiting["campaign"], np.array(list(ran), dtype=np.int32)])):
        mine = waiting[waiting["campaign"] == index]
        rng = state.dice.roll("settle", day, int(index))
        if int(index) in ran:
            parts += settle_campaign(state, rng, ran[int(index)], mine)
        else:
            parts += settle_idle(state, rng, mine)
    touches = np.concatenate(parts)
    return touches[np.argsort(touches["at"], kind="stable")]


def settle_campaign(state: State, rng: np.random.Generator, done: Delivered, mine: Records) -> list[Records]:
    """Touches of a campaign that ran: harvest thins out with its spend, every click belongs to an ad."""
    rows = done.rows
    kept = mine["is_cause"] | (rng.random(len(mine)) < done.strength)
    lost = turn_to_search(state, mine[~kept])
    mine = mine[kept].copy()
    clicked = mine["kind"] == CLICK
    for kind, weight in ((CLICK, rows["link_clicks"]), (IMPRESSION, rows["impressions"])):
        chosen = mine["kind"] == kind
        shares = (weight + 0.01) / (weight + 0.01).sum()
        mine["source"][chosen] = rows["source"][rng.choice(len(rows), int(chosen.sum()), p=shares)]
    order = np.argsort(rows["source"])
    position = order[np.searchsorted(rows["source"], mine["source"][clicked], sorter=order)]
    taken = np.bincount(position, minlength=len(rows))
    rows["link_clicks"] = np.maximum(rows["link_clicks"], taken)
    rows["clicks"] += rows["link_clicks"]
    rows["impressions"] = np.maximum(rows["impressions"], rows["clicks"])
    rows["reach"] = np.maximum(rows["reach"], np.minimum(rows["impressions"], taken))
    spare = rows["link_clicks"] - taken
    number = int(spare.sum())
    others = fill(
        TOUCH, number, at=int(rows["day"][0]) * DAY + draw_seconds(rng, number),
        person=state.people.draw(rng, done.campaign.channel, number), campaign=done.campaign.index,
        source=np.repeat(rows["source"], spare), kind=CLICK, buyer=-1,
    )  # fmt: skip
    return [mine, lost, others]


def settle_idle(state: State, rng: np.random.Generator, mine: Records) -> list[Records]:
    """Touches of a campaign that did not run: only carry-over of earlier days is real."""
    real = mine[mine["is_cause"]].copy()
    sources = state.catalogue.placements[int(mine["campaign"][0])]
    real["source"] = np.array(sources)[rng.integers(0, len(sources), len(real))]
    return [real, turn_to_search(state, mine[~mine["is_cause"]])]


def turn_to_search(state: State, touches: Records) -> Records:
    """Clicks on an ad that was not there: people take the search result; what was not seen vanishes."""
    found = touches[touches["kind"] == CLICK].copy()
    found["kind"] = VISIT
    found["campaign"] = -1
    found["source"] = state.catalogue.search
    return found
