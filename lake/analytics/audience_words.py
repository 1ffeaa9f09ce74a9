"""What sets an audience apart, in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lake.analytics.audience_parts import Means, Slice

# A part is worth a word when its share differs by this much, and is this many times as large.
WORTH_POINTS, WORTH_TIMES = 0.05, 1.4
ALL = 0.995
MOST_PARTS, MOST_MEANS = 3, 3
PARTS = {
    "lifecycle_stage": "are {name}",
    "rfm_segment": "are {name}",
    "acquired_channel": "came through {name}",
    "engagement_band": "were last here {name}",
    "cluster": "are among {name}",
}
NAMES = {
    "visitor": "visitors who are not known",
    "lead": "known without an order",
    "new": "new customers",
    "active": "active customers",
    "won_back": "customers won back",
    "at_risk": "customers at risk",
    "lapsed": "lapsed customers",
}
BAND_NAMES = {
    "hot": "within 7 days",
    "warm": "8 to 30 days ago",
    "cool": "31 to 90 days ago",
    "cold": "more than 90 days ago",
}
SEGMENT_NAMES = {
    "recent": "recent buyers",
    "promising": "promising buyers",
    "need_attention": "buyers who need attention",
    "about_to_sleep": "buyers about to sleep",
    "at_risk": "good buyers at risk",
    "cannot_lose": "the best buyers, long unseen",
    "hibernating": "hibernating buyers",
    "lost": "lost buyers",
}
VALUE_NAMES = {"lifecycle_stage": NAMES, "rfm_segment": SEGMENT_NAMES, "engagement_band": BAND_NAMES}
# Means and their sentence.
FIGURES = {
    "orders": "have {mine} orders each, {whom} {theirs}",
    "visits": "were here on {mine} days of the last 90, {whom} on {theirs}",
    "mail_visits": "came through mails on {mine} days, {whom} on {theirs}",
    "paid_visits": "came through ads on {mine} days, {whom} on {theirs}",
    "days_since_order": "last bought {mine} days ago, {whom} {theirs}",
    "days_since_engaged": "were last seen {mine} days ago, {whom} {theirs}",
}


def label(value: str) -> str:
    """Return a value of the profile as people write it."""
    return value.replace("_", " ").capitalize()


def tell_apart(
    slices: Sequence[Slice],
    mine: Means,
    theirs: Means,
    *,
    clusters: Mapping[str, str],
    whom: str = "everyone",
) -> list[str]:
    """Return up to six sentences on what a group is more often, or does otherwise, than others.

    Parts first, the largest difference of shares first; then means that differ most in proportion.
    The shares of the others stand in each slice's `everyone_share`; `clusters` are the groups' names.
    """
    if not mine.persons:
        return ["Nobody is in it."]
    worth = [s for s in slices if s.name and _is_worth(s.share, s.everyone_share)]
    worth.sort(key=lambda s: (-(s.share - s.everyone_share), s.part, s.name or ""))
    told = [_tell_slice(s, whom, clusters) for s in worth if s.share > s.everyone_share][:MOST_PARTS]
    differing = sorted(
        ((_times(getattr(mine, name), getattr(theirs, name)), name) for name in FIGURES), reverse=True
    )
    told += [
        _tell_mean(name, mine, theirs, whom) for times, name in differing[:MOST_MEANS] if times >= WORTH_TIMES
    ]
    return told or [f"They are much like {whom}."]


def _is_worth(mine: float, theirs: float) -> bool:
    return abs(mine - theirs) >= WORTH_POINTS and mine >= WORTH_TIMES * theirs


def _tell_slice(part: Slice, whom: str, clusters: Mapping[str, str]) -> str:
    name = part.name or ""
    if part.part == "cluster":
        words = clusters.get(name, f"group {name}").replace("Those", "those", 1)
    elif part.part == "acquired_channel":
        words = label(name)
    else:
        words = VALUE_NAMES[part.part].get(name, name.replace("_", " "))
    share = "All" if part.share > ALL else f"{part.share:.0%}"
    return f"{share} {PARTS[part.part].format(name=words)}; of {whom}, {part.everyone_share:.0%}."


def _times(mine: float | None, theirs: float | None) -> float:
    """Return how many times the larger is of the smaller; 0 where one is unknown or nothing."""
    if not mine or not theirs:
        return 0.0
    return max(mine / theirs, theirs / mine)


def _tell_mean(name: str, mine: Means, theirs: Means, whom: str) -> str:
    digits = 0 if name.startswith("days") else 1
    figures = {"mine": f"{getattr(mine, name):.{digits}f}", "theirs": f"{getattr(theirs, name):.{digits}f}"}
    return f"They {FIGURES[name].format(whom=whom, **figures)}."
