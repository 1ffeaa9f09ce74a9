"""Lifecycle stages: how far a person is as a customer, by the shop's own times between two orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Of all who came back, so many had done so by then.
AT_RISK_QUANTILE, LAPSED_QUANTILE = 0.8, 0.95
# Fewer repeat orders than this say nothing yet about the shop; then a quarter and half a year stand in.
FEWEST_GAPS = 50
DEFAULT_AT_RISK, DEFAULT_LAPSED = 90, 180
SHORTEST = 7


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Days without an order after which a customer is at risk, and after which lapsed."""

    at_risk_days: int
    lapsed_days: int
    gaps: int
    is_from_data: bool

    @property
    def told(self) -> str:
        """The thresholds in a sentence."""
        if not self.is_from_data:
            return (
                f"Only {self.gaps} repeat orders so far: at risk after {self.at_risk_days} days and lapsed "
                f"after {self.lapsed_days} until there are {FEWEST_GAPS}."
            )
        return (
            f"Of {self.gaps:,} repeat orders, {AT_RISK_QUANTILE:.0%} came within {self.at_risk_days} days "
            f"and {LAPSED_QUANTILE:.0%} within {self.lapsed_days}: at risk and lapsed after that."
        )


def find_thresholds(gaps: Mapping[int, int], waits: Mapping[int, int] | None = None) -> Thresholds:
    """Return the thresholds from how often each number of days lay between two orders of a person.

    `waits` counts the days since the last order of everyone: gaps that are still open. They say how
    many could have come back by then, so that long gaps, which a short history shows only in part, count
    as often as they should (Kaplan-Meier). Two orders on one day are one visit to the shop and count
    for nothing here.
    """
    known = {days: count for days, count in gaps.items() if days > 0}
    total = sum(known.values())
    if total < FEWEST_GAPS:
        return Thresholds(DEFAULT_AT_RISK, DEFAULT_LAPSED, total, is_from_data=False)
    at_risk = max(SHORTEST, _quantile_of_returns(known, waits or {}, AT_RISK_QUANTILE))
    return Thresholds(
        at_risk,
        max(at_risk + SHORTEST, _quantile_of_returns(known, waits or {}, LAPSED_QUANTILE)),
        total,
        is_from_data=True,
    )


def median_gap(gaps: Mapping[int, int]) -> int | None:
    """Return the median days between two orders, None without repeat orders."""
    known = {days: count for days, count in gaps.items() if days > 0}
    return _quantile(known, 0.5) if known else None


def _quantile_of_returns(gaps: Mapping[int, int], waits: Mapping[int, int], share: float) -> int:
    """Return the days within which this share of those who come back do so.

    Kaplan and Meier's product over the days with a return; the whole is what had come back by the
    longest gap that enough could have shown: many never return, and say nothing of how long others take.
    """
    at_risk = sum(gaps.values()) + sum(waits.values())
    left, returned = 1.0, dict[int, float]()
    for day in sorted({*gaps, *waits}):
        back = gaps.get(day, 0)
        # With few left at risk a single return would move the whole.
        if back and (at_risk >= FEWEST_GAPS or not waits or not returned):
            left *= 1 - back / at_risk
            returned[day] = 1 - left
        at_risk -= back + waits.get(day, 0)
    needed = share * max(returned.values())
    return next(day for day, part in returned.items() if part >= needed - 1e-9)


def _quantile(counts: Mapping[int, int], share: float) -> int:
    """Return the smallest value that at least this share of all does not exceed."""
    needed, seen = share * sum(counts.values()), 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= needed - 1e-9:
            return value
    return max(counts)
