"""What the data of the data-driven model call for to be told beside its shares."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from transforms.attribution.data_driven import History
from transforms.attribution.paths import Floats
from transforms.attribution.uplift import LEAST_DAYS, level, smooth

# From this part of orders without a visit on, the visits seen may not speak for the rest.
MOST_UNSEEN = 0.2
# Steps that go together so closely are one decision; spend this close to orders may follow the season.
TOGETHER, WITH_DEMAND = 0.95, 0.6
MONTH = 28


@dataclass(frozen=True, slots=True)
class Doubt:
    """One reason to trust the shares less: `kind` names it, `told` is a sentence."""

    kind: str
    told: str


def find_doubts(history: History, seen: int, mixed: dict[str, list[str]] | None = None) -> list[Doubt]:
    """Return what a reader must know of the history before believing the shares.

    Args:
        history: Orders and spend of each day.
        seen: Orders before which a visit was seen.
        mixed: Currencies by channel that is billed in several.
    """
    doubts = []
    orders = float(history.orders.sum())
    unseen = 1 - seen / orders if orders else 0.0
    if unseen > MOST_UNSEEN:
        text = f"No visit was seen before {unseen:.0%} of orders; they are counted like the others."
        doubts.append(Doubt("orders_without_visit", text))
    for channel, currencies in sorted((mixed or {}).items()):
        text = (
            f"{channel} is billed in {' and '.join(sorted(currencies))}, which cannot be added up;"
            " its spend was left out of the model."
        )
        doubts.append(Doubt("several_currencies", text))
    spent = {name: amounts for name, amounts in sorted(history.spend.items()) if amounts.any()}
    steps = {name: level(amounts) for name, amounts in spent.items()}
    still = [name for name in steps if len(history.orders) < LEAST_DAYS or np.ptp(steps[name]) == 0]
    if still:
        text = (
            f"The spend of {', '.join(still)} shows no pause and no step to learn from;"
            " the share rests on paths alone."
        )
        doubts.append(Doubt("no_step", text))
    moved = {name: amounts for name, amounts in steps.items() if name not in still}
    for one, other in combinations(moved, 2):
        if _correlate(moved[one], moved[other]) > TOGETHER:
            text = f"The spend of {one} and {other} always changes together; they cannot be told apart."
            doubts.append(Doubt("moved_together", text))
    demand = _smooth_months(history.orders)
    seasonal = [n for n, a in moved.items() if _correlate(_smooth_months(a), demand) > WITH_DEMAND]
    if seasonal:
        text = (
            f"The spend of {', '.join(seasonal)} rises and falls with orders over months, as a season would"
            " make it; what the season brought may be credited to it."
        )
        doubts.append(Doubt("moved_with_season", text))
    return doubts


def _correlate(one: Floats, other: Floats) -> float:
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _smooth_months(amounts: Floats) -> Floats:
    """Return the mean of the four weeks around each day."""
    around = np.pad(smooth(amounts), MONTH // 2, mode="edge")
    return np.convolve(around, np.full(MONTH + 1, 1 / (MONTH + 1)), "valid")
