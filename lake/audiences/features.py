"""The features of a person that groups and probabilities are made of, for numpy and for SQL alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Shape = Literal["log", "fresh"]
FRESH_DAYS = 30
MICROS = 1_000_000


@dataclass(frozen=True, slots=True)
class Feature:
    """A column of the profile and how it is flattened.

    `log` is ln(1 + value / scale), 0 where unknown; `fresh` is 30 / (30 + days): 1 today, towards 0
    the longer ago, 0 where it never happened. `more` and `less` are what people say of many or few,
    with `{value}` for the mean.
    """

    column: str
    shape: Shape
    more: str
    less: str
    scale: int = 1

    @property
    def name(self) -> str:
        """The name of the flattened feature in SQL."""
        return f"{self.shape}_{self.column}"

    def sql(self, double: str) -> str:
        """Return the flattened feature as SQL; `double` is the engine's name of its type."""
        value = f"CAST({self.column} AS {double})"
        if self.shape == "fresh":
            return f"CASE WHEN {self.column} IS NULL THEN 0 ELSE {FRESH_DAYS} / ({FRESH_DAYS} + {value}) END"
        return f"ln(1 + greatest(coalesce({value}, 0), 0) / {self.scale})"


_BOUGHT = (
    Feature("orders", "log", "buy often ({value:.1f} orders each)", "have bought little or nothing"),
    Feature("revenue_micros", "log", "spend much ({value:,.0f} each)", "spend little", MICROS),
    Feature("days_since_order", "fresh", "bought lately ({value:.0f} days ago)", "have not bought for long"),
)
_BEHAVED = (
    Feature(
        "days_since_engaged", "fresh", "were here lately ({value:.0f} days ago)", "have been away for long"
    ),
    Feature("visits", "log", "come often ({value:.1f} days in 90)", "come seldom"),
    Feature("mail_visits", "log", "follow links in mails", "hardly follow links in mails"),
    Feature("paid_visits", "log", "come through ads", "seldom come through ads"),
    Feature("days_known", "log", "have been known for long ({value:.0f} days)", "are new here"),
)
# What a person does, apart from buying; and everything.
BEHAVIOUR: tuple[Feature, ...] = _BEHAVED
FEATURES: tuple[Feature, ...] = (*_BOUGHT, *_BEHAVED)
COLUMNS: tuple[str, ...] = tuple(feature.column for feature in FEATURES)
