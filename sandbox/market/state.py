"""All that changes while the market lives: who exists, what happened, what is still to come."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sandbox.market.catalogue import Catalogue
from sandbox.market.clock import Calendar, Dice
from sandbox.market.people import People
from sandbox.market.records import (
    ACCOUNT_DAY,
    BUYER,
    CLAIM,
    DELIVERY,
    LINE,
    MAIL_EVENT,
    ORDER,
    POST_DAY,
    REFUND,
    SITE,
    TOUCH,
    DayLog,
    Pool,
)
from sandbox.market.scenario import Scenario

WARM_UP_DAYS = 28  # lived before the first day and not shown, so that the market does not start cold


@dataclass
class Shown:
    """What an organic channel showed: views of the last lived day by source, and views carried over."""

    sources: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    views: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    carry_over: float = 0.0


class State:
    """The market's memory."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.dice = Dice(scenario.seed)
        self.calendar = Calendar(scenario.first_day, scenario.timezone, scenario.days)
        self.people = People(scenario, self.dice)
        self.catalogue = Catalogue(scenario, self.dice)
        self.day = -WARM_UP_DAYS - 1  # the last lived day
        self.demand = 1.0  # factor on demand of the day being lived
        self.touches = DayLog(TOUCH)
        self.deliveries = DayLog(DELIVERY)
        self.claims = DayLog(CLAIM)  # by the day of the order
        self.orders = DayLog(ORDER)
        self.lines = DayLog(LINE)
        self.refunds = DayLog(REFUND)  # by the day of the order
        self.post_days = DayLog(POST_DAY)
        self.account_days = DayLog(ACCOUNT_DAY)
        self.mail_events = DayLog(MAIL_EVENT)  # by the day of sending
        self.site = DayLog(SITE)
        self.due_touches = Pool(TOUCH, "at")
        self.due_buyers = Pool(BUYER, "order_at")
        self.buyers = 0
        self.order_count = 0
        self.shown = {channel: Shown() for channel in scenario.organic}
        self.followers = {
            channel: spec.followers * scenario.scale for channel, spec in scenario.organic.items()
        }
