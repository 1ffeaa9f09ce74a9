"""How two values are compared: for each kind of attribute, levels from the same to different, as SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Kind:
    """The levels of one kind of attribute.

    Attributes:
        levels: SQL conditions over `{a}` and `{b}`, best first; the first is equality. Where none holds
            the values differ; where either is null nothing is said.
        start: How often two records of one person fall into each level, and last that they differ,
            before anything is learnt.
    """

    levels: tuple[str, ...]
    start: tuple[float, ...]


SAME = "{a} = {b}"
ALIKE = "jaro_winkler_similarity({a}, {b}) >= %s"
INITIAL = "least(length({a}), length({b})) = 1 AND left({a}, 1) = left({b}, 1)"
# People of one name have addresses alike but for the number: those are different addresses.
SAME_DIGITS = "{a}__digits = {b}__digits"
DAY_FOR_MONTH = "{a} = left({b}, 4) || right({b}, 2) || substr({b}, 5, 2)"
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "name": Kind(
            (SAME, "{a}__root = {b}__root", ALIKE % 0.9, INITIAL, ALIKE % 0.75, ALIKE % 0.6),
            (0.72, 0.05, 0.1, 0.03, 0.04, 0.04, 0.02),
        ),
        "date": Kind(
            (
                SAME,
                f"hamming({{a}}, {{b}}) = 1 OR {DAY_FOR_MONTH}",
                "abs({a}__days - {b}__days) <= 31",
                "abs({a}__days - {b}__days) <= 366 OR right({a}, 4) = right({b}, 4)",
            ),
            (0.77, 0.09, 0.07, 0.05, 0.02),
        ),
        "place": Kind((SAME, ALIKE % 0.9, ALIKE % 0.75), (0.75, 0.08, 0.04, 0.13)),
        "email": Kind(
            (
                SAME,
                "{a}__local = {b}__local",
                f"{SAME_DIGITS} AND {ALIKE % 0.92}",
                f"{SAME_DIGITS} AND {ALIKE % 0.8}",
            ),
            (0.7, 0.06, 0.1, 0.06, 0.08),
        ),
        "phone": Kind((SAME, ALIKE % 0.93), (0.8, 0.1, 0.1)),
        "code": Kind((SAME, "left({a}, 3) = left({b}, 3)", ALIKE % 0.85), (0.75, 0.08, 0.05, 0.12)),
    }
)
