"""Sums of parts that can be merged in any order: an amount, and what it was added up over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any

from core.money import Money
from lake.metrics.metric import Number
from lake.metrics.parts import PARTS

Span = tuple[Any, Any]


@dataclass(frozen=True, slots=True)
class Sum:
    """A part summed over some rows.

    Attributes:
        amount: The exact sum, money in micros; None while no row knew it.
        spans: For each dimension the part does not add up over, its lowest and highest value.
    """

    amount: Fraction | None = None
    spans: Mapping[str, Span] | None = None

    @property
    def is_mixed(self) -> bool:
        """Whether it was added over something it does not add up over, so that it says nothing."""
        return any(low != high for low, high in (self.spans or {}).values())

    def __add__(self, other: Sum) -> Sum:
        if self.amount is None or other.amount is None:
            return other if self.amount is None else self
        mine, theirs = self.spans or {}, other.spans or {}
        spans = {name: _widest(mine[name], theirs[name]) for name in mine}
        return Sum(self.amount + other.amount, spans)


def sum_of(part: str, amount: Number | None, spans: Mapping[str, Span] | None = None) -> Sum:
    """Return the sum of one row or of one query's group."""
    wanted = PARTS[part].not_over
    if amount is None:
        return Sum()
    return Sum(Fraction(amount), {name: (spans or {})[name] for name in wanted})


def add_sums(sums: Iterable[Sum]) -> Sum:
    """Return the sum of sums: the same whatever their order and grouping."""
    return reduce(Sum.__add__, sums, Sum())


def amounts_of(sums: Mapping[str, Sum], currency: str) -> dict[str, Number | None]:
    """Return each part's amount as metrics take it: money in minor units, rounded once, half to even.

    A part nothing was told of is 0 or None as its definition says; one that was added over what it
    does not add up over is None.
    """
    return {name: _amount(name, found, currency) for name, found in sums.items()}


def _amount(name: str, found: Sum, currency: str) -> Number | None:
    if found.is_mixed:
        return None
    if found.amount is None:
        return PARTS[name].absent
    if PARTS[name].unit == "minor":
        return Money.from_micros(round(found.amount), currency).minor
    return found.amount


def _widest(one: Span, other: Span) -> Span:
    known = [end for end in (*one, *other) if end is not None]
    return (min(known), max(known)) if known else (None, None)
