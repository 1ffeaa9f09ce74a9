"""Words for what channels, checks and streams are called inside."""

from __future__ import annotations

import re
from collections.abc import Collection

from app.look import channel_title

FIGURES = {
    "spend_micros": "spend",
    "impressions": "times shown",
    "views": "views",
    "sent": "mails sent",
    "orders": "orders",
    "revenue_micros": "revenue",
    "events": "visits and other events of the site",
}
PLAIN_WORDS = frozenset({"direct", "email", "referral"})
REASONS = {"critical": "✕ nothing arrived", "warning": "! unusual"}


def stream_title(stream: str) -> str:
    """Return a stream's name in words."""
    return stream.replace("_", " ").capitalize()


def figure_title(channel: str, measure: str) -> str:
    """Return a watched figure in words, such as `Meta Ads: times shown`."""
    return f"{channel_title(channel)}: {FIGURES.get(measure, measure.replace('_', ' '))}"


def name_channels(sentence: str, channels: Collection[str]) -> str:
    """Return a sentence with these channels named as people write them; what is a plain word too stays."""
    ids = sorted(map(re.escape, set(channels) - PLAIN_WORDS), key=len, reverse=True)
    if not ids:
        return sentence
    return re.sub(rf"\b({'|'.join(ids)})\b", lambda found: channel_title(found[0]), sentence)
