"""Column headers in one plain spelling, and what a header says beside its name."""

from __future__ import annotations

import re
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from ingestion.csv.languages import ENGLISH, fold

# A part of a header in brackets that names a unit or a zone and not another thing.
ASIDE = re.compile(
    r"\((?:[A-Z]{3}|in [A-Z]{3}|[A-Z]{0,3}[$€£¥₹₽₩₺₪₫฿₱₦₴]|(?:UTC|GMT)[+-]?[\d:]*|[A-Z][A-Za-z]+/[\w/ +-]+)\)"
)
ZONE = re.compile(r"\((?:in )?(UTC|GMT|[A-Z][A-Za-z]+/[\w/ +-]+)\)")
# Headers of programs: TimePeriod, CampaignName, AdGroupId.
JOINED = re.compile(r"[A-Z][a-z]+(?:[A-Z][a-z]+|ID|Id)+")
HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


@lru_cache(maxsize=4096)
def plain_header(header: str) -> str:
    """Return a header in lower case, single spaces and English: `Amount spent (EUR)` is `amount spent`.

    A header of a known report in another language is its English one; any other stays as it is.
    """
    name = ASIDE.sub("", header).strip()
    if JOINED.fullmatch(name):
        name = HUMP.sub(" ", name)
    plain = re.sub(r"[\W_]+", " ", name).strip().lower()
    return ENGLISH.get(fold(plain), plain)


def zone_of(header: str) -> str | None:
    """Return the time zone that a header such as `Send date (America/New York)` names."""
    seen = ZONE.search(header)
    if seen is None:
        return None
    name = seen.group(1).replace(" ", "_")
    return str(ZoneInfo(name)) if name in available_timezones() else None
