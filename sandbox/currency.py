"""How many decimals a currency has (ISO 4217), and amounts written with them."""

from __future__ import annotations

# Currencies of ISO 4217 that have not two decimals; ISK and others of old habit are as the standard says.
NONE = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split())
THREE = frozenset("BHD IQD JOD KWD LYD OMR TND".split())


def exponent_of(currency: str) -> int:
    """Decimals of a currency: 0, 2 or 3."""
    return 0 if currency in NONE else 3 if currency in THREE else 2


def write_amount(minor: int, currency: str) -> str:
    """Minor units as a decimal string."""
    exponent = exponent_of(currency)
    if exponent == 0:
        return str(minor)
    sign, rest = ("-", -minor) if minor < 0 else ("", minor)
    unit = 10**exponent
    return f"{sign}{rest // unit}.{rest % unit:0{exponent}d}"
