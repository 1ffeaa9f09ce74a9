"""Words for what the checks and streams are called inside."""

from __future__ import annotations

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
REASONS = {"critical": "✕ nothing arrived", "warning": "! unusual"}


def stream_title(stream: str) -> str:
    """Return a stream's name in words."""
    return stream.replace("_", " ").capitalize()


def figure_title(channel: str, measure: str) -> str:
    """Return a watched figure in words, such as `Meta Ads: times shown`."""
    return f"{channel_title(channel)}: {FIGURES.get(measure, measure.replace('_', ' '))}"
