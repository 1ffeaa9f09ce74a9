"""Reads a formula such as `1000 * spend_minor / impressions` into weighted parts, and writes it back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import BadInput
from lake.metrics.parts import PARTS

MOST_CHARACTERS = 500
MOST_WEIGHT = 1_000_000
SHAPE = "write it as sum / sum or as one sum, such as (margin_minor - spend_minor) / spend_minor"
SCALED = re.compile(r"(\d+)\s*\*\s*(?=\()|(\d+)\s*\*\s*(?=\w+\s*(?:/|$))")
TERM = re.compile(r"\s*(?P<sign>[+-]?)\s*(?:(?P<weight>\d+)\s*\*\s*)?(?P<part>[a-z][a-z0-9_]*)\s*")


@dataclass(frozen=True, slots=True)
class Formula:
    """`scale * Σ(weight·part) / Σ(weight·part)`; an empty denominator makes it a sum."""

    numerator: Mapping[str, int]
    denominator: Mapping[str, int]
    scale: int = 1


def read_formula(text: str) -> Formula:
    """Return the formula's weighted parts.

    Raises:
        BadInput: it is no ratio of sums, or names a part there is not; the message says where.
    """
    if len(text) > MOST_CHARACTERS:
        raise BadInput(f"A formula has at most {MOST_CHARACTERS} characters.")
    rest, scale = text.strip(), 1
    if found := SCALED.match(rest):
        scale = _whole(found[1] or found[2])
        rest = rest[found.end() :]
    sides = rest.split("/")
    if len(sides) > 2:
        raise BadInput(f"The formula {text!r} divides more than once; {SHAPE}.")
    above, *below = (_read_sum(side, text, is_alone=len(sides) == 1) for side in sides)
    return Formula(above, below[0] if below else {}, scale)


def write_sum(weights: Mapping[str, int]) -> str:
    """Return weighted parts as text, in brackets when there are several."""
    terms = [
        f"{'+' if weight > 0 else '-'} {f'{abs(weight)} * ' if abs(weight) != 1 else ''}{name}"
        for name, weight in weights.items()
    ]
    text = " ".join(terms).removeprefix("+ ")
    return f"({text})" if len(terms) > 1 else text


def _read_sum(side: str, text: str, *, is_alone: bool) -> dict[str, int]:
    inner = side.strip()
    is_bracketed = inner.startswith("(") and inner.endswith(")")
    inner = inner[1:-1] if is_bracketed else inner
    weights: dict[str, int] = {}
    place = 0
    while place < len(inner):
        term = TERM.match(inner, place)
        if term is None or (place and not term["sign"]):
            raise BadInput(f"The formula {text!r} cannot be read at {inner[place:].strip()[:40]!r}; {SHAPE}.")
        part = term["part"]
        if part not in PARTS:
            raise BadInput(f"There is no part {part!r}; the parts are {', '.join(PARTS)}.")
        weight = _whole(term["weight"] or "1") * (-1 if term["sign"] == "-" else 1)
        weights[part] = weights.get(part, 0) + weight
        place = term.end()
    if not all(weights.values()) or not weights:
        raise BadInput(f"A side of the formula {text!r} adds up to nothing; {SHAPE}.")
    if len(weights) > 1 and not is_bracketed and not is_alone:
        raise BadInput(f"Put the sum {inner!r} of the formula {text!r} into brackets.")
    return weights


def _whole(digits: str) -> int:
    number = int(digits)
    if not 0 < number <= MOST_WEIGHT:
        raise BadInput(f"A factor of a formula lies between 1 and {MOST_WEIGHT:,}, not at {digits}.")
    return number
