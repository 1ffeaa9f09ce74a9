"""How numbers and channels look, the same on every page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.money import Money

# Paid in warm, own channels in cool, people who came by themselves in grey. Also their order.
COLOURS = {
    "google_ads": "#E8710A",
    "meta_ads": "#D93A6A",
    "mailchimp": "#0F766E",
    "youtube": "#3D6FB6",
    "instagram": "#6C5CE7",
    "facebook": "#4DA3FF",
    "organic_search": "#7A8B99",
    "referral": "#A5B1BA",
    "direct": "#C9D1D6",
}
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
MOST_ROWS = 40
# Words for what is missing, and formats of the table cells.
NOTHING = "–"  # noqa: RUF001 - a dash as printers set it
MONEY_CELL, COUNT_CELL, SHARE_CELL = "accounting", "localized", "percent"
DAY_CELL, INSTANT_CELL = "D MMM YYYY", "D MMM YYYY HH:mm"


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


def change(value: float | None) -> str | None:
    """Return a relative change such as `+4.2%`; None where there is no base."""
    return None if value is None else f"{value * 100:+.1f}%"


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


def show_frame(frame: pd.DataFrame, columns: Mapping[str, Any], **more: Any) -> Any:
    """Show the named columns of a frame as a table as high as its rows; what is missing is a dash."""
    return st.dataframe(
        frame[list(columns)],
        column_config=dict(columns),
        hide_index=True,
        height="content" if len(frame) <= MOST_ROWS else 1100,
        placeholder=NOTHING,
        **more,
    )
