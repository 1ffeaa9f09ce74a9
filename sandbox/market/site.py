"""What the first-party collector receives on a day: page views, logins and purchases, less losses."""

from __future__ import annotations

import numpy as np

from sandbox.market.records import CLICK, DAY, IDENTIFY, PAGE_VIEW, PURCHASE, SITE, VISIT, Records, fill
from sandbox.market.state import State

EVENTS_A_DAY = 10_000_000  # room for event numbers of one day
NUMBER_OFFSET = 1000


def collect(state: State, day: int, touches: Records, orders: Records) -> None:
    """Write the site events of a day."""
    spec, people = state.scenario.tracking, state.people
    rng = state.dice.roll("tracking", day)
    visits = touches[((touches["kind"] == CLICK) | (touches["kind"] == VISIT)) & (touches["at"] >= day * DAY)]
    hasty = (visits["campaign"] >= 0) & (visits["buyer"] < 0) & (rng.random(len(visits)) < spec.lost_landings)
    visits = visits[~hasty]
    reset = rng.random(len(visits)) < spec.cookie_resets
    np.add.at(people.cookie, visits["person"][reset], 1)
    people.is_known[visits["person"][reset]] = False
    pages = fill(
        SITE, len(visits), at=visits["at"], person=visits["person"], source=visits["source"], order=-1,
        kind=PAGE_VIEW, is_stripped=rng.random(len(visits)) < spec.stripped_utm,
        is_known=people.is_known[visits["person"]],
    )  # fmt: skip
    second = pages[rng.random(len(pages)) < spec.second_page].copy()
    second["at"] += 35
    second["source"] = -1
    second["page"] = 1 + rng.integers(0, len(state.catalogue.products), len(second))
    real = orders[~orders["is_test"]]
    login = real[rng.random(len(real)) < spec.identify_share]
    identified = fill(
        SITE, len(login), at=login["at"] - 20, person=login["person"], source=-1, order=-1, kind=IDENTIFY,
        is_known=True, page=-1,
    )  # fmt: skip
    bought = fill(
        SITE, len(real), at=real["at"], person=real["person"], source=-1, order=real["order"],
        value=real["total"], kind=PURCHASE, is_known=True, page=-2,
    )  # fmt: skip
    people.is_known[real["person"]] = True
    events = np.concatenate([pages, second, identified, bought])
    events = events[np.argsort(events["at"], kind="stable")]
    events["id"] = (day + NUMBER_OFFSET) * EVENTS_A_DAY + np.arange(len(events))
    events["cookie"] = people.cookie[events["person"]]
    lost = people.is_blocked[events["person"]] | (rng.random(len(events)) < spec.lost_events)
    state.site.write(day, events[~lost])
