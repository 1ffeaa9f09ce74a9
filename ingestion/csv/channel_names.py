"""Names of channels as people write them: `Google Ads` is google_ads, a slip is no new channel."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection

from core.errors import BadInput

NEW = "new:"
NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
# What people call a channel that has another name here.
ALIASES = {
    "facebook_ads": "meta_ads",
    "meta": "meta_ads",
    "adwords": "google_ads",
    "google_adwords": "google_ads",
    "bing_ads": "microsoft_ads",
    "microsoft_advertising": "microsoft_ads",
    "twitter": "x",
    "twitter_ads": "x_ads",
    "snap_ads": "snapchat_ads",
}


def settle_channel(name: str | None, known: Collection[str]) -> str | None:
    """Return the channel a person means; None stays None.

    Raises:
        BadInput: no channel is called so; the sentence names like ones and how to make a new one.
    """
    if name is None:
        return None
    text = name.strip()
    is_new = text.lower().startswith(NEW)
    plain = re.sub(r"[\s\-./]+", "_", text.lower().removeprefix(NEW).strip()).strip("_")
    if plain in known:
        return plain
    if not is_new and ALIASES.get(plain) in known:
        return ALIASES[plain]
    if is_new and NAME.fullmatch(plain) and "__" not in plain:
        return plain
    near = difflib.get_close_matches(plain, sorted(known), n=3, cutoff=0.6)
    listed = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(sorted(known))}."
    wanted = plain if NAME.fullmatch(plain) and "__" not in plain else "my_channel"
    raise BadInput(f"There is no channel {name!r}; {listed} A new one is named with --channel {NEW}{wanted}.")
