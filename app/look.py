"""How numbers and channels look, the same on every page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from core.money import Money

# Paid in warm, own channels in cool, people who came by themselves in grey. Also their order.
# Each stands out by 3:1 or more from the white and from the dark page.
COLOURS = {
    "google_ads": "#DE6B0A",
    "meta_ads": "#D93A6A",
    "mailchimp": "#0F8578",
    "youtube": "#4577BD",
    "instagram": "#7B6BE8",
    "facebook": "#2F8FE0",
    "organic_search": "#6E7F8D",
    "referral": "#8A7F70",
    "direct": "#8893A0",
}
OTHER_COLOUR = "#7A8B99"
TITLES = {
    "google_ads": "Google Ads",
    "meta_ads": "Meta Ads",
    "mailchimp": "Mailchimp",
    "youtube": "YouTube",
    "instagram": "Instagram",
    "facebook": "Facebook",
    "shopify": "Shopify",
    "site": "Web site",
    "organic_search": "Organic search",
    "referral": "Referral",
    "direct": "Direct",
}
Row = Mapping[str, Any]
MILLION = 1_000_000
# Words for what is missing, and formats of the table cells.
NOTHING = "–"  # noqa: RUF001 - a dash as printers set it
NOT_KNOWN = "not known"
MONEY_CELL, COUNT_CELL, SHARE_CELL = "accounting", "localized", "percent"
# Pixels that the largest amounts and shares need.
WIDE = 105
DAY_CELL, INSTANT_CELL = "D MMM YYYY", "D MMM YYYY HH:mm"


# Words of the vendors, as people say them.
KINDS = {
    "added_photos": "Photos",
    "added_video": "Video",
    "shared_story": "Shared post",
    "mobile_status_update": "Text",
    "status": "Text",
    "feed": "Post",
    "reels": "Reel",
    "story": "Story",
    "ad": "Ad",
    "carousel_album": "Carousel",
    "image": "Image",
    "video": "Video",
    "short": "Short",
}
WINDOWS = {"google_default": "set in Google Ads", "mixed": "several", "default": "the platform's own"}
WINDOW_PART = re.compile(r"(\d+)d_(click|view|open)")


def kind_title(kind: str | None) -> str | None:
    """Return a kind of post as people say it."""
    return None if kind is None else KINDS.get(kind.lower(), kind.replace("_", " ").capitalize())


def window_title(window: str | None) -> str | None:
    """Return a platform's attribution window in words, such as `7 days after a click, 1 day after a view`."""
    if window is None:
        return None
    parts = WINDOW_PART.findall(window)
    if not parts:
        return WINDOWS.get(window, window.replace("_", " "))
    return ", ".join(
        f"{days} day{'' if days == '1' else 's'} after {'an' if event == 'open' else 'a'} {event}"
        for days, event in parts
    )


def colour(channel: str) -> str:
    """Return a channel's colour in every chart."""
    return COLOURS.get(channel, OTHER_COLOUR)


def channel_title(name: str) -> str:
    """Return a channel's name as people write it."""
    return TITLES.get(name, name.replace("_", " ").capitalize())


def in_order(channels: Iterable[str]) -> list[str]:
    """Return channels in the order every page shows them: paid, own, the rest by name."""
    known = list(COLOURS)
    return sorted(channels, key=lambda name: (known.index(name) if name in COLOURS else len(known), name))


def money(minor: float | None, currency: str) -> str:
    """Return an exact amount such as `12,345.67 EUR`."""
    return NOTHING if minor is None else f"{Money(round(minor), currency).amount:,} {currency}"


def short_money(minor: float | None, currency: str) -> str:
    """Return an amount where space is short: `31.37 EUR`, `36,636 EUR`, `1.71 M EUR`."""
    if minor is None:
        return NOTHING
    amount = Money(round(minor), currency).amount
    if abs(amount) >= MILLION:
        return f"{amount / MILLION:,.2f} M {currency}"
    return f"{amount:,.0f} {currency}" if abs(amount) >= 1000 else f"{amount:,} {currency}"


def figure(value: float | None, unit: str, currency: str) -> str:
    """Return a figure by its unit: minor, count, factor or share."""
    if value is None:
        return NOTHING
    if unit == "minor":
        return short_money(value, currency)
    if unit == "share":
        return f"{value:.1%}"
    return f"{value:,.0f}" if unit == "count" else f"{value:.2f}"


def change(value: float | None, base: float | None, unit: str = "count") -> str | None:
    """Return a change such as `+4.2%`, of a share in points of 100; None where there is no base."""
    if value is None or base is None or (unit != "share" and not base):
        return None
    if unit == "share":
        return f"{(value - base) * 100:+.1f} points"
    return f"{(value - base) / abs(base) * 100:+.1f}%"


def in_units(frame: pd.DataFrame, columns: Sequence[str], currency: str) -> pd.DataFrame:
    """Return the frame with `…_minor` columns as units of each row's currency, for showing only.

    A row that names no currency is in `currency`.
    """
    scale = frame["currency"].fillna(currency).map(lambda code: float(Money(1, code).amount))
    return frame.assign(
        **{name.removesuffix("_minor"): frame[name].astype(float) * scale for name in columns}
    )


def in_one_currency(rows: Sequence[Row], currency: str) -> tuple[list[Row], str]:
    """Return the rows a chart can hold, and their currency: the reporting one, else the first row's.

    Money that has no dated rate stays in its own currency and is never drawn beside another's.
    """
    held = {row["currency"] for row in rows}
    chosen = currency if currency in held or not rows else rows[0]["currency"]
    return [row for row in rows if row["currency"] == chosen], chosen


def without_rate(rows: Sequence[Row], currency: str) -> str | None:
    """Return the sentence about money that no rate turns into the reporting currency, if there is some."""
    others = sorted({row["currency"] for row in rows if row["currency"]} - {currency})
    if not others:
        return None
    return f"{', '.join(others)} has no rate to {currency} in these days and stands apart from the totals."
