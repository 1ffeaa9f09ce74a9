"""The marketing channel of a visit, by the same rules dbt reads, and its coarse class."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from types import MappingProxyType

from pyspark.sql import Column
from pyspark.sql import functions as fn

RULES = Path(__file__).parents[1] / "dbt" / "seeds" / "channel_rules.csv"
# What decides a channel, in the spelling of the rules.
ORIGIN = ("source", "medium", "click_id_kind", "referrer_host")
DIRECT = "direct"
# What kind of marketing the groups of the GA4 grouping are; all others are paid.
CLASSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "direct": ("Direct",),
        "organic": ("Organic Shopping", "Organic Social", "Organic Video", "Organic Search"),
        "referral": ("Referral", "Unassigned"),
        "email": ("Email", "SMS", "Mobile Push Notifications"),
    }
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the rules: patterns by column (an absent one fits all) and the channel they mean."""

    patterns: Mapping[str, str]
    channel: str


def read_rules() -> list[Rule]:
    """Return the rules of `channel_rules.csv`, the first that fits decides."""
    with RULES.open(newline="", encoding="utf-8") as file:
        lines = sorted(csv.DictReader(file), key=lambda line: int(line["priority"]))
    return [
        Rule({column: line[column] for column in ORIGIN if line[column]}, line["channel"]) for line in lines
    ]


def spell_origin(
    source: Column, medium: Column, click_id_kind: Column, referrer_host: Column
) -> list[Column]:
    """Return the columns of ORIGIN: lower case, trimmed, without www, empty where nothing is known."""
    bare_host = fn.regexp_replace(fn.lower(referrer_host), r"^www\.", "")
    spelled = (fn.lower(fn.trim(source)), fn.lower(fn.trim(medium)), fn.lower(click_id_kind), bare_host)
    return [fn.coalesce(text, fn.lit("")).alias(name) for name, text in zip(ORIGIN, spelled, strict=True)]


def marketing_channel(rules: Sequence[Rule]) -> Column:
    """Return the channel of a row that has the columns of ORIGIN; direct where no rule fits."""
    is_nowhere = reduce(Column.__and__, [fn.col(column) == "" for column in ORIGIN])
    chosen = fn.when(is_nowhere, DIRECT)
    for rule in rules:
        fits = [fn.col(column).rlike(f"^({pattern})$") for column, pattern in rule.patterns.items()]
        chosen = chosen.when(reduce(Column.__and__, fits), rule.channel)
    return chosen.otherwise(DIRECT)


def channel_class(group: Column) -> Column:
    """Return direct, organic, referral, email (mails and other messages) or paid for a GA4 group."""
    chosen = fn.when(group.isNull(), None)
    for kind, groups in CLASSES.items():
        chosen = chosen.when(group.isin(*groups), kind)
    return chosen.otherwise("paid")
