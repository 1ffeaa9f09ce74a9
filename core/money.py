"""Money as integer minor units and an ISO 4217 currency."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Self

from core.errors import BadInput

MICROS = 1_000_000
# ISO 4217 minor-unit digits that are not 2 (list one, amendment 177).
DIGITS = {
    **dict.fromkeys(("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF").split(), 0),
    **dict.fromkeys(("BHD IQD JOD KWD LYD OMR TND").split(), 3),
    **dict.fromkeys(("CLF UYW").split(), 4),
}


def minor_digits(currency: str) -> int:
    """Return how many decimals the currency's minor unit has: 2 for EUR, 0 for JPY, 3 for KWD."""
    if len(currency) != 3 or not currency.isascii() or not currency.isupper():
        raise BadInput(f"{currency!r} is no ISO 4217 code; write three capital letters, such as EUR.")
    return DIGITS.get(currency, 2)


def micros_per_minor(currency: str) -> int:
    """Return how many micros (millionths of the unit) one minor unit holds: 10,000 for EUR."""
    return int(MICROS // 10 ** minor_digits(currency))


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An exact amount: `minor` units of `currency`. Unlike currencies never mix."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        minor_digits(self.currency)
        if not isinstance(self.minor, int) or isinstance(self.minor, bool):
            raise BadInput(f"Money wants whole minor units, not {self.minor!r}.")

    @classmethod
    def from_decimal(cls, amount: str | Decimal, currency: str) -> Self:
        """Read `"12.34"`; an amount finer than the minor unit is refused, not rounded."""
        scaled = Decimal(amount).scaleb(minor_digits(currency))
        if scaled != scaled.to_integral_value():
            raise BadInput(f"{amount} {currency} is finer than the currency's minor unit.")
        return cls(int(scaled), currency)

    @classmethod
    def from_micros(cls, micros: int, currency: str) -> Self:
        """Round micros half to even into minor units; sum micros first, round once."""
        unit = Decimal(micros_per_minor(currency))
        return cls(int((Decimal(micros) / unit).to_integral_value(ROUND_HALF_EVEN)), currency)

    @property
    def micros(self) -> int:
        """The same amount in millionths of the unit, exact for every currency."""
        return self.minor * micros_per_minor(self.currency)

    @property
    def amount(self) -> Decimal:
        """The amount in whole units, `Decimal("12.34")`."""
        return Decimal(self.minor).scaleb(-minor_digits(self.currency))

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._like(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._like(other).minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._like(other).minor

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._like(other).minor

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def _like(self, other: Money) -> Money:
        if self.currency != other.currency:
            raise BadInput(
                f"{self.currency} and {other.currency} do not mix; convert one by a dated rate first."
            )
        return other
