"""The ratios: name, formula over additive parts, unit, and what an empty denominator means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Literal

Number = int | float | Decimal
# share: 0.05 reads as 5 %; factor: 3.2 reads as 3.2 times; minor: minor units of the parts' currency.
Unit = Literal["share", "factor", "minor"]


@dataclass(frozen=True, slots=True)
class Metric:
    """A ratio of sums: `scale * Σ(weight·part) / Σ(weight·part)`.

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

    @property
    def formula(self) -> str:
        """The formula as text, such as `(margin_minor - spend_minor) / spend_minor`."""
        scale = f"{self.scale} * " if self.scale != 1 else ""
        return f"{scale}{_written(self.numerator)} / {_written(self.denominator)}"

    def of(self, parts: Mapping[str, Number | None]) -> float | None:
        """Return the ratio of these sums, or None where the denominator is 0 or a part is unknown.

        Money parts are minor units (or micros, all alike) of one currency: the caller never passes
        two currencies.
        """
        above, below = _sum(self.numerator, parts), _sum(self.denominator, parts)
        if above is None or not below:
            return None
        return float(self.scale * above / below)


def _sum(weights: Mapping[str, int], parts: Mapping[str, Number | None]) -> Fraction | None:
    values = [(weight, parts[name]) for name, weight in weights.items()]
    known = [weight * Fraction(value) for weight, value in values if value is not None]
    return sum(known, Fraction(0)) if len(known) == len(values) else None


def _written(weights: Mapping[str, int]) -> str:
    terms = [f"{'+' if weight > 0 else '-'} {name}" for name, weight in weights.items()]
    text = " ".join(terms).removeprefix("+ ")
    return f"({text})" if len(terms) > 1 else text


_METRICS = (
    Metric(
        "roas",
        "ROAS",
        {"revenue_minor": 1},
        {"spend_minor": 1},
        "factor",
        "Revenue of the orders credited to a channel for each unit of its spend.",
    ),
    Metric(
        "roi",
        "ROI",
        {"margin_minor": 1, "spend_minor": -1},
        {"spend_minor": 1},
        "share",
        "What remains of the credited orders' margin after the spend, per unit of spend; 0 is break-even.",
    ),
    Metric(
        "cac",
        "CAC",
        {"spend_minor": 1},
        {"new_customers": 1},
        "minor",
        "Spend for each new customer.",
    ),
    Metric(
        "mer",
        "MER",
        {"revenue_minor": 1},
        {"spend_minor": 1},
        "factor",
        "All revenue for each unit of all marketing spend, whoever gets the credit.",
    ),
    Metric("ctr", "CTR", {"clicks": 1}, {"impressions": 1}, "share", "Clicks for each time an ad was shown."),
    Metric("cpc", "CPC", {"spend_minor": 1}, {"clicks": 1}, "minor", "Spend for each click."),
    Metric(
        "cpm",
        "CPM",
        {"spend_minor": 1},
        {"impressions": 1},
        "minor",
        "Spend for a thousand times shown.",
        scale=1000,
    ),
    Metric(
        "over_claim_ratio",
        "Over-claim",
        {"claimed_conversions": 1},
        {"orders": 1},
        "factor",
        "Conversions a platform claims for each order it is credited with; above 1 it claims too much.",
    ),
    Metric(
        "open_rate",
        "Open rate",
        {"unique_opens": 1},
        {"sent": 1, "hard_bounces": -1, "soft_bounces": -1},
        "share",
        "People who opened for each mail delivered; machines that open by themselves are included.",
    ),
    Metric(
        "click_rate",
        "Click rate",
        {"unique_clicks": 1},
        {"sent": 1, "hard_bounces": -1, "soft_bounces": -1},
        "share",
        "People who clicked for each mail delivered.",
    ),
    Metric(
        "engagement_rate",
        "Engagement rate",
        {"engagements": 1},
        {"views": 1},
        "share",
        "Likes, comments, shares and saves for each view.",
    ),
)

METRICS: Mapping[str, Metric] = MappingProxyType({metric.name: metric for metric in _METRICS})
