"""What channels are called where people read them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

TITLES: Mapping[str, str] = MappingProxyType(
    {
        "google_ads": "Google Ads",
        "meta_ads": "Meta Ads",
        "youtube": "YouTube",
        "site": "Web site",
    }
)


def channel_title(name: str) -> str:
    """Return a channel's name as people write it: `google_ads` is Google Ads."""
    return TITLES.get(name, name.replace("_", " ").capitalize())
