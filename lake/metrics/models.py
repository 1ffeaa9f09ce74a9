"""The attribution models a credited figure can be asked by, and the one it has unless another is named."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from core.errors import BadInput

Model = Literal[
    "last_non_direct",
    "first",
    "last",
    "linear",
    "position",
    "time_decay",
    "markov",
    "shapley",
    "data_driven",
]
# It needs no more than the orders and the visits, so every workspace has it, for every order and day.
DEFAULT_MODEL: Model = "last_non_direct"
MODELS: Mapping[Model, str] = MappingProxyType(
    {
        "last_non_direct": "last non-direct touch",
        "first": "first touch",
        "last": "last touch",
        "linear": "linear",
        "position": "position-based",
        "time_decay": "time decay",
        "markov": "Markov",
        "shapley": "Shapley",
        "data_driven": "data-driven",
    }
)
# Shares of the whole history, of no single day, campaign or order.
WITHOUT_DAYS: frozenset[Model] = frozenset({"data_driven"})


def check_model(model: Model) -> None:
    """Raise BadInput where a model credits no single days, so that no period can be asked by it."""
    if model in WITHOUT_DAYS:
        daily = ", ".join(name for name in MODELS if name not in WITHOUT_DAYS)
        raise BadInput(
            f"{model} shares the whole history between channels and credits no single day: read its shares"
            f" with `analytics.getConversions` and `with_models`, or choose {daily}."
        )
