"""What two records can be to each other, and which attributes such a pair shares."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# Two records of one person, kept at one address or at two; of two people of one family, likewise; of
# strangers in one neighbourhood, and of strangers.
CLASSES = ("self_home", "self_moved", "kin_home", "kin_apart", "near", "stranger")
SELF = slice(0, 2)
OTHER = slice(2, 6)
UNRELATED = slice(4, 6)
NEAR, STRANGER = 4, 5
# How often a pair of each class shares the attribute, before anything is learnt: 1 and 0 stay as they
# are, what lies between is learnt. What is not shared agrees by chance only.
RATES: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "given": (1, 1, 0.05, 0.05, 0, 0),
        "family": (1, 1, 0.85, 0.85, 0, 0),
        "name": (1, 1, 0.2, 0.2, 0, 0),
        "date": (1, 1, 0.03, 0.03, 0, 0),
        "email": (1, 1, 0.3, 0.3, 0, 0),
        "phone": (1, 0.5, 0.6, 0.4, 0, 0),
        "street": (1, 0.05, 0.97, 0.05, 0.02, 0),
        "code": (1, 0.2, 0.97, 0.2, 0.5, 0),
        "city": (1, 0.3, 0.97, 0.3, 0.9, 0),
        "order": (1, 1, 0, 0, 0, 0),
    }
)
# Shares of the classes among candidate pairs to begin with; strangers are the rest.
START = (0.2, 0.05, 0.1, 0.05, 0.1)
# Without these a pair of one family looks like one person: then there is nothing to learn a family from.
PERSONAL = ("given", "date")
PLACES = ("street", "code", "city")
