"""Numbers as people read them: 1,234.50 EUR, 12.5 %, 3.20x."""

from __future__ import annotations

from core.money import Money, minor_digits
from lake.metrics.metric import Unit

NOTHING = "-"


def tell(value: float | None, unit: Unit, currency: str) -> str:
    """Return a value of that unit as text; money comes in minor units."""
    if value is None:
        return NOTHING
    if unit == "minor":
        if value == int(value):
            return f"{Money(int(value), currency).amount:,} {currency}"
        return f"{value / 10 ** minor_digits(currency):,.{minor_digits(currency)}f} {currency}"
    if unit == "share":
        return f"{100 * value:,.2f} %"
    if unit == "factor":
        return f"{value:,.2f}x"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"
