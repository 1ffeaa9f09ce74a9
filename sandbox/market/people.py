"""The people of the market: segment, temper, name and address, and who is drawn for what."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sandbox.market.clock import Dice
from sandbox.market.records import CHANNELS
from sandbox.market.scenario import Scenario

FIRST_NAMES = [
    "Anna", "Ben", "Clara", "David", "Elif", "Finn", "Greta", "Hugo", "Ida", "Jonas", "Kira", "Leon", "Mia",
    "Noah", "Olga", "Paul", "Ronja", "Samir", "Tessa", "Umut", "Vera", "Willi", "Yara", "Zoe",
]  # fmt: skip


class People:
    """All people as arrays; a person is an index, person_id is "p" and the index."""

    def __init__(self, scenario: Scenario, dice: Dice) -> None:
        rng = dice.roll("people")
        size = scenario.people
        shares = np.array([segment.share for segment in scenario.segments])
        self.segments = [segment.name for segment in scenario.segments]
        self.segment = rng.choice(len(shares), size, p=shares / shares.sum()).astype(np.int16)
        self.is_blocked = rng.random(size) < scenario.tracking.blocked_people
        self.is_machine = rng.random(size) < (scenario.mail.machine_share if scenario.mail else 0)
        self.openness = rng.beta(2, 2, size) * 2  # some people open most mails, some hardly any
        self.cookie = np.zeros(size, dtype=np.int32)
        self.is_known = np.zeros(size, dtype=bool)
        temper = rng.lognormal(0, 0.7, size)
        propensity = np.array([segment.propensity for segment in scenario.segments])[self.segment]
        self.weights: dict[str, NDArray[np.float64]] = {}
        for channel in CHANNELS:
            affinity = np.array([segment.affinity.get(channel, 1.0) for segment in scenario.segments])
            self.weights[channel] = np.cumsum(temper * propensity * affinity[self.segment])
        names = np.array(FIRST_NAMES)[rng.integers(0, len(FIRST_NAMES), size)]
        self.first_name = pl.Series("first_name", names, dtype=pl.String)
        ids = pl.DataFrame({"index": np.arange(size), "name": self.first_name})
        self.person_id = ids.select(pl.format("p{}", "index").alias("person_id")).to_series()
        self.email = ids.select(
            pl.format("{}.{}@example.com", pl.col("name").str.to_lowercase(), "index").alias("email")
        ).to_series()
        self.index_of: dict[str, int] = {}

    def draw(self, rng: np.random.Generator, channel: str, size: int) -> NDArray[np.int32]:
        """People reached by a channel, more often those it suits and those who buy readily."""
        weights = self.weights[channel]
        return np.searchsorted(weights, rng.random(size) * weights[-1], side="right").astype(np.int32)

    def find(self, email: str) -> int | None:
        """The person of an address."""
        if not self.index_of:
            self.index_of = {address: index for index, address in enumerate(self.email.to_list())}
        return self.index_of.get(email.strip().lower())

    def add(self, email: str, first_name: str) -> int:
        """A person from outside, known only by a mail address; belongs to the first segment."""
        index = len(self.segment)
        self.segment = np.append(self.segment, np.int16(0))
        self.is_blocked = np.append(self.is_blocked, np.False_)
        self.is_machine = np.append(self.is_machine, np.False_)
        self.openness = np.append(self.openness, 1.0)
        self.cookie = np.append(self.cookie, np.int32(0))
        self.is_known = np.append(self.is_known, np.False_)
        address = email.strip().lower()
        self.first_name = self.first_name.append(pl.Series([first_name]))
        self.person_id = self.person_id.append(pl.Series([f"p{index}"]))
        self.email = self.email.append(pl.Series([address]))
        self.index_of[address] = index
        return index
