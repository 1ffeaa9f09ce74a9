"""What paid channels add: orders a day explained by the steps of spend, next to a smooth baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from transforms.attribution.paths import Floats

WEEK = 7
LEAST_DAYS = 56
# The baseline bends at most once in so many days, by about this part of the mean.
KNOT_DAYS, BEND = 45, 0.15
# A change of spend by this part is a decision; less is weather, and follows demand rather than makes it.
STEP = 0.25
# How far spend may move an expectation: this part of it, of at least so much of all orders.
TRUST, LEAST_PART = 0.5, 0.03
CARRY_OVER = (0.2, 0.5, 0.75, 0.88)
# Orders grow as spend to this power: from nearly satisfied to nearly in proportion.
CURVATURE = (0.2, 0.5, 0.8)
SWEEPS = 3
Shape = tuple[float, float]


def find_uplift(
    orders: Floats,
    spend: Mapping[str, Floats],
    weekdays: NDArray[np.int64],
    expected: Mapping[str, float],
    shapes: Sequence[Shape] | None = None,
) -> tuple[dict[str, float], Sequence[Shape]]:
    """Return for each channel the part of all orders that its spend explains.

    Days with more spend than others, by decision, are compared with the days around them: least
    squares with a baseline that bends slowly, a factor a weekday, carry-over and diminishing returns
    a channel, none below zero. Where spend never changed, or the history is short, the expectation
    stands.

    Args:
        orders: Orders of each day, without gaps.
        spend: Spend of each channel on the same days, in any one unit.
        weekdays: 0 to 6 for each day.
        expected: The part of all orders a channel is thought to have, from paths.
        shapes: How each channel's spend works, as an earlier call returned it; searched for without it.

    Returns:
        The parts, and the shapes of the channels whose spend was asked, in their order.
    """
    mean = float(orders.mean()) if len(orders) else 0.0
    moved = {name: level(amounts) for name, amounts in spend.items() if amounts.any()}
    if len(orders) < LEAST_DAYS or mean == 0.0 or not moved:
        return dict(expected), ()
    fit = Fit(orders, find_season(orders, weekdays), mean, np.array([expected[name] for name in moved]))
    parts, shapes = fit.under(list(moved.values()), shapes) if shapes else fit.search(list(moved.values()))
    return {**expected, **dict(zip(moved, parts.tolist(), strict=True))}, shapes


class Fit:
    """The least squares of one history; rows are scaled so that a day's noise is 1."""

    def __init__(self, orders: Floats, season: Floats, mean: float, expected: Floats) -> None:
        self.mean, self.expected = mean, expected
        self.noise = np.sqrt(np.maximum(smooth(orders), 1.0))
        self.season = season
        baseline = bend(len(orders))
        knots = baseline.shape[1]
        tension = np.diff(np.eye(knots), axis=0) / (BEND * mean)
        self.baseline = np.vstack([baseline * (season / self.noise)[:, None], tension])
        self.width = TRUST * np.maximum(expected, LEAST_PART) * mean
        self.wanted = np.concatenate([orders / self.noise, np.zeros(knots - 1), expected * mean / self.width])

    def under(self, spend: list[Floats], shapes: Sequence[Shape]) -> tuple[Floats, Sequence[Shape]]:
        """Return each channel's part of all orders under these shapes, and the shapes."""
        columns = [self.shape(one, *shape) for one, shape in zip(spend, shapes, strict=True)]
        return self.solve(columns)[1] / self.mean, shapes

    def search(self, spend: list[Floats]) -> tuple[Floats, Sequence[Shape]]:
        """Return each channel's part of all orders under the shapes that explain the days best, and these."""
        shapes: list[Shape] = [(CARRY_OVER[1], CURVATURE[1])] * len(spend)
        columns = [self.shape(one, *shape) for one, shape in zip(spend, shapes, strict=True)]
        best, parts = self.solve(columns)
        for _ in range(SWEEPS):
            before = best
            for place, one in enumerate(spend):
                for shape in product(CARRY_OVER, CURVATURE):
                    tried = [*columns[:place], self.shape(one, *shape), *columns[place + 1 :]]
                    left, found = self.solve(tried)
                    if left < best:
                        best, parts, columns = left, found, tried
                        shapes = [*shapes[:place], shape, *shapes[place + 1 :]]
            if best == before:
                break
        return parts / self.mean, shapes

    def shape(self, spend: Floats, carry_over: float, curvature: float) -> Floats:
        """Return a channel's column: spend carried over, bent, in season, 1 on average."""
        carried = np.empty_like(spend)
        state = float(spend[: 2 * WEEK].mean())
        for day, amount in enumerate(spend):
            state = carry_over * state + (1 - carry_over) * amount
            carried[day] = state
        bent = (carried / carried.mean()) ** curvature
        return bent / bent.mean() * self.season / self.noise

    def solve(self, columns: list[Floats]) -> tuple[float, Floats]:
        """Return what stays unexplained, and each column's orders a day."""
        knots, channels = self.baseline.shape[1], len(columns)
        rows = len(self.wanted)
        matrix = np.zeros((rows, knots + channels))
        matrix[: len(self.baseline), :knots] = self.baseline
        matrix[: len(self.noise), knots:] = np.column_stack(columns)
        matrix[-channels:, knots:] = np.diag(1 / self.width)
        found, left = nnls(matrix, self.wanted)
        return float(left), found[knots:]


def level(amounts: Floats) -> Floats:
    """Return spend as steps: the median between the days on which it changed for good."""
    days = len(amounts)
    cuts = [0]
    for day in range(WEEK, days - WEEK):
        if day - cuts[-1] < WEEK:
            continue
        before, after = np.median(amounts[day - WEEK : day]), np.median(amounts[day : day + WEEK])
        if abs(before - after) > STEP * max(before, after):
            cuts.append(day)
    steps = np.empty(days)
    for start, end in zip(cuts, [*cuts[1:], days], strict=True):
        steps[start:end] = np.median(amounts[start:end])
    return steps


def smooth(amounts: Floats) -> Floats:
    """Return the mean of the week around each day."""
    around = np.pad(amounts, WEEK // 2, mode="edge")
    return np.convolve(around, np.full(WEEK, 1 / WEEK), "valid")


def find_season(orders: Floats, weekdays: NDArray[np.int64]) -> Floats:
    """Return each day's usual size next to its week, 1 on average."""
    ratio = orders / np.maximum(smooth(orders), LEAST_PART)
    usual = np.array([np.median(ratio[weekdays == day]) for day in range(WEEK)])
    mean = usual.mean()
    return (usual / mean if mean else np.ones(WEEK))[weekdays]


def bend(days: int) -> Floats:
    """Return the baseline's columns: straight lines between knots."""
    knots = max(2, round(days / KNOT_DAYS) + 1)
    place = np.linspace(0, knots - 1, days)
    return np.maximum(0, 1 - np.abs(place[:, None] - np.arange(knots)))
