"""The simulated market: a seeded shop with its people, platforms and the truth about both."""

from sandbox.market.actions import ActionError
from sandbox.market.loading import ScenarioError, load_scenario
from sandbox.market.scenario import Scenario
from sandbox.market.world import World

__all__ = ["ActionError", "Scenario", "ScenarioError", "World", "load_scenario"]
