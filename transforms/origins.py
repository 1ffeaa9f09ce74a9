"""The rules by which an origin becomes a marketing channel, as the models read them."""

from __future__ import annotations

import csv

from lake.analytics.origins import OriginRule, compile_rules
from transforms.build import PROJECT

RULES = PROJECT / "seeds" / "channel_rules.csv"


def read_origin_rules() -> tuple[OriginRule, ...]:
    """Return the rules of `channel_rules.csv`, first by priority first."""
    with RULES.open(encoding="utf-8", newline="") as lines:
        return compile_rules(csv.DictReader(lines))
