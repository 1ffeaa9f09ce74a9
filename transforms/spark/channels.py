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
# A group of the GA4 grouping -> what kind of marketing it is.
CLASSES: Mapping[str, str] = MappingProxyType(
    {
        "Direct": "direct",
        "Cross-network": "paid",
        "Paid Shopping": "paid",
        "Paid Search": "paid",
        "Paid Social": "paid",
        "Paid Video": "paid",
        "Display": "paid",
        "Paid Other": "paid",
        "Organic Shopping": "organic",
        "Organic Social": "organic",
        "Organic Video": "organic",
        "Organic Search": "organic",
        "Referral": "referral",
        "Email": "email",
        "Affiliates": "paid",
        "Audio": "paid",
        "SMS": "email",
        "Mobile Push Notifications": "email",
        "Unassigned": "referral",
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
    chosen = fn.lit(DIRECT)
    for rule in reversed(rules):
        fits = [fn.col(column).rlike(f"^({pattern})$") for column, pattern in rule.patterns.items()]
        chosen = fn.when(reduce(Column.__and__, fits, fn.lit(True)), rule.channel).otherwise(chosen)
    return chosen


def channel_class(group: Column) -> Column:
    """Return direct, organic, referral, email (mails and other messages) or paid for a GA4 group."""
    chosen = fn.lit("referral")
    for name, kind in CLASSES.items():
        chosen = fn.when(group == name, kind).otherwise(chosen)
    return chosen
