"""What a metric is: a ratio of weighted sums of additive parts, never a sum or average of ratios."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Literal, Self

from lake.metrics.facts import PERIODS
from lake.metrics.formula import read_formula, write_sum
from lake.metrics.parts import PARTS

Number = int | float | Decimal | Fraction
# share: 0.05 reads as 5 %; factor: 3.2 reads as 3.2 times; minor: minor units of the parts' currency.
Unit = Literal["share", "factor", "minor", "count", "seconds"]
# whole: of the whole workspace only, whoever gets the credit; paid: of what channels with spend are credited
# with; any: of whatever it is asked for.
Scope = Literal["whole", "paid", "any"]


@dataclass(frozen=True, slots=True)
class Metric:
    """A ratio of sums: `scale * Σ(weight·part) / Σ(weight·part)`; without a denominator, a sum.

    It is null where its denominator is zero or any of its parts is unknown. Parts are summed over
    whatever is asked for (days, campaigns) before the division; ratios are never summed or averaged.
    """

    name: str
    title: str
    numerator: Mapping[str, int]
    denominator: Mapping[str, int]
    unit: Unit
    description: str
    scale: int = 1
    scope: Scope = "any"

    @classmethod
    def read(
        cls, name: str, title: str, formula: str, *, unit: Unit, description: str, scope: Scope = "any"
    ) -> Self:
        """Return the metric of a formula as text.

        Raises:
            BadInput: the formula is no ratio of sums of known parts.
        """
        found = read_formula(formula)
        above, below = MappingProxyType(found.numerator), MappingProxyType(found.denominator)
        return cls(name, title, above, below, unit, description, found.scale, scope)

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of its parts, each once."""
        return tuple(dict.fromkeys((*self.numerator, *self.denominator)))

    @property
    def formula(self) -> str:
        """The formula as text, such as `(margin_minor - spend_minor) / spend_minor`."""
        scale = f"{self.scale} * " if self.scale != 1 else ""
        below = f" / {write_sum(self.denominator)}" if self.denominator else ""
        return f"{scale}{write_sum(self.numerator)}{below}"

    @property
    def grains(self) -> tuple[str, ...]:
        """The periods and dimensions it can be asked by: those that all of its parts have.

        A figure of the whole workspace has periods only.
        """
        if self.scope == "whole":
            return PERIODS
        known = [PARTS[name].grains for name in self.parts]
        return tuple(grain for grain in known[0] if all(grain in grains for grains in known))

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Its grains without the periods."""
        return tuple(grain for grain in self.grains if grain not in PERIODS)

    @property
    def title_over_all(self) -> str:
        """What it is called over all channels together: a credited figure is then of paid channels only."""
        if self.scope != "paid":
            return self.title
        is_word = self.title[1:2].islower()
        return f"Paid {self.title[0].lower() if is_word else self.title[0]}{self.title[1:]}"

    @property
    def null_rule(self) -> str:
        """When it has no value, in a sentence."""
        if not self.denominator:
            return "Null where a part is unknown."
        return f"Null where {write_sum(self.denominator)} is 0 or a part is unknown."

    def of(self, parts: Mapping[str, Number | None]) -> float | None:
        """Return the ratio of these sums, or None where the denominator is 0 or a part is unknown.

        Money parts are minor units (or micros, all alike) of one currency: the caller never passes
        two currencies.
        """
        above = _sum(self.numerator, parts)
        below = _sum(self.denominator, parts) if self.denominator else Fraction(1)
        if above is None or not below:
            return None
        return float(self.scale * above / below)


def total_of(part: str) -> Metric:
    """Return the part itself as a metric: its plain sum."""
    known = PARTS[part]
    return Metric(part, known.title, {part: 1}, {}, known.unit, known.description)


def _sum(weights: Mapping[str, int], parts: Mapping[str, Number | None]) -> Fraction | None:
    values = [(weight, parts[name]) for name, weight in weights.items()]
    known = [weight * Fraction(value) for weight, value in values if value is not None]
    return sum(known, Fraction(0)) if len(known) == len(values) else None
