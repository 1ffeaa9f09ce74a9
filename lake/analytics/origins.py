"""Which marketing channel a visit came through, by the rules the models use (channel_rules.csv)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

DIRECT = "direct"
UTM = "utm_"


@dataclass(frozen=True, slots=True)
class OriginRule:
    """One rule: patterns over the lower-case origin, and the channel; the first that fits counts."""

    source: re.Pattern[str]
    medium: re.Pattern[str]
    click_id: re.Pattern[str]
    referrer: re.Pattern[str]
    channel: str


def compile_rules(rows: Iterable[Mapping[str, str]]) -> tuple[OriginRule, ...]:
    """Return the rules of the table's rows by priority; an empty pattern fits anything."""

    def pattern(row: Mapping[str, str], column: str) -> re.Pattern[str]:
        return re.compile(row[column] or ".*")

    return tuple(
        OriginRule(
            pattern(row, "source"),
            pattern(row, "medium"),
            pattern(row, "click_id_kind"),
            pattern(row, "referrer_host"),
            row["channel"],
        )
        for row in sorted(rows, key=lambda row: int(row["priority"]))
    )


def channel_of(rules: Iterable[OriginRule], tags: Mapping[str, str], referrer_host: str) -> str:
    """Return the channel of a visit: its link's parameters and the outside site it came from.

    What no rule fits is direct.
    """
    source, medium = (tags.get(f"{UTM}{name}", "").strip().lower() for name in ("source", "medium"))
    clicks = [name.lower() for name in tags if not name.startswith(UTM)] or [""]
    referrer = referrer_host.lower().removeprefix("www.")
    for rule in rules:
        if (
            rule.source.fullmatch(source)
            and rule.medium.fullmatch(medium)
            and any(rule.click_id.fullmatch(click) for click in clicks)
            and rule.referrer.fullmatch(referrer)
        ):
            return rule.channel
    return DIRECT
